"""A rehearsed update beside the one that the step's circuit computes for the same batch, weights and factors."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.extras import need_training
from tests.support.federations import learnable, write_plan
from tests.support.witnesses import computed
from zkchain.config import Config, read_config
from zkchain.errors import ChainingBroken, DataMismatch
from zkchain.files import parse_json
from zkchain.halo2 import Engine
from zkchain.pipeline.training.bridging import hashed_at, save_hashed
from zkchain.pipeline.training.folder import Federation, Weights, load_federation, save_openings
from zkchain.pipeline.training.rehearsing import Rehearsal, rehearse_as, rehearsed_update, save_rehearsal
from zkchain.pipeline.training.setup import registered_at
from zkchain.training.dataset import DataStatement, Openings, batches_of, fresh_salt, salted
from zkchain.training.grid import to_grid
from zkchain.training.hashing import hash_table
from zkchain.training.merkle import root_of
from zkchain.training.methods import method_of
from zkchain.training.plan import Noise, Plan, noise_of, read_plan
from zkchain.training.tables import read_arrays
from zkchain.values import ZERO_DIGEST

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


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return read_config(cwd=tmp_path, environ={"ZKCHAIN_HOME": str(tmp_path / "home")})


def begun(folder: Path, owner: str) -> Federation:
    """A rehearsal without noise whose first model is told, with `owner` for the first one's data."""
    path = write_plan(folder, private=False, extra="proof = 'none'")
    path.write_text(path.read_text(encoding="utf-8").replace("data = 'owner0.csv'", owner), encoding="utf-8")
    federation = load_federation(path, rehearsals=True)
    save_rehearsal(federation, Rehearsal(plan=federation.digest, run="none-0", noise=SILENT))
    zeros = (0,) * federation.plan.architecture.parameters
    federation.save_weights("none-0", Weights(round=0, model=ZERO_DIGEST, values=zeros))
    return federation


def rehearsed(federation: Federation, config: Config) -> list[int]:
    rehearse_as(federation, "owner0", config=config)
    return list(parse_json(federation.update("owner0", "none-0", 1).read_bytes())["values"])


def keep(config: Config, folder: Path, batch: int, salt: int) -> None:
    """Openings as `zkchain train register` keeps them; a rehearsal looks at no commitment."""
    vectors, present = batches_of(*read_arrays(folder / "owner0.csv", 1), batch=batch, scale=10)
    points = tuple(bytes([number + 1]) * 64 for number in range(len(vectors)))
    statement = DataStatement(
        root=root_of(points),
        batches=len(vectors),
        samples=sum(present),
        uses=1,
        scale=10,
        logrows=13,
        srs=ZERO_DIGEST,
    )
    kept = Openings(
        statement=statement, vectors=salted(vectors, salt), points=points, present=present, source=ZERO_DIGEST
    )
    save_openings(registered_at(config, "early"), kept)


def test_registered_data_are_rehearsed_as_the_table_that_they_are_from(
    prover: Engine, tmp_path: Path, config: Config
) -> None:
    plain, by_kzg, by_hashes = (tmp_path / name for name in ("plain", "kzg", "hashes"))
    for folder in (plain, by_kzg, by_hashes):
        folder.mkdir()
    expected = rehearsed(begun(plain, "data = 'owner0.csv'"), config)
    assert any(expected)

    federation = begun(by_kzg, "data = 'registered:early'")
    keep(config, by_kzg, batch=4, salt=federation.plan.layout.data_salt)
    assert rehearsed(federation, config) == expected

    federation = begun(by_hashes, "data = 'registered:early'\ncommitment = 'poseidon'")
    hashed = hash_table(by_hashes / "owner0.csv", batch=4, scale=10, targets=1, prover=prover)
    save_hashed(hashed_at(config, "early"), hashed)
    assert rehearsed(federation, config) == expected


@pytest.mark.parametrize("batch", [2, 8])
def test_data_registered_for_another_plan_are_refused(
    prover: Engine, tmp_path: Path, config: Config, batch: int
) -> None:
    federation = begun(tmp_path, "data = 'registered:early'")
    keep(config, tmp_path, batch=batch, salt=federation.plan.layout.data_salt)
    with pytest.raises(DataMismatch, match="a batch of this plan has"):
        rehearse_as(federation, "owner0", config=config)

    other = tmp_path / "hashes"
    other.mkdir()
    federation = begun(other, "data = 'registered:early'\ncommitment = 'poseidon'")
    hashed = hash_table(other / "owner0.csv", batch=batch, scale=10, targets=1, prover=prover)
    save_hashed(hashed_at(config, "early"), hashed)
    with pytest.raises(ChainingBroken, match="registered with batch"):
        rehearse_as(federation, "owner0", config=config)
    assert not list(tmp_path.rglob("*.update.json"))
