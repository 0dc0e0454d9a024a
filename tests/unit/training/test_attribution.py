"""Points as the ledger adds them, the check of a sum against commitments, and updates as field elements."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.federations import small_layout
from zkchain.errors import ChainingBroken, PlanInvalid
from zkchain.training.architecture import Architecture
from zkchain.training.attribution import (
    MOST_VALUES,
    check_revealable,
    from_scalars,
    sum_matches,
    to_scalars,
)
from zkchain.training.curve import INFINITY, add, negative, times
from zkchain.values import MODULUS


def point(x: int, y: int) -> bytes:
    return x.to_bytes(32, "big") + y.to_bytes(32, "big")


ONE = point(1, 2)
#: Twice the generator, as EIP-196's test vectors have it.
TWO = point(
    0x030644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD3,
    0x15ED738C0E0A7C92E7845F96B2AE9C0A68A6A449E3538FC7FF3EBF7A5A18A2C4,
)
#: Stands for the blank, which is some point that nobody knows the logarithm of.
BLANK = times(ONE, 0xB1A4)


def committed(*values: int) -> bytes:
    """A commitment as KZG's: the blank, and each value times its own point."""
    found = BLANK
    for place, value in enumerate(values):
        found = add(found, times(times(ONE, 1000 + place), value % MODULUS))
    return found


def test_points_add_up_as_on_the_chain() -> None:
    assert add(ONE, ONE) == TWO == times(ONE, 2)
    assert add(ONE, INFINITY) == add(INFINITY, ONE) == ONE
    assert add(ONE, negative(ONE)) == INFINITY == times(ONE, 0)
    assert times(ONE, MODULUS) == INFINITY


@settings(deadline=None)
@given(st.integers(0, 2**40), st.integers(0, 2**40))
def test_multiples_add_up(a: int, b: int) -> None:
    assert add(times(ONE, a), times(ONE, b)) == times(ONE, a + b)


@pytest.mark.parametrize("wrong", [point(1, 3), b"", ONE[:63], b"\xff" * 64])
def test_what_is_no_point_is_refused(wrong: bytes) -> None:
    with pytest.raises(ValueError, match="point"):
        add(ONE, wrong)
    with pytest.raises(ValueError, match="point"):
        negative(wrong)


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.integers(-(2**20), 2**20)] * 3), min_size=1, max_size=5), st.integers(0, 2))
def test_a_sum_matches_its_summands_and_no_other_does(updates: list[tuple[int, ...]], at: int) -> None:
    total = [sum(column) for column in zip(*updates, strict=True)]
    points = [committed(*update) for update in updates]
    assert sum_matches(committed(*total), BLANK, points)
    total[at] += 1
    assert not sum_matches(committed(*total), BLANK, points)


@given(st.lists(st.integers(-(2**40), 2**40), max_size=6))
def test_what_is_revealed_is_read_back(values: list[int]) -> None:
    assert from_scalars(to_scalars(values), 6) == (*values, *(0,) * (6 - len(values)))


def test_more_values_than_an_update_has_are_refused() -> None:
    with pytest.raises(ChainingBroken):
        from_scalars((1, 2, 3), 2)


def test_an_update_that_no_transaction_can_reveal_is_refused_before_a_federation_is_set_up() -> None:
    small = small_layout()
    check_revealable(small)
    large = replace(small, architecture=Architecture(sizes=(MOST_VALUES, 1), loss="logistic"))
    with pytest.raises(PlanInvalid, match="disputes is set"):
        check_revealable(large)
