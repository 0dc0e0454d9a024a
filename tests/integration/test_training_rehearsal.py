"""A rehearsed update beside the one that the step's circuit computes for the same batch, weights and factors."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.extras import need_training
from tests.support.federations import learnable, write_plan
from tests.support.witnesses import computed
from zkchain.halo2 import Engine
from zkchain.pipeline.training.rehearsing import rehearsed_update
from zkchain.training.dataset import batches_of, fresh_salt
from zkchain.training.grid import to_grid
from zkchain.training.methods import method_of
from zkchain.training.plan import Noise, Plan, noise_of, read_plan

need_training()

SILENT = Noise(multiplier=0.0, deviation=0.0, schedule=())


def planned(folder: Path, *, extra: str = "", private: bool = False) -> Plan:
    return read_plan(write_plan(folder, private=private, extra=extra))


@pytest.mark.parametrize(
    "extra", ["", "bound = 'coordinate'\nlimit = 0.125", "bound = 'length'\nlimit = 0.1", "bound = 'length'\nlimit = 4"]
)
def test_a_rehearsed_update_is_the_circuits_but_for_rounding(prover: Engine, tmp_path: Path, extra: str) -> None:
    plan = planned(tmp_path, extra=extra)
    layout, d = plan.layout, plan.architecture.parameters
    (data, *_), (present, *_) = batches_of(*learnable(7, 3), batch=plan.batch, scale=plan.scale)
    weights = to_grid(np.random.default_rng(3).normal(size=d), plan.scale, "weights")
    found = rehearsed_update(plan, SILENT, data, present, weights)

    factors = method_of(plan.architecture).factors(layout, data, weights, present)
    vectors = [
        (*data, *fresh_salt(layout.data_salt)),
        (*weights, *fresh_salt(layout.weights_salt, layout.limb_bits)),
        fresh_salt(layout.noise_salt),
        (*factors, *fresh_salt(layout.factor_length - layout.batch, layout.limb_bits)),
    ]
    proved = computed("step", layout, vectors, prover, tmp_path)[:d]
    assert np.abs(np.array(found) - np.array(proved)).max() <= 4
    assert any(found) == (not extra.endswith("limit = 0.1"))


def test_a_rehearsal_draws_the_noise_of_the_plan_and_never_the_same_twice(tmp_path: Path) -> None:
    plan = planned(tmp_path, private=True)
    noise, d = noise_of(plan), plan.architecture.parameters
    zeros = (0,) * (plan.batch * 4)
    drawn = [rehearsed_update(plan, noise, zeros, 0, (0,) * d) for _ in range(500)]
    assert len(set(drawn)) == len(drawn)
    spread = np.array(drawn).std()
    assert spread == pytest.approx(noise.deviation, rel=0.1)


def test_samples_that_fill_the_last_batch_count_for_nothing(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    x, y = learnable(7, 4)
    (data, *_), _ = batches_of(x, y, batch=plan.batch, scale=plan.scale)
    d = plan.architecture.parameters
    two = rehearsed_update(plan, SILENT, data, 2, (0,) * d)
    (half, *_), _ = batches_of(x[:2], y[:2], batch=plan.batch, scale=plan.scale)
    assert two == rehearsed_update(plan, SILENT, half, 2, (0,) * d)
    assert two != rehearsed_update(plan, SILENT, data, 4, (0,) * d)
    assert replace(plan, proof="none").layout == plan.layout, "the same circuits would be built"
