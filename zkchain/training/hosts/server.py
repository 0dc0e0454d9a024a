"""The board's door: HTTPS for members alone. Who asks is whose certificate was shown; nobody says a name."""

import json
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from ...errors import BoardUnreachable
from .handshakes import Handshakes
from .identity import Identity

_SECONDS = 20.0
#: As many as may ask at a time: a member asks one thing after another.
_MOST_CALLS = 256
#: As many as may be shaking hands, which anybody can begin, and the time for all of it.
_MOST_HANDSHAKES, _HANDSHAKE_SECONDS = 128, 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A member's question."""

    name: str  #: of the member, by its certificate
    post: bool
    path: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What it gets."""

    status: int
    body: bytes = b""

    @classmethod
    def of(cls, value: Any) -> Self:
        """A good answer in JSON."""
        return cls(200, json.dumps(value).encode())


class BoardServer:
    """Serves in threads from being entered to being left. `answer` is called in any of them."""

    def __init__(
        self, identity: Identity, host: str, port: int, *, most_bytes: int, answer: Callable[[Asked], Answer]
    ) -> None:
        try:
            self._server = _Server((host, port), identity, most_bytes, answer)
        except OSError as error:
            reason = error.strerror or "no such host"
            raise BoardUnreachable(
                f"the board cannot be opened at {host}:{port}: {reason}", remedy="give another --listen"
            ) from None
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)

    @property
    def port(self) -> int:
        """The port, also where 0 was asked for."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(
        self, at: tuple[str, int], identity: Identity, most_bytes: int, answer: Callable[[Asked], Answer]
    ) -> None:
        self.identity, self.most_bytes, self.answer = identity, most_bytes, answer
        self._context = identity.serving()
        self._places = threading.BoundedSemaphore(_MOST_CALLS)
        self._handshakes = Handshakes(_MOST_HANDSHAKES)
        self.address_family = socket.getaddrinfo(*at, type=socket.SOCK_STREAM)[0][0]
        super().__init__(at, _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Shake no hand here: who is slow, or no member, must keep nobody else waiting."""
        found, address = self.socket.accept()
        found.settimeout(_HANDSHAKE_SECONDS)  # a deadline for the whole handshake, however slowly bytes come
        return self._context.wrap_socket(found, server_side=True, do_handshake_on_connect=False), address

    def process_request(self, request: Any, client_address: Any) -> None:
        self._handshakes.begin(request, client_address[0])
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # there are no threads left
            self._handshakes.end(request)
            raise

    def finish_request(self, request: Any, client_address: Any) -> None:
        """A stranger is hung up on without a word, and has no place among those who may ask."""
        with suppress(OSError, ssl.SSLError, ValueError):
            try:
                request.do_handshake()
            finally:
                self._handshakes.end(request)
            self._answer(request, client_address)

    def _answer(self, request: Any, client_address: Any) -> None:
        if not self._places.acquire(blocking=False):
            return
        try:
            super().finish_request(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A trace could show what was asked, or tell a member of this machine."""

    def server_bind(self) -> None:
        """Bind, and ask no name server for our own name."""
        if self.allow_reuse_address:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "board", self.server_address[1]


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version, sys_version = "zkchain", ""
    timeout = _SECONDS

    def do_GET(self) -> None:
        self._serve(post=False)

    def do_POST(self) -> None:
        self._serve(post=True)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Nothing is logged."""

    def _serve(self, *, post: bool) -> None:
        name = self.server.identity.who(self.request.getpeercert(binary_form=True))
        size = self.headers.get("Content-Length", "0")
        if name is None or name == self.server.identity.name:
            self._reply(Answer(403))
        elif not size.isascii() or not size.isdigit() or int(size) > self.server.most_bytes:
            self._reply(Answer(413))
        else:
            asked = Asked(name=name, post=post, path=self.path, body=self.rfile.read(int(size)))
            self._reply(self.server.answer(asked))

    def _reply(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Content-Type", "application/json")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body)
        self.close_connection = True
