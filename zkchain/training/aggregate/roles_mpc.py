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

from .party import Line, library
from .vectors import read_update, write_vector

_HOST = "127.0.0.1"


def play(path: Path, request: dict[str, Any], line: Line) -> None:
    """Read the update at `path`, say the port, learn all ports, and write the sum to request["out"]."""
    position, bound, parties = request["position"], request["bound"], request["parties"]
    values = read_update(path, position=position, length=request["length"], bound=bound)
    with socket.create_server((_HOST, 0), backlog=parties) as server:
        server.setblocking(False)
        line.say({"port": server.getsockname()[1]})
        meeting = line.hear()
        runtime = _runtime(position, meeting["ports"])
        number = runtime.SecInt(_bits(bound * parties))
        runtime.run(_sum(runtime, number, values, server, bytes.fromhex(meeting["token"]), Path(request["out"]), line))


def _bits(limit: int) -> int:
    """Bits that hold every integer of magnitude `limit` at most, with its sign."""
    return limit.bit_length() + 1


def _runtime(position: int, ports: list[int]) -> Any:
    """mpyc's runtime for this party. It is configured by the arguments of the process, while it is imported."""
    addresses = [item for port in ports for item in ("-P", f"{_HOST}:{port}")]
    kept = sys.argv
    # No shared seeds: they help in other computations, and their number is exponential in that of the parties.
    sys.argv = ["mpyc", *addresses, "-I", str(position), "--no-log", "--no-prss", "--no-numpy", "--no-uvloop"]
    try:
        return library("mpyc.runtime").mpc
    finally:
        sys.argv = kept


async def _sum(
    runtime: Any, number: Any, values: tuple[int, ...], server: socket.socket, token: bytes, out: Path, line: Line
) -> None:
    listening = await _connect(runtime, server, token)
    shared = runtime.input([number(value) for value in values])
    totals = [sum(column[1:], column[0]) for column in zip(*shared, strict=True)]
    opened = await runtime.output(totals)
    write_vector(out, [int(value) for value in opened])
    line.say({"done": True})
    # Others may still need what this party has sent: the loop runs on until the coordinator lets everybody go.
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    listening.close()


async def _connect(runtime: Any, server: socket.socket, token: bytes) -> asyncio.Server:
    """Connect every two parties: the one with the lower number calls."""
    loop, exchanger = asyncio.get_running_loop(), _exchanger(token)
    for peer in runtime.parties:
        peer.protocol = loop.create_future() if peer.pid == runtime.pid else None
    listening = await loop.create_server(partial(exchanger, runtime), sock=server)
    for peer in runtime.parties[runtime.pid + 1 :]:
        await loop.create_connection(partial(exchanger, runtime, peer.pid), _HOST, peer.port)
    await runtime.parties[runtime.pid].protocol
    return listening


def _exchanger(token: bytes) -> Any:
    """mpyc's connection, opened by a token that only the parties of this run have."""
    base: Any = library("mpyc.asyncoro").MessageExchanger

    class Exchanger(base):  # type: ignore[misc]
        """Says the token when it calls, and hangs up on a caller that does not."""

        trusted = False

        def connection_made(self, transport: Any) -> None:
            if self.peer_pid is not None:
                self.trusted = True
                transport.write(token)
            super().connection_made(transport)

        def data_received(self, data: bytes) -> None:
            if not self.trusted:
                self.bytes.extend(data)
                if len(self.bytes) < len(token):
                    return
                if not hmac.compare_digest(bytes(self.bytes[: len(token)]), token):
                    self.transport.abort()
                    return
                data, self.trusted = bytes(self.bytes[len(token) :]), True
                self.bytes.clear()
            super().data_received(data)

        def connection_lost(self, exc: Exception | None) -> None:
            """The coordinator sees which party has died, and ends the others."""

    return Exchanger
