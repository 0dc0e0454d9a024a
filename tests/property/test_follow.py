"""Whatever a chain does and whenever the reader is killed: no event is lost, none told of twice."""

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.forks import CHAIN_ID, ForkedChain, Place, watched
from zkchain.chain import cursors, log_reader, log_scan
from zkchain.chain.cursors import open_cursor
from zkchain.chain.follow import follow
from zkchain.errors import CursorLost, RpcError
from zkchain.records import EventNotice
from zkchain.values import ZERO_DIGEST

DEEPEST = 6
#: Blocks that are read one by one.
RECENT = 8
#: Where files cost no time, on systems that have it. What a killed process wrote is there all the same.
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None


class Killed(BaseException):
    """The reader dies."""


class Consumer:
    """Keeps what it was told of, and checks each notice against it."""

    def __init__(self) -> None:
        self.have: set[Place] = set()
        self.last: EventNotice | None = None

    def take(self, notice: EventNotice) -> None:
        if self.last is not None and notice.sequence == self.last.sequence:
            assert notice == self.last  # it was killed before it could say that it had this one
            return
        assert notice.sequence == (0 if self.last is None else self.last.sequence) + 1
        self.last = notice
        place = (notice.block_hash, notice.event.log_index)
        if notice.removed:
            self.have.remove(place)
        else:
            assert place not in self.have
            self.have.add(place)


def read(node: ForkedChain, folder: Path, consumer: Consumer, killed_after: int | None = None) -> None:
    """One life of a reader: until there is no more, or until it is killed with so many notices in hand."""
    with suppress(Killed, RpcError), open_cursor(folder, "consumer", CHAIN_ID, ZERO_DIGEST) as cursor:
        for count, notice in enumerate(follow(node.chain(), cursor, watched, wait=False), 1):
            consumer.take(notice)
            if count == killed_after:
                return


@pytest.fixture(autouse=True, scope="module")
def small() -> Iterator[None]:
    """Everything happens on chains of some dozens of blocks."""
    with (
        mock.patch.object(log_scan, "_RECENT", RECENT),
        mock.patch.object(log_reader, "_WIDEST", 5),
        mock.patch.object(cursors, "REMEMBERED", 2 * DEEPEST),
    ):
        yield


@pytest.mark.parametrize(
    "depth", [1, DEEPEST, 11, *(pytest.param(depth, marks=pytest.mark.slow) for depth in (2, 3, 4, 5, 7, 8, 9, 10, 13))]
)
@pytest.mark.parametrize("started", [False, True], ids=["a new reader", "a reader that had begun"])
def test_a_chain_may_change_its_mind_before_the_answer_to_any_request(depth: int, started: bool):
    """Every request of a reading, and a reorganisation of this depth before its answer, or after a kill there."""
    number, requests = 0, 1
    while number < requests:
        number += 1
        for killed in (False, True):
            node, consumer = ForkedChain(), Consumer()
            node.mine(*[1] * 5)

            def change(request: int, node: ForkedChain = node, at: int = number, killed: bool = killed) -> None:
                if request == at:
                    node.reorganise(depth, *[1] * (depth + 1))
                    if killed:
                        raise Killed

            with tempfile.TemporaryDirectory(dir=MEMORY) as scratch, suppress(*[CursorLost] * (depth > RECENT)):
                if started:
                    read(node, Path(scratch), consumer)
                node.mine(*[1] * 14)
                node.requests, node.before = 0, change
                read(node, Path(scratch), consumer)
                requests = max(requests, node.requests)
                node.before = lambda number: None
                read(node, Path(scratch), consumer)
                assert consumer.have == node.confirmed
    assert requests > 15


def test_a_shorter_chain_takes_back_when_a_block_of_it_is_another_and_not_before(tmp_path: Path):
    node, consumer = ForkedChain(), Consumer()
    node.mine(*[1] * 5)
    read(node, tmp_path, consumer)
    before = set(consumer.have)
    del node.blocks[-3:]  # rolled back, or only behind
    read(node, tmp_path, consumer)
    assert consumer.have == before
    node.mine(0)
    read(node, tmp_path, consumer)
    assert consumer.have == node.confirmed
    assert len(consumer.have) == 2


def test_a_node_that_is_behind_what_was_read_in_a_range_is_waited_for(tmp_path: Path):
    node, consumer = ForkedChain(confirmations=RECENT + 4), Consumer()
    node.mine(*[1] * 40)
    read(node, tmp_path, consumer)
    blocks = list(node.blocks)
    for behind in range(1, 30):
        node.blocks = blocks[:-behind]
        read(node, tmp_path, consumer)
    node.blocks = blocks
    read(node, tmp_path, consumer)
    assert consumer.have == node.confirmed


events = st.lists(st.integers(0, 3), min_size=1, max_size=5)
mines = st.tuples(st.just("mine"), st.just(0), events)
forks = st.tuples(st.just("reorganise"), st.integers(1, DEEPEST), events)
#: Something that happens while the reader waits for the answer to its request of this number.
during = st.dictionaries(st.integers(1, 40), st.one_of(mines, forks, st.just(("kill", 0, []))), max_size=3)
reads = st.tuples(st.just("read"), during, st.one_of(st.none(), st.integers(1, 4)))


def happen(node: ForkedChain, what: str, depth: int, counts: list[int]) -> None:
    if what == "kill":
        raise Killed
    if what == "mine":
        node.mine(*counts)
    else:
        node.reorganise(depth, *counts)


cases = given(
    st.lists(st.integers(0, 2), max_size=40),
    st.lists(st.one_of(mines, forks, reads), min_size=1, max_size=12),
    st.sampled_from([1, 2, 5, 12, None]),
    st.sampled_from([(10**9, 10**9), (3, 10**9), (10**9, 4)]),
)


@settings(max_examples=100, deadline=None)
@cases
def test_what_was_told_of_and_not_removed_is_what_the_chain_holds(first, steps, confirmations, limits):
    the_consumer_has_what_the_chain_holds(first, steps, confirmations, limits)


@pytest.mark.slow
@settings(max_examples=1_000, deadline=None)
@cases
def test_so_it_is_in_a_thousand_lives(first, steps, confirmations, limits):
    the_consumer_has_what_the_chain_holds(first, steps, confirmations, limits)


def the_consumer_has_what_the_chain_holds(first, steps, confirmations, limits):
    """The model: a chain, reorganised up to six blocks deep between and during requests, and readers that die."""
    node = ForkedChain(confirmations=confirmations, widest=limits[0], most=limits[1])
    node.mine(*first)
    consumer = Consumer()
    with tempfile.TemporaryDirectory(dir=MEMORY) as scratch:
        for step in steps:
            if step[0] == "read":
                planned = {node.requests + number: change for number, change in step[1].items()}
                node.before = lambda number, planned=planned: number in planned and happen(node, *planned[number])
                read(node, Path(scratch), consumer, step[2])
                node.before = lambda number: None
            else:
                happen(node, *step)
        # A chain that became shorter takes nothing back until other blocks stand in the place of its own.
        node.mine(*[1] * DEEPEST)
        read(node, Path(scratch), consumer)
        assert consumer.have == node.confirmed
