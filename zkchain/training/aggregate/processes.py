"""Start the parties of a sum, each a process of its own, hear what they say, and leave none of them behind.

A party is given one path in its arguments and the rest, which is public, on its standard input. It says JSON lines on
its standard output. What it writes to standard error is dropped: a trace could show a value.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from ...errors import Cancelled, PartyFailed, PartyTimeout, ZkchainError
from .limits import Limits
from .told import error_of

#: Environment variables a party may see.
_PASSED = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")
#: Most bytes that a party may say before a line ends: its messages are about ports and files.
_LINE_BYTES = 1 << 16
#: How long a party that has done its work may take to leave by itself.
_PATIENCE = 5.0


def _nothing() -> None:
    """Nobody else is asked meanwhile."""


@dataclass(frozen=True, slots=True)
class PartyCommand:
    """The program that a party runs; tests put one that crashes, hangs or records in its place."""

    argv: tuple[str, ...] = (sys.executable, "-P", "-m", "zkchain.training.aggregate.party")


@dataclass(slots=True, eq=False)
class Party:
    """A running party. `name` is for people: "client 3"."""

    name: str
    process: subprocess.Popen[bytes]
    pending: bytes = b""
    said: list[dict[str, Any]] = field(default_factory=list)


class Parties:
    """The parties of one sum. A context manager: leaving it ends them all, whatever has happened."""

    def __init__(self, limits: Limits, command: PartyCommand) -> None:
        self._limits, self._command = limits, command
        self._deadline = time.monotonic() + limits.seconds
        self._all: list[Party] = []
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._part()
        finally:
            for party in self._all:
                _end(party)
            self._selector.close()
        if isinstance(error, KeyboardInterrupt):
            raise Cancelled("stopped while private updates were summed") from None

    def start(self, name: str, role: str, path: Path, folder: Path, request: Mapping[str, Any]) -> Party:
        """Start a party that plays `role` on `path` alone; `folder`, made here, is where it may write. Raises OSError.

        `request` goes to its standard input and holds nothing private.
        """
        folder.mkdir(mode=0o700)
        environment = {key: os.environ[key] for key in _PASSED if key in os.environ}
        environment |= {"HOME": str(folder), "TMPDIR": str(folder), "OMP_NUM_THREADS": "1"}
        environment["FLWR_TELEMETRY_ENABLED"] = "0"  # flwr reads it while it is imported; without, it may call home
        process = subprocess.Popen(
            [*self._command.argv, role, str(path.absolute())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
        party = Party(name, process)
        self._all.append(party)
        self._selector.register(_output(party), selectors.EVENT_READ, party)
        bounds = {
            "parent_pid": os.getpid(),
            "memory_bytes": self._limits.memory_bytes,
            "cpu_seconds": int(self._limits.seconds) + 1,
        }
        self.tell(party, {**request, **bounds})
        return party

    def tell(self, party: Party, message: Mapping[str, Any]) -> None:
        """Send a line to a party; one that is gone is found out by `hear`."""
        assert party.process.stdin is not None
        with suppress(BrokenPipeError):
            party.process.stdin.write(json.dumps(message).encode() + b"\n")
            party.process.stdin.flush()

    def hear(self, parties: Sequence[Party], waiting: Callable[[], object] = _nothing) -> list[dict[str, Any]]:
        """The next message of each, in their order.

        Raises what the first of all running parties reports as its failure; PartyFailed when one of them dies;
        PartyTimeout when the time of the sum is over; and what `waiting` raises, which is called every second or so.
        """
        while True:
            silent = [party for party in parties if not party.said]
            if not silent:
                return [party.said.pop(0) for party in parties]
            for party in self._ready(silent):
                self._read(party)
            waiting()

    def hear_those_left(self, parties: Sequence[Party], *, least: int, patience: float) -> list[Party]:
        """Those of `parties` that have answered, of whom `least` have to; all of `parties` are let go.

        One that dies, or is silent for `patience` seconds, is given up. Raises what `hear` raises when too few are
        left, or when any other party fails.
        """
        until = time.monotonic() + patience
        silent = [party for party in parties if not party.said]
        left = list(parties)
        while silent and (len(left) - len(silent) < least or time.monotonic() < until):
            for party in self._ready(silent):
                try:
                    self._read(party)
                except ZkchainError:
                    if party not in left or (not party.said and len(left) == least):
                        raise
                    self._selector.unregister(_output(party))
                    if not party.said:
                        left.remove(party)
            silent = [party for party in left if not party.said]
        heard = [party for party in left if party.said]
        self.release(left)
        return heard

    def release(self, parties: Sequence[Party]) -> None:
        """Let parties go that have done all their work."""
        for party in parties:
            assert party.process.stdin is not None
            with suppress(KeyError):  # whoever has died is not listened to any more
                self._selector.unregister(_output(party))
            with suppress(BrokenPipeError):
                party.process.stdin.close()

    def _ready(self, silent: Sequence[Party]) -> list[Party]:
        """Parties that have said something, or have gone, within a second. Raises PartyTimeout naming the silent."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            names = [party.name for party in silent]
            raise PartyTimeout(
                f"after {self._limits.seconds:g} s these had not answered: {', '.join(names)}",
                seconds=self._limits.seconds,
                parties=names,
            )
        return [key.data for key, _ in self._selector.select(min(left, 1.0))]

    def _read(self, party: Party) -> None:
        chunk = os.read(_output(party).fileno(), 1 << 16)
        if not chunk:
            raise _death(party)
        *lines, party.pending = (party.pending + chunk).split(b"\n")
        if len(party.pending) > _LINE_BYTES:
            raise PartyFailed(f"{party.name} says more than a party has to say", party=party.name)
        for line in lines:
            party.said.append(_message(party, line))

    def _part(self) -> None:
        """Close every standard input, on which a party leaves, and wait for a moment."""
        until = time.monotonic() + _PATIENCE
        for party in self._all:
            assert party.process.stdin is not None
            with suppress(BrokenPipeError):
                party.process.stdin.close()
        for party in self._all:
            with suppress(subprocess.TimeoutExpired):
                party.process.wait(timeout=max(0.0, until - time.monotonic()))


def _output(party: Party) -> IO[bytes]:
    assert party.process.stdout is not None
    return party.process.stdout


def _message(party: Party, line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        raise PartyFailed(f"{party.name} says what is no message", party=party.name)
    if "failure" in message:
        told = message["failure"]
        raise error_of(told) or PartyFailed(f"{party.name} failed: {str(told)[:80]}", party=party.name)
    return message


def _death(party: Party) -> PartyFailed:
    try:
        code = party.process.wait(timeout=1.0)
    except subprocess.TimeoutExpired:
        return PartyFailed(f"{party.name} went silent", party=party.name)
    how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return PartyFailed(f"the process of {party.name} {how} before the sum was there", party=party.name, exit_code=code)


def _end(party: Party) -> None:
    with suppress(ProcessLookupError):
        os.killpg(party.process.pid, signal.SIGKILL)
    party.process.wait()
    for pipe in (party.process.stdin, party.process.stdout):
        assert pipe is not None
        with suppress(BrokenPipeError):
            pipe.close()
