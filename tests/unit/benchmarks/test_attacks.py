"""Attacks that work in the clear, weaker on sums, and do not with noise: the advantage that privacy takes away."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.attacks import FEATURES, MODES, attack, from_table, invert_one, noise_like
from tests.support.extras import need_training
from zkchain.training.accounting import epsilon, noise_for

need_training()

#: As the health federation has it.
BATCHES, USES = 4, 2
HEALTH = Path(__file__).parents[3] / "examples" / "health" / "data"


@pytest.fixture(scope="module")
def noise() -> float:
    found = noise_for(3.0, USES, 1e-5)
    assert epsilon(found, USES, 1e-5) <= 3.0
    return found


def test_the_hospitals_model_tells_members_from_strangers_no_better_than_a_coin(noise: float) -> None:
    tables = [np.loadtxt(path, delimiter=",", skiprows=1) for path in sorted(HEALTH.glob("*.csv"))]
    patients = np.concatenate(tables)
    draw = from_table(patients[:, :-1], patients[:, -1:])
    found = {mode: attack(mode, draw, noise=noise, batches=BATCHES, uses=USES, trials=40, seed=1) for mode in MODES}
    assert found["private"].model_auc <= 0.55
    assert found["private"].transcript_auc <= 0.55
    assert found["clear"].transcript_auc > found["private"].transcript_auc


def test_even_what_can_only_be_remembered_is_hidden_better_at_every_step(noise: float) -> None:
    clear, summed, private = (
        attack(mode, noise_like, noise=noise, batches=BATCHES, uses=USES, trials=60, seed=1) for mode in MODES
    )
    assert clear.transcript_auc > 0.85
    assert clear.transcript_auc > summed.transcript_auc > private.transcript_auc
    assert private.model_auc < summed.model_auc


def test_one_sample_is_read_off_an_update_in_the_clear_and_neither_off_a_sum_nor_with_noise(noise: float) -> None:
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(4, FEATURES)) / np.sqrt(FEATURES), np.ones((4, 1))
    assert invert_one(x[:1], y[:1], 0.0, rng) < 1e-9
    assert invert_one(x, y, 0.0, rng) > 0.5
    assert np.median([invert_one(x[:1], y[:1], noise, rng) for _ in range(50)]) > 1.0
    assert np.median([invert_one(x, y, noise, rng) for _ in range(50)]) > 1.0
