"""Who is at the board's door and has not shown yet who it is: so many at a time, so that strangers keep nobody out."""

import socket
import threading
from collections import Counter
from contextlib import suppress


class Handshakes:
    """Connections whose handshake goes on. Every method may be called from any thread."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._begun: dict[socket.socket, str] = {}  # from where, the oldest first

    def begin(self, connection: socket.socket, host: str) -> None:
        """Take a place. When there is none, whoever holds most of them loses its oldest."""
        with self._lock:
            if len(self._begun) >= self._most:
                (greediest, _) = Counter(self._begun.values()).most_common(1)[0]
                self._hang_up(next(one for one, where in self._begun.items() if where == greediest))
            self._begun[connection] = host

    def end(self, connection: socket.socket) -> None:
        """Give the place back, before the connection is closed."""
        with self._lock:
            self._begun.pop(connection, None)

    def _hang_up(self, connection: socket.socket) -> None:
        """End the handshake that its own thread waits in, which then closes the connection."""
        del self._begun[connection]
        with suppress(OSError):
            # Not SSLSocket's own, which would take the session away from under that thread.
            socket.socket.shutdown(connection, socket.SHUT_RDWR)
