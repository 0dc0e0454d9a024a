"""The embedded devnet's process: JSON-RPC over HTTP on loopback, until it is told to stop.

Run as `python -m zkchain.chain.devnet_server FD`, where FD is a bound, listening socket that the parent hands over.
"""

import signal
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from .devnet_rpc import answer
from .embedded import EmbeddedChain

_BODY_LIMIT = 16 * 2**20
_IDLE_SECONDS = 60
_POLL_SECONDS = 0.1
_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})


class DevnetServer(ThreadingHTTPServer):
    """Serves one chain; requests are answered one at a time."""

    daemon_threads = True
    # A keep-alive connection must not hold up shutdown.
    block_on_close = False

    def __init__(self, listener: socket.socket, chain: EmbeddedChain) -> None:
        super().__init__(listener.getsockname(), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.chain = chain
        self.lock = threading.Lock()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.socket.getsockname()[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; anything else goes to the log."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: DevnetServer
    protocol_version = "HTTP/1.1"
    server_version = "zkchain-devnet"
    sys_version = ""
    timeout = _IDLE_SECONDS
    # Without this, Nagle's algorithm and delayed acknowledgements add 40 ms to every answer.
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        if not self._local():
            return
        size = self._size()
        if size is None:
            return
        body = self.rfile.read(size)
        with self.server.lock:
            result = answer(self.server.chain, body)
        self._reply(200, result)

    def do_OPTIONS(self) -> None:
        if self._local():
            self._reply(204, b"")

    def do_GET(self) -> None:
        self._refuse(405, "send JSON-RPC by POST")

    def log_message(self, *_: Any) -> None:
        """Requests are not logged: they would fill the disk and say nothing."""

    def _local(self) -> bool:
        """A web page elsewhere must not reach this chain, neither by DNS rebinding nor by a cross-site POST."""
        if self.headers.get("Host", "").rpartition(":")[0] not in _LOOPBACK_NAMES:
            self._refuse(403, "this devnet answers on 127.0.0.1 and localhost only")
            return False
        origin = self.headers.get("Origin")
        if origin is not None and _origin_host(origin) not in _LOOPBACK_NAMES:
            self._refuse(403, "this devnet answers pages from localhost only")
            return False
        return True

    def _size(self) -> int | None:
        text = self.headers.get("Content-Length", "")
        if not text.isascii() or not text.isdigit():
            self._refuse(411, "Content-Length is needed")
            return None
        if len(text) > 12 or int(text) > _BODY_LIMIT:
            self._refuse(413, f"at most {_BODY_LIMIT} bytes")
            return None
        return int(text)

    def _refuse(self, status: int, reason: str) -> None:
        # The body was not read, so the connection cannot be used for another request.
        self.close_connection = True
        self._reply(status, reason.encode())

    def _reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Type", "application/json" if status == 200 else "text/plain")
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        origin = self.headers.get("Origin")
        if origin is not None and status < 400:
            self.send_header("Access-Control-Allow-Origin", origin)
            self.send_header("Access-Control-Allow-Headers", "content-type")
            self.send_header("Vary", "Origin")
        self.end_headers()
        self.wfile.write(body)


def _origin_host(origin: str) -> str:
    try:
        host = urlsplit(origin).hostname or ""
    except ValueError:
        return ""
    return f"[{host}]" if ":" in host else host


def main(arguments: list[str]) -> None:
    """Serve on the socket handed over until SIGTERM or SIGINT."""
    listener = socket.socket(fileno=int(arguments[0]))
    server = DevnetServer(listener, EmbeddedChain())
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True).start()
    stop.wait()
    server.shutdown()


if __name__ == "__main__":
    main(sys.argv[1:])
