"""How the parties of a sum by secret sharing reach each other: on one machine, or across hosts."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Place = tuple[str, int]


class Link(Protocol):
    """What one party knows of the way to the others, who have numbers."""

    @property
    def places(self) -> Sequence[Place]:
        """Host and port of each."""

    @property
    def serving(self) -> ssl.SSLContext | None:
        """For those who call; None for no TLS."""

    async def call(self, pid: int, made: Callable[[], Any]) -> None:
        """Connect to party `pid` and have `made` speak with it. Raises PartyFailed and OSError."""

    def is_party(self, transport: Any, pid: int) -> bool:
        """Whether who is at the other end may say that it is party `pid`."""

    def lost(self, pid: int | None) -> None:
        """The connection to a party is gone."""

    async def until(self, done: Awaitable[Any]) -> Any:
        """What `done` comes to. Raises PartyFailed for a party that is lost before, where that is seen here."""


@dataclass(frozen=True, slots=True)
class Loopback:
    """All on one machine, started by one coordinator, which has told them a token and sees who dies."""

    places: Sequence[Place]
    serving: None = None

    async def call(self, pid: int, made: Callable[[], Any]) -> None:
        """See `Link`."""
        await asyncio.get_running_loop().create_connection(made, *self.places[pid])

    def is_party(self, transport: Any, pid: int) -> bool:
        """Whoever has the token is a party."""
        return True

    def lost(self, pid: int | None) -> None:
        """The coordinator sees it, and ends the others."""

    async def until(self, done: Awaitable[Any]) -> Any:
        """See `Link`."""
        return await done
