"""A sum whose clients share nothing but the wire: each party is a process with its own key, TLS between them."""

import contextlib
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tests.support.extras import need_training
from tests.support.hosts import make_tls
from tests.support.updates import column_sums, write_updates
from tests.support.wire import Wire
from tests.unit.training.test_aggregate_parties import BOUND, VECTORS, shows_a_canary
from zkchain.errors import PartyFailed, PartyTimeout, ZkchainError
from zkchain.training.aggregate import Limits
from zkchain.training.aggregate.across import OwnParty
from zkchain.training.hosts.identity import Identity, read_identity

need_training()

NAMES = ["north", "south", "west"]


@dataclass
class Meeting:
    """Where three clients meet, without a board; every party is behind a wire that is listened to."""

    ports: dict[str, int] = field(default_factory=dict)
    wires: dict[str, Wire] = field(default_factory=dict)
    opened: dict[str, tuple[int, ...]] = field(default_factory=dict)
    failed: dict[str, ZkchainError] = field(default_factory=dict)
    before: Callable[["Meeting"], None] = lambda meeting: None
    everybody: threading.Barrier = field(default_factory=lambda: threading.Barrier(len(NAMES)))
    over: threading.Event = field(default_factory=threading.Event)
    token: str = "ab" * 32

    def meet(self, name: str, port: int) -> tuple[str, Sequence[tuple[str, int]]]:
        self.ports[name], self.wires[name] = port, Wire(port)
        if self.everybody.wait(30) == 0:
            self.before(self)
        self.everybody.wait(30)
        return self.token, [("127.0.0.1", self.wires[one].port) for one in NAMES]

    def open(self, name: str, values: tuple[int, ...]) -> None:
        self.opened[name] = values
        while len(self.opened) < len(NAMES) and not self.over.is_set():
            time.sleep(0.05)

    def run(self, root: Path, tls: dict[str, Path], updates: Sequence[Path], seconds: float = 60) -> None:
        def one(position: int) -> None:
            name = NAMES[position]
            party = OwnParty(
                scratch=root / name / "scratch",
                tls=tls[name],
                names=NAMES,
                position=position,
                host="127.0.0.1",
                port=0,
                limits=Limits(seconds=seconds),
            )
            try:
                party.total(
                    updates[position],
                    length=len(VECTORS[0]),
                    bound=BOUND,
                    meet=lambda port: self.meet(name, port),
                    opened=lambda values: self.open(name, values),
                    waiting=lambda: None,
                )
            except ZkchainError as error:
                self.failed[name] = error
                self.over.set()

        threads = [threading.Thread(target=one, args=(position,)) for position in range(len(NAMES))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for wire in self.wires.values():
            wire.close()


@pytest.fixture
def tls(tmp_path: Path) -> dict[str, Path]:
    return make_tls(tmp_path, NAMES)


@pytest.fixture
def updates(tmp_path: Path) -> list[Path]:
    return write_updates(tmp_path, VECTORS)


def test_a_sum_is_exact_and_no_update_is_on_the_wire(tmp_path: Path, tls: dict[str, Path], updates: list[Path]) -> None:
    meeting = Meeting()
    meeting.run(tmp_path, tls, updates)
    assert meeting.failed == {}
    assert meeting.opened == dict.fromkeys(NAMES, column_sums(VECTORS))
    seen = b"".join(wire.seen for wire in meeting.wires.values())
    assert len(seen) > 3000, "two of the three are called by those before them"
    assert not shows_a_canary(seen)
    total = column_sums(VECTORS)
    for size in (6, 8):
        for order in ("little", "big"):
            word = total[0].to_bytes(size, order, signed=True)  # type: ignore[arg-type]
            assert word not in seen, "not even the sum"
    assert bytes.fromhex(meeting.token) not in seen
    assert seen.startswith(b"\x16\x03") or any(wire.seen.startswith(b"\x16\x03") for wire in meeting.wires.values())


def knock(port: int, identity: Identity, said: bytes) -> bytes:
    """Connect to a party as `identity` and say something; what it answers before it hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        with contextlib.suppress(OSError), identity.calling().wrap_socket(plain) as connection:
            connection.sendall(said)
            return connection.recv(1000)
        return b""


def test_a_member_that_says_anothers_number_is_hung_up_on_and_the_sum_goes_on(
    tmp_path: Path, tls: dict[str, Path], updates: list[Path]
) -> None:
    """west, which has the token, calls south as north, and as itself where it is not the one to call."""
    answers: list[bytes] = []

    def pose(meeting: Meeting) -> None:
        west = read_identity(tls["west"], "west", NAMES)
        token = bytes.fromhex(meeting.token)
        waiting = []
        for number in (0, 2, 7):
            said = token + number.to_bytes(2, "little") + bytes(64)
            waiting.append(
                threading.Thread(target=lambda said=said: answers.append(knock(meeting.ports["south"], west, said)))
            )
            waiting[-1].start()

    meeting = Meeting(before=pose)
    meeting.run(tmp_path, tls, updates)
    assert meeting.failed == {}
    assert meeting.opened == dict.fromkeys(NAMES, column_sums(VECTORS))
    assert answers == [b"", b"", b""]


def test_a_stranger_and_one_without_tls_get_nothing_and_the_sum_goes_on(
    tmp_path: Path, tls: dict[str, Path], updates: list[Path]
) -> None:
    answers: list[bytes] = []
    strange = make_tls(tmp_path / "elsewhere", NAMES)

    def knock_twice(meeting: Meeting) -> None:
        stranger = read_identity(strange["north"], "north", NAMES)
        said = bytes.fromhex(meeting.token) + bytes(100)

        def plainly() -> None:
            with socket.create_connection(("127.0.0.1", meeting.ports["south"]), timeout=10) as plain:
                plain.sendall(said)
                with contextlib.suppress(OSError):
                    answers.append(plain.recv(1000)[:1])

        threading.Thread(target=lambda: answers.append(knock(meeting.ports["south"], stranger, said))).start()
        threading.Thread(target=plainly).start()

    meeting = Meeting(before=knock_twice)
    meeting.run(tmp_path, tls, updates)
    assert meeting.failed == {}
    assert meeting.opened == dict.fromkeys(NAMES, column_sums(VECTORS))
    assert set(answers) <= {b"", b"\x15"}, "at most an alert of TLS"


@pytest.fixture
def strangers() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def party_of(update: Path) -> psutil.Process:
    found = []
    for child in psutil.Process().children(recursive=True):
        # What another test of this worker has left may have ended, and cannot be asked.
        with contextlib.suppress(psutil.ZombieProcess, psutil.NoSuchProcess):
            if str(update) in child.cmdline():
                found.append(child)
    assert len(found) == 1
    return found[0]


def test_a_client_that_vanishes_during_the_sum_is_named(
    tmp_path: Path, tls: dict[str, Path], updates: list[Path], strangers: set[int]
) -> None:
    meeting = Meeting(before=lambda _: os.kill(party_of(updates[1]).pid, signal.SIGKILL))
    meeting.run(tmp_path, tls, updates, seconds=20)
    assert set(meeting.failed) == set(NAMES)
    assert all(isinstance(error, PartyFailed | PartyTimeout) for error in meeting.failed.values())
    assert "south" in meeting.failed["north"].message
    assert meeting.opened == {}
    left = [child for child in psutil.Process().children(recursive=True) if child.pid not in strangers]
    assert left == []


def test_no_key_is_in_a_partys_arguments_or_environment(
    tmp_path: Path, tls: dict[str, Path], updates: list[Path]
) -> None:
    seen: list[str] = []

    def look(_: Meeting) -> None:
        for update in updates:
            process = party_of(update)
            seen.append(" ".join(process.cmdline()) + json.dumps(process.environ()))

    Meeting(before=look).run(tmp_path, tls, updates)
    keys = [line for folder in tls.values() for line in (next(folder.glob("*.key"))).read_text().splitlines()[1:-1]]
    assert len(seen) == len(NAMES)
    assert not any(key in text for key in keys for text in seen)
    for update, text in zip(updates, seen, strict=True):
        assert not any(str(other) in text for other in updates if other != update)
