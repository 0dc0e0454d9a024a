"""A bridge that comes batch by batch, as a board keeps it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkchain.training.bridge import MOST_BATCHES, BatchBridge, Bridge, with_part
from zkchain.training.hashing import HashedStatement, Shape
from zkchain.values import ZERO_ADDRESS, ZERO_DIGEST, FieldElement


def bridge(count: int, *, samples: int = 8, promised: int | None = None) -> Bridge:
    statement = HashedStatement(
        root=ZERO_DIGEST,
        batches=count if promised is None else promised,
        samples=samples,
        shape=Shape(batch=4, scale=10, features=3, targets=1),
    )
    batches = tuple(BatchBridge(hash=FieldElement(n), proof=bytes([n])) for n in range(count))
    return Bridge(statement=statement, registry=ZERO_ADDRESS, batches=batches)


def part(whole: Bridge, number: int) -> Bridge:
    return replace(whole, batches=(whole.batches[number],))


@given(st.integers(1, 9), st.data())
def test_all_parts_in_order_are_the_bridge_and_again_change_nothing(count: int, data: st.DataObject) -> None:
    whole, kept = bridge(count), None
    for number in range(count):
        kept = with_part(kept, number, part(whole, number))
    assert kept == whole
    again = data.draw(st.integers(0, count - 1))
    assert with_part(kept, again, part(whole, again)) == whole


def test_another_registration_begins_anew() -> None:
    whole, other = bridge(3), bridge(2, samples=7)
    assert with_part(whole, 0, part(other, 0)).batches == other.batches[:1]
    with pytest.raises(ValueError, match="does not follow"):
        with_part(whole, 1, part(other, 1))


def test_a_gap_a_whole_and_a_place_beyond_are_refused() -> None:
    whole = bridge(3)
    for kept, number, shown in (
        (None, 1, part(whole, 1)),
        (replace(whole, batches=whole.batches[:1]), 2, part(whole, 2)),
        (whole, 0, whole),
        (whole, 3, part(whole, 0)),
        (None, MOST_BATCHES, part(bridge(1, promised=2**40), 0)),
    ):
        with pytest.raises(ValueError, match=r"one of its batches|does not follow"):
            with_part(kept, number, shown)
