"""What a query asks to be proved: fresh each time, of the model's shape, and bound to all of the query."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkchain.errors import EncryptedUnreadable
from zkchain.proof.binding import binding_tag
from zkchain.training.he.challenge import (
    Challenge,
    binding_of,
    challenge_of,
    draw_challenge,
    on_grid,
    query_digest,
    read_challenge,
)
from zkchain.training.he.container import Header, Sealed
from zkchain.values import Digest

SPEC = SimpleNamespace(inputs=[SimpleNamespace(elements=2), SimpleNamespace(elements=1)])
PLAN = SimpleNamespace(inputs=(8.0, 0.4, 1e-3))
ZERO, OTHER = Digest("0x" + "0" * 64), Digest("0x" + "1" * 64)


def query(**extra: object) -> Sealed:
    return Sealed(Header(kind="query", model=ZERO, key=ZERO, size=0, sha256=ZERO, extra={"rows": 1, **extra}), b"")


def test_challenges_are_small_inputs_and_no_two_are_alike():
    drawn = [draw_challenge(PLAN, SPEC) for _ in range(50)]
    for one in drawn:
        assert [len(part) for part in one.inputs] == [2, 1]
        values = [value for part in one.inputs for value in part]
        assert all(abs(value) <= most / 8 for value, most in zip(values, PLAN.inputs, strict=True))
        assert all(float(np.float32(value)) == value for value in values)
    assert len({one.nonce for one in drawn}) == len({one.inputs for one in drawn}) == 50


def test_an_input_of_ones_own_is_another_challenge_each_time():
    sample = (np.array([[0.5, -0.25]], np.float32), np.array([1.0], np.float32))
    first, second = challenge_of(sample), challenge_of(sample)
    assert first.inputs == second.inputs == ((0.5, -0.25), (1.0,))
    assert first.nonce != second.nonce


def test_a_query_carries_its_challenge():
    made = draw_challenge(PLAN, SPEC)
    assert read_challenge(query(challenge=made.to_json()), SPEC) == made


@pytest.mark.parametrize(
    "given",
    [
        None,
        {},
        [],
        {"nonce": "0x00", "inputs": [[1.0, 2.0], [3.0]]},
        {"nonce": "0x" + "00" * 32, "inputs": [[1.0], [2.0, 3.0]]},
        {"nonce": "0x" + "00" * 32, "inputs": [[1.0, 2.0]]},
        {"nonce": "0x" + "00" * 32, "inputs": [["1", 2.0], [3.0]]},
    ],
)
def test_what_is_no_challenge_of_this_model_is_refused(given):
    with pytest.raises(EncryptedUnreadable):
        read_challenge(query(challenge=given), SPEC)


def test_an_old_query_asks_nothing():
    with pytest.raises(EncryptedUnreadable, match="names no challenge"):
        read_challenge(query(), SPEC)


def test_a_proof_is_bound_to_everything_in_a_query():
    made = query(challenge=draw_challenge(PLAN, SPEC).to_json())
    others = [
        query(challenge=draw_challenge(PLAN, SPEC).to_json()),
        query(challenge=made.header.extra["challenge"], rows=2),
        Sealed(replace(made.header, sha256=OTHER), b""),
        Sealed(replace(made.header, key=OTHER), b""),
    ]
    assert query_digest(Sealed(made.header, b"")) == query_digest(made)
    assert len({query_digest(one) for one in (made, *others)}) == 5
    assert len({binding_tag(binding_of(one)) for one in (made, *others)}) == 5


@given(st.floats(-1e4, 1e4, width=16), st.integers(-2, 16))
def test_the_grid_is_the_nearest_integer(value, scale):
    (found,) = on_grid([value], scale)
    assert abs(found - value * 2.0**scale) <= 0.5
    assert on_grid([-value], scale) == (-found,)


@given(st.integers(-1000, 1000))
def test_halves_go_away_from_zero(whole):
    (found,) = on_grid([whole + math.copysign(0.5, whole)], 0)
    assert abs(found) == abs(whole) + 1


def test_a_nonce_has_its_length():
    with pytest.raises(ValueError, match="32 bytes"):
        Challenge(nonce=b"short", inputs=())
