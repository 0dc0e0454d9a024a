"""A client's part in a sum by secret sharing: mpyc over TCP on loopback.

Shares are Shamir's, of degree t = (parties - 1) // 2: any t parties together learn nothing beyond the sum.
mpyc's own start would listen on every interface and take anybody who connects for a party, and its own end would
unpickle what a peer sends. So connections are made here, on loopback and by a token of this run, and the coordinator
says when it is over. Lists of numbers go over the wire as fixed-size field elements, not pickled.
"""

import asyncio
import hmac
import socket
import sys
from functools import partial
from pathlib import Path
from typing import Any

from .links import Link, Loopback
from .party import Line, library
from .vectors import read_update, write_vector

_HOST = "127.0.0.1"
#: In which mpyc says the number of a party that calls.
_PID_BYTES = 2


def play(path: Path, request: dict[str, Any], line: Line) -> None:
    """Read the update at `path`, say the port, learn all ports, and write the sum to request["out"]."""
    position, bound, parties = request["position"], request["bound"], request["parties"]
    values = read_update(path, position=position, length=request["length"], bound=bound)
    with socket.create_server((_HOST, 0), backlog=parties) as server:
        server.setblocking(False)
        line.say({"port": server.getsockname()[1]})
        meeting = line.hear()
        link = Loopback([(_HOST, port) for port in meeting["ports"]])
        add_up(link, request, values, server, bytes.fromhex(meeting["token"]), line)


def add_up(
    link: Link, request: dict[str, Any], values: tuple[int, ...], server: socket.socket, token: bytes, line: Line
) -> None:
    """Meet the others over `link`, and write the sum to request["out"]."""
    runtime = _runtime(request["position"], len(link.places))
    number = runtime.SecInt(_bits(request["bound"] * request["parties"]))
    runtime.run(_sum(link, runtime, number, values, server, token, Path(request["out"]), line))


def _bits(limit: int) -> int:
    """Bits that hold every integer of magnitude `limit` at most, with its sign."""
    return limit.bit_length() + 1


def _runtime(position: int, parties: int) -> Any:
    """mpyc's runtime for this party. It is configured by the arguments of the process, while it is imported.

    It learns how many there are, and no address: connections are made here.
    """
    addresses = [item for port in range(1, parties + 1) for item in ("-P", f"{_HOST}:{port}")]
    kept = sys.argv
    # No shared seeds: they help in other computations, and their number is exponential in that of the parties.
    sys.argv = ["mpyc", *addresses, "-I", str(position), "--no-log", "--no-prss", "--no-numpy", "--no-uvloop"]
    try:
        return library("mpyc.runtime").mpc
    finally:
        sys.argv = kept


async def _sum(
    link: Link,
    runtime: Any,
    number: Any,
    values: tuple[int, ...],
    server: socket.socket,
    token: bytes,
    out: Path,
    line: Line,
) -> None:
    listening = await _connect(link, runtime, server, token)
    shared = runtime.input([number(value) for value in values])
    totals = [sum(column[1:], column[0]) for column in zip(*shared, strict=True)]
    opened = await link.until(runtime.output(totals))
    write_vector(out, [int(value) for value in opened])
    line.say({"done": True})
    # Others may still need what this party has sent: the loop runs on until the coordinator lets everybody go.
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    listening.close()


async def _connect(link: Link, runtime: Any, server: socket.socket, token: bytes) -> asyncio.Server:
    """Connect every two parties: the one with the lower number calls."""
    loop, exchanger = asyncio.get_running_loop(), _exchanger(link, token)
    for peer in runtime.parties:
        peer.protocol = loop.create_future() if peer.pid == runtime.pid else None
    listening = await loop.create_server(partial(exchanger, runtime), sock=server, ssl=link.serving)
    for peer in runtime.parties[runtime.pid + 1 :]:
        await link.call(peer.pid, partial(exchanger, runtime, peer.pid))
    await link.until(runtime.parties[runtime.pid].protocol)
    return listening


def _is_called_by_a_party(exchanger: Any, link: Link, token: bytes) -> bool:
    """By one with the token, that calls for the first time, and is by the link's knowledge who it says."""
    said, rest = bytes(exchanger.bytes[: len(token)]), bytes(exchanger.bytes[len(token) :])
    pid = int.from_bytes(rest[:_PID_BYTES], "little")
    if not hmac.compare_digest(said, token) or pid >= exchanger.runtime.pid:
        return False
    return exchanger.runtime.parties[pid].protocol is None and link.is_party(exchanger.transport, pid)


def _exchanger(link: Link, token: bytes) -> Any:
    """mpyc's connection, opened by a token that only the parties of this run have, if the link knows the caller."""
    base: Any = library("mpyc.asyncoro").MessageExchanger

    class Exchanger(base):  # type: ignore[misc]
        """Says the token when it calls, and hangs up on a caller that does not, or is not who it says."""

        trusted = False

        def connection_made(self, transport: Any) -> None:
            if self.peer_pid is not None:
                if not link.is_party(transport, self.peer_pid):
                    transport.abort()
                    return
                self.trusted = True
                transport.write(token)
            super().connection_made(transport)

        def data_received(self, data: bytes) -> None:
            if not self.trusted:
                self.bytes.extend(data)
                if len(self.bytes) < len(token) + _PID_BYTES:
                    return
                if not _is_called_by_a_party(self, link, token):
                    self.transport.abort()
                    return
                data, self.trusted = bytes(self.bytes[len(token) :]), True
                self.bytes.clear()
            super().data_received(data)

        def connection_lost(self, exc: Exception | None) -> None:
            """On loopback the coordinator sees which party has died, and ends the others; elsewhere the link does."""
            if self.trusted:
                link.lost(self.peer_pid)

    return Exchanger
