"""A client's part in a sum by secret sharing with clients on other hosts: TLS, and each known by its certificate.

What is computed is what `roles_mpc` computes. Nobody sees who dies elsewhere, so a party that loses another says so.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from ...errors import PartyFailed
from ..hosts.identity import Identity, read_identity
from .links import Place
from .party import Line
from .roles_mpc import add_up
from .vectors import read_update

_HANDSHAKE_SECONDS = 20.0


def play(path: Path, request: dict[str, Any], line: Line) -> None:
    """Read the update at `path`, say the port, learn all places, and write the sum to request["out"]."""
    position, names = request["position"], request["names"]
    values = read_update(path, position=position, length=request["length"], bound=request["bound"])
    identity = read_identity(Path(request["tls"]), names[position], names)
    with _listen(request["host"], request["port"], len(names)) as server:
        server.setblocking(False)
        line.say({"port": server.getsockname()[1]})
        meeting = line.hear()
        link = Hosts(identity, names, [(host, port) for host, port in meeting["places"]])
        add_up(link, request, values, server, bytes.fromhex(meeting["token"]), line)


def _listen(host: str, port: int, backlog: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=backlog)
    except OSError as error:
        raise PartyFailed(
            f"a sum cannot be listened for at {host}:{port}: {error.strerror or 'no such host'}",
            remedy="give another --listen",
        ) from None


class Hosts:
    """A `Link` on which every party is the one whose certificate it shows."""

    def __init__(self, identity: Identity, names: Sequence[str], places: Sequence[Place]) -> None:
        self.places, self._identity, self._names = places, identity, names
        self.serving: ssl.SSLContext = identity.serving()
        self._gone: asyncio.Event = asyncio.Event()
        self._missed: list[str] = []

    async def call(self, pid: int, made: Callable[[], Any]) -> None:
        """See `Link`."""
        host, port = self.places[pid]
        loop = asyncio.get_running_loop()
        context = self._identity.calling()
        try:
            await loop.create_connection(made, host, port, ssl=context, ssl_handshake_timeout=_HANDSHAKE_SECONDS)
        except (OSError, ssl.SSLError):
            raise PartyFailed(
                f"{self._names[pid]} cannot be reached at {host}:{port}", party=self._names[pid]
            ) from None

    def is_party(self, transport: Any, pid: int) -> bool:
        """See `Link`."""
        shown = transport.get_extra_info("ssl_object")
        return shown is not None and self._identity.who(shown.getpeercert(binary_form=True)) == self._names[pid]

    def lost(self, pid: int | None) -> None:
        """See `Link`."""
        if pid is not None:
            self._missed.append(self._names[pid])
            self._gone.set()

    async def until(self, done: Awaitable[Any]) -> Any:
        """See `Link`."""
        wanted, gone = asyncio.ensure_future(done), asyncio.ensure_future(self._gone.wait())
        await asyncio.wait([wanted, gone], return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if wanted.done():
            return wanted.result()
        raise PartyFailed(f"the connection to {self._missed[0]} was lost", party=self._missed[0])
