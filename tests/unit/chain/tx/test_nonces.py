"""The next nonce: the lowest that nobody has."""

from hypothesis import given
from hypothesis import strategies as st

from zkchain.chain.tx.nonces import next_nonces

NONCES = st.integers(0, 60)
HELD = st.sets(NONCES)


@given(pending=NONCES, held=HELD, count=st.integers(0, 20))
def test_no_nonce_is_given_twice_and_none_below_what_the_node_has(pending: int, held: set[int], count: int):
    found = next_nonces(pending, held, count)
    assert len(set(found)) == count
    assert not held & set(found)
    assert all(nonce >= pending for nonce in found)


@given(pending=NONCES, held=HELD, count=st.integers(1, 20))
def test_no_lower_one_is_left_out(pending: int, held: set[int], count: int):
    found = next_nonces(pending, held, count)
    assert set(range(pending, found[-1])) <= held | set(found)


@given(pending=NONCES, counts=st.lists(st.integers(1, 5), max_size=8))
def test_one_after_the_other_they_have_no_gap(pending: int, counts: list[int]):
    """A node that lags names the same nonce again and again; the journal knows better."""
    held: set[int] = set()
    for count in counts:
        held |= set(next_nonces(pending, held, count))
    assert held == set(range(pending, pending + sum(counts)))
