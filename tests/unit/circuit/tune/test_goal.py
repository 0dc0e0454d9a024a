"""What a candidate is worth, and when it is precise enough."""

from dataclasses import replace

import pytest

from tests.support.costs import cost
from zkchain.circuit.tune.goal import Bound, Goal
from zkchain.records import Fidelity


def errors(largest: float, mean: float) -> Fidelity:
    return Fidelity(samples=4, max_abs_error=largest, mean_abs_error=mean)


def test_a_bound_is_met_with_room_to_spare():
    bound = Bound(max_abs_error=0.1, mean_abs_error=0.01)
    assert bound.holds(errors(0.08, 0.008), 0.0)
    assert not bound.holds(errors(0.099, 0.008), 0.0)
    assert not bound.holds(errors(0.08, 0.0099), 0.0)
    assert bound.holds(errors(0.1, 0.01), 1.0, room=1.0)


def test_no_bound_is_met_by_anything():
    assert Bound().holds(errors(1e9, 1e9), 1.0)


def test_flips_are_bounded_without_room():
    assert Bound(flips=0.1).holds(errors(9, 9), 0.1)
    assert not Bound(flips=0.1).holds(errors(9, 9), 0.11)


def test_a_goal_with_either_limit_is_bounded():
    assert not Goal().bounded
    assert Goal(max_error=0.1).bounded
    assert Goal(max_flip=0.0).bounded


@pytest.mark.parametrize("optimize", ["prove", "gas", "balanced"])
def test_a_candidate_that_is_cheaper_in_everything_always_wins(optimize):
    better = cost(prove_seconds=0.5, verify_gas=300_000)
    worse = cost(prove_seconds=0.6, verify_gas=400_000)
    goal = Goal(optimize=optimize)
    assert goal.score(better, 0.5) < goal.score(worse, 0.5)


def test_each_goal_prefers_its_own():
    fast, frugal = cost(prove_seconds=0.5, verify_gas=900_000), cost(prove_seconds=1.0, verify_gas=300_000)
    assert Goal(optimize="prove").score(fast, 0.5) < Goal(optimize="prove").score(frugal, 0.5)
    assert Goal(optimize="gas").score(frugal, 0.5) < Goal(optimize="gas").score(fast, 0.5)


def test_gas_is_not_saved_at_any_price():
    goal, fast = Goal(optimize="gas"), cost(prove_seconds=0.5, verify_gas=900_000)
    patient = replace(fast, verify_gas=800_000, prove_seconds=100.0)
    assert goal.score(fast, 0.5) < goal.score(patient, 0.5)


def test_a_balanced_choice_saves_gas_and_bytes_among_those_that_prove_nearly_as_fast_and_no_others():
    goal = Goal()
    fastest = cost(prove_seconds=0.5, verify_gas=900_000, proving_key_bytes=10_000)
    nearly = cost(prove_seconds=0.54, verify_gas=400_000, proving_key_bytes=20_000)
    slower = cost(prove_seconds=0.56, verify_gas=200_000, proving_key_bytes=5_000)
    ranked = sorted([slower, fastest, nearly], key=lambda one: goal.score(one, 0.5))
    assert ranked == [nearly, fastest, slower]
    far = cost(prove_seconds=0.6, verify_gas=100_000, proving_key_bytes=1_000)
    assert goal.score(slower, 0.5) < goal.score(far, 0.5)
