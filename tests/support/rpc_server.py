"""A JSON-RPC endpoint that answers as a test wants, rightly or wrongly."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: Gives the result for a method and its params, or raises RpcAnswer or RawAnswer.
Answer = Callable[[str, list[Any]], Any]


class RpcAnswer(Exception):
    """Answer with this JSON-RPC error object."""

    def __init__(self, error: Any) -> None:
        super().__init__(str(error))
        self.error = error


class RawAnswer(Exception):
    """Answer with this HTTP status and body."""

    def __init__(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers or {}


@contextmanager
def rpc_server(answer: Answer) -> Iterator[str]:
    """Serve `answer` on loopback; gives the URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            reply: dict[str, Any] = {"jsonrpc": "2.0", "id": asked["id"]}
            status, headers = 200, {}
            try:
                reply["result"] = answer(asked["method"], asked["params"])
                body = json.dumps(reply).encode()
            except RpcAnswer as error:
                body = json.dumps({**reply, "error": error.error}).encode()
            except RawAnswer as error:
                status, body, headers = error.status, error.body, error.headers
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
