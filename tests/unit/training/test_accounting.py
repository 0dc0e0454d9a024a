from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.extras import need_training
from tests.support.federations import write_plan
from zkchain.errors import EpsilonOutOfReach
from zkchain.training.accounting import UNITS, Accountant, epsilon, noise_for, schedule
from zkchain.training.plan import noise_of, read_plan

need_training()


def test_ten_sums_with_five_times_their_sensitivity_cost_what_was_published() -> None:
    assert epsilon(5.0, 10, 1e-5) == pytest.approx(2.605, abs=2e-3)
    assert epsilon(5.0, 10, 1e-5, "rdp") == pytest.approx(2.814, abs=2e-3)


def test_nothing_taken_costs_nothing() -> None:
    assert epsilon(1.0, 0, 1e-5) == 0.0


@pytest.mark.parametrize("kind", ["prv", "rdp"])
def test_the_schedule_is_opacus_to_a_millionth_and_grows(kind: Accountant) -> None:
    found = schedule(3.0, 6, 1e-5, kind)
    for count, spent in enumerate(found, 1):
        exact = by_opacus(kind, 3.0, count)
        assert exact <= spent / UNITS < exact + 1e-6
    assert list(found) == sorted(set(found))


def by_opacus(kind: Accountant, noise: float, steps: int) -> float:
    """What its accountant says when it is told of each step, in all of which every sample takes part."""
    from opacus.accountants import PRVAccountant, RDPAccountant

    accountant = PRVAccountant() if kind == "prv" else RDPAccountant()
    for _ in range(steps):
        accountant.step(noise_multiplier=noise, sample_rate=1.0)
    with np.errstate(divide="ignore"):
        return float(accountant.get_epsilon(delta=1e-5))


@pytest.mark.parametrize("accountant", ["prv", "rdp"])
def test_the_least_noise_keeps_the_target_and_a_little_less_does_not(accountant: str) -> None:
    noise = noise_for(3.0, 4, 1e-5, accountant)  # type: ignore[arg-type]
    assert epsilon(noise, 4, 1e-5, accountant) <= 3.0  # type: ignore[arg-type]
    assert epsilon(noise / 1.01, 4, 1e-5, accountant) > 3.0  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["he", "secagg"])
def test_where_only_sums_are_seen_the_quorum_shares_the_noise(tmp_path: Path, mode: str) -> None:
    shared, alone = (noise_of(read_plan(write_plan(tmp_path, aggregation=how))) for how in (mode, "clear"))
    assert shared == noise_of(read_plan(write_plan(tmp_path, aggregation="mpc")))
    assert alone.deviation == pytest.approx(shared.deviation * 3**0.5)


def test_a_target_that_no_noise_keeps_is_refused_with_its_numbers() -> None:
    with pytest.raises(EpsilonOutOfReach) as caught:
        noise_for(1e-9, 10_000, 1e-5, "rdp")
    assert caught.value.facts["steps"] == 10_000


@pytest.mark.parametrize("delta", [0.999, 1e-30])
def test_what_an_accountant_cannot_say_is_out_of_reach_and_no_traceback(delta: float) -> None:
    with pytest.raises(EpsilonOutOfReach, match=f"opacus' prv accountant cannot tell epsilon at delta {delta:g}"):
        noise_for(8.0, 2, delta, "prv")


def test_noise_that_the_grid_does_not_hold_is_refused_before_anybody_trains(tmp_path: Path) -> None:
    plan = read_plan(write_plan(tmp_path, aggregation="clear"))
    with pytest.raises(EpsilonOutOfReach, match="the grid ends at 16384"):
        noise_of(replace(plan, clip=16000.0))
