"""A proxy that keeps what passes: every byte that goes to a node and comes back."""

import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Wire:
    """What has passed so far."""

    url: str = ""
    passed: list[bytes] = field(default_factory=list)

    def everything(self) -> bytes:
        return b"\n".join(self.passed)


@contextmanager
def wire_to(url: str) -> Iterator[Wire]:
    """A proxy on loopback that leads to the HTTP endpoint `url`."""
    wire = Wire()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            request = urllib.request.Request(url, asked, {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=60) as answer:
                body = answer.read()
            wire.passed += [str(self.headers).encode(), asked, body]
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    wire.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield wire
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
