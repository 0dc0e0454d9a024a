"""How the clients of one sum meet: the coordinator calls, each says where it is, and each hands in what it opened."""

import re
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ...errors import PartyFailed, PartyTimeout
from ...record import Record

Stage = Literal["meet", "sum", "over"]
#: Whoever has not asked for so long is taken to be gone; at first for longer: its node may be some blocks behind.
_SILENT_SECONDS, _FIRST_SECONDS = 15.0, 60.0
_PAUSE = 0.1
_HOST = re.compile(r"[0-9A-Za-z.:_-]{1,253}\Z")
_MOST_TEXT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Place(Record):
    """Where a client's party listens."""

    host: str
    port: int

    def __post_init__(self) -> None:
        if not _HOST.match(self.host) or not 1 <= self.port <= 65535:
            raise ValueError("a place is a host and a port from 1 to 65535")


@dataclass(frozen=True, slots=True, kw_only=True)
class Called(Record):
    """A sum as its clients are told of it. Which clients it has, each reads from the ledger."""

    round: int
    attempt: str  #: no two have the same, so that what is said of one is not taken for another
    stage: Stage
    places: tuple[Place, ...] = ()  #: in the order of the sum's clients, once all have said theirs
    token: str = ""  #: with which its connections open; it names the sum, and is no secret from the board


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """A sum, and who opened just this one."""

    values: tuple[int, ...]
    names: tuple[str, ...]


class Meeting:
    """One attempt at a sum, as the board keeps it. Every method may be called from any thread."""

    def __init__(self, number: int, names: Sequence[str], *, length: int, limit: int) -> None:
        self.round, self.names, self.attempt = number, tuple(names), secrets.token_hex(8)
        self._length, self._limit = length, limit
        self._token = secrets.token_hex(32)
        self._lock = threading.Condition()
        self._places: dict[str, Place] = {}
        self._sums: dict[str, tuple[int, ...]] = {}
        self._failed: list[tuple[str, str]] = []
        self._seen = dict.fromkeys(self.names, time.monotonic() + _FIRST_SECONDS - _SILENT_SECONDS)
        self._over = False

    def told(self, name: str) -> Called:
        """What `name`, one of the sum's clients, gets to know now."""
        with self._lock:
            self._seen[name] = time.monotonic()
            met = len(self._places) == len(self.names)
            return Called(
                round=self.round,
                attempt=self.attempt,
                stage="over" if self._over else "sum" if met else "meet",
                places=tuple(self._places[one] for one in self.names) if met else (),
                token=self._token if met else "",
            )

    def arrive(self, name: str, place: Place) -> None:
        """`name` is there. Once all are, nobody moves any more."""
        with self._lock:
            if len(self._places) < len(self.names):
                self._places[name] = place
            self._lock.notify_all()

    def hand_in(self, name: str, values: Sequence[int]) -> None:
        """What `name` has opened, once. Raises ValueError for what no sum can be."""
        whole = all(type(value) is int and -self._limit <= value <= self._limit for value in values)
        if not whole or len(values) != self._length:
            raise ValueError(f"not a sum of {self._length} values within the limit")
        with self._lock:
            self._sums.setdefault(name, tuple(values))
            self._lock.notify_all()

    def fail(self, name: str, why: str) -> None:
        """`name` cannot go on."""
        with self._lock:
            self._failed.append((name, "".join(one for one in why[:_MOST_TEXT] if one.isprintable())))
            self._lock.notify_all()

    def end(self) -> None:
        """Let everybody go."""
        with self._lock:
            self._over = True

    def wait(self, seconds: float) -> tuple[HandedIn, ...]:
        """What was opened, once everybody has: one sum, or several where somebody lies; the one of most comes first.

        Raises PartyFailed and PartyTimeout, which name who did not.
        """
        until = time.monotonic() + seconds
        with self._lock:
            while len(self._sums) < len(self.names):
                self._check(seconds, until)
                self._lock.wait(_PAUSE)
            distinct = dict.fromkeys(self._sums[name] for name in self.names)
            found = [
                HandedIn(values=values, names=tuple(name for name in self.names if self._sums[name] == values))
                for values in distinct
            ]
            return tuple(sorted(found, key=lambda one: -len(one.names)))

    def _check(self, seconds: float, until: float) -> None:
        now = time.monotonic()
        gone = [name for name in self.names if now - self._seen[name] > _SILENT_SECONDS]
        if gone:
            raise PartyFailed(
                f"these have gone silent during the sum: {', '.join(gone)}",
                remedy="start them again; the sum is tried anew until the round's time is over",
                parties=gone,
            )
        if self._failed:
            name, why = self._failed[0]
            raise PartyFailed(f"{name} could not go on with the sum: {why}", party=name)
        if now > until:
            absent = [name for name in self.names if name not in self._places]
            late = absent or [name for name in self.names if name not in self._sums]
            raise PartyTimeout(
                f"after {seconds:g} s these had not opened the sum: {', '.join(late)}", seconds=seconds, parties=late
            )
