"""What can go wrong with one JSON-RPC exchange. Each fault is a record; what it does, it does to an `Exchange`."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from .node_texts import NODE_TEXTS, Client, Refusal

#: Bytes of a body that is sent at a time.
_PIECE = 64 * 1024


class Exchange(Protocol):
    """One request of a client, and the ways to answer it."""

    @property
    def request(self) -> Mapping[str, Any]:
        """The JSON-RPC request."""

    async def forward(self) -> bytes:
        """Have the node answer; its body. Every call asks it again."""

    async def answer(self, body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """Answer the client."""

    async def pieces(self, pieces: list[bytes], pause: float) -> None:
        """Answer piece by piece."""

    def hang_up(self) -> None:
        """Cut the connection without an answer."""

    async def overtaken(self, seconds: float) -> None:
        """Wait until a later request of the same method was answered, but no longer than `seconds`."""


class Fault(Protocol):
    """Something that goes wrong."""

    async def strike(self, exchange: Exchange) -> None:
        """Let it go wrong."""


@dataclass(frozen=True, slots=True)
class Delay:
    """The answer comes, but late."""

    seconds: float

    async def strike(self, exchange: Exchange) -> None:
        await asyncio.sleep(self.seconds)
        await exchange.answer(await exchange.forward())


@dataclass(frozen=True, slots=True)
class DropBefore:
    """The connection breaks before the node hears of the request."""

    async def strike(self, exchange: Exchange) -> None:
        exchange.hang_up()


@dataclass(frozen=True, slots=True)
class DropAfter:
    """The node does what was asked, and the answer is lost."""

    async def strike(self, exchange: Exchange) -> None:
        await exchange.forward()
        exchange.hang_up()


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing comes for a long time, then the connection breaks. With `after`, the node has heard of it."""

    seconds: float
    after: bool = False

    async def strike(self, exchange: Exchange) -> None:
        if self.after:
            await exchange.forward()
        await asyncio.sleep(self.seconds)
        exchange.hang_up()


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The request reaches the node twice; the client gets the second answer."""

    async def strike(self, exchange: Exchange) -> None:
        await exchange.forward()
        await exchange.answer(await exchange.forward())


@dataclass(frozen=True, slots=True)
class Reorder:
    """A later request of the same method overtakes this one, if one comes in time."""

    seconds: float = 0.5

    async def strike(self, exchange: Exchange) -> None:
        await exchange.overtaken(self.seconds)
        await exchange.answer(await exchange.forward())


@dataclass(frozen=True, slots=True)
class HttpStatus:
    """An answer of the HTTP layer: 429, 500, 502 and the like."""

    status: int
    retry_after: int | None = None
    after: bool = False  #: the node has done what was asked

    async def strike(self, exchange: Exchange) -> None:
        if self.after:
            await exchange.forward()
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        await exchange.answer(b"upstream failure", status=self.status, headers=headers)


@dataclass(frozen=True, slots=True)
class Body:
    """A body that is no answer, with status 200. With `after`, the node has done what was asked."""

    kind: Literal["html", "empty", "truncated", "wrong id", "no result", "a list"]
    after: bool = False

    async def strike(self, exchange: Exchange) -> None:
        body = await exchange.forward() if self.after or self.kind in ("truncated", "wrong id") else b""
        if self.kind == "wrong id":
            wrong = {**_object(body), "id": "somebody else's"}
            await exchange.answer(json.dumps(wrong).encode())
        elif self.kind == "truncated":
            await exchange.answer(body[: len(body) // 2])
        else:
            await exchange.answer(_BODIES[self.kind])


_BODIES = {
    "html": b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>",
    "empty": b"",
    "no result": b'{"jsonrpc": "2.0", "id": 1}',
    "a list": b"[]",
}


@dataclass(frozen=True, slots=True)
class Huge:
    """A body of many megabytes."""

    size: int = 100 * 2**20

    async def strike(self, exchange: Exchange) -> None:
        await exchange.pieces([b'{"result": "'] + [b"0" * _PIECE] * (self.size // _PIECE), 0.0)


@dataclass(frozen=True, slots=True)
class Slow:
    """The right body, a byte at a time."""

    pause: float = 0.5

    async def strike(self, exchange: Exchange) -> None:
        body = await exchange.forward()
        await exchange.pieces([body[at : at + 1] for at in range(len(body))], self.pause)


@dataclass(frozen=True, slots=True)
class Rewrite:
    """The node's result, changed: a node that lies, or is behind."""

    change: Callable[[Any], Any]

    async def strike(self, exchange: Exchange) -> None:
        answer = _object(await exchange.forward())
        if "result" in answer:
            answer["result"] = self.change(answer["result"])
        await exchange.answer(json.dumps(answer).encode())


@dataclass(frozen=True, slots=True)
class RpcRefusal:
    """A JSON-RPC error in a client's words. With `after`, the node has done what was asked all the same."""

    client: Client = "geth"
    refusal: Refusal = "known"
    after: bool = False

    async def strike(self, exchange: Exchange) -> None:
        if self.after:
            await exchange.forward()
        text = NODE_TEXTS[self.client][self.refusal]
        await exchange.answer(rpc_error(exchange.request.get("id"), text.code, text.message))


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several faults, in turn."""

    faults: tuple[Fault, ...]
    _turn: list[int] = field(default_factory=lambda: [0], compare=False, repr=False)

    async def strike(self, exchange: Exchange) -> None:
        chosen = self.faults[self._turn[0] % len(self.faults)]
        self._turn[0] += 1
        await chosen.strike(exchange)


def rpc_error(identity: Any, code: int, message: str) -> bytes:
    """A JSON-RPC error answer."""
    return json.dumps({"jsonrpc": "2.0", "id": identity, "error": {"code": code, "message": message}}).encode()


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
