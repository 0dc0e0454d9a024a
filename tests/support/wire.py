"""A wire that is listened to."""

import contextlib
import socket
import threading


class Wire:
    """A TCP proxy before a port that keeps what passes, in either direction."""

    def __init__(self, port: int) -> None:
        self._to, self._kept, self._lock = port, bytearray(), threading.Lock()
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.getsockname()[1])

    @property
    def seen(self) -> bytes:
        with self._lock:
            return bytes(self._kept)

    def close(self) -> None:
        """End what still runs and wait for it, so that no socket is left."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for near in self._open:
            with contextlib.suppress(OSError):  # closed already
                near.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=10)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            self._open.append(near)
            self._threads.append(threading.Thread(target=self._carry, args=(near,), daemon=True))
            self._threads[-1].start()

    def _carry(self, near: socket.socket) -> None:
        with near, contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._to)) as far:
            back = threading.Thread(target=self._forward, args=(far, near), daemon=True)
            back.start()
            self._forward(near, far)
            back.join(timeout=10)

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                with self._lock:
                    self._kept += data
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)
