from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.federations import write_plan
from zkchain.errors import PlanInvalid
from zkchain.training.plan import read_plan


def edited(folder: Path, before: str, after: str) -> Path:
    path = write_plan(folder)
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    return path


def test_a_plan_says_who_what_and_for_how_long(tmp_path: Path) -> None:
    plan = read_plan(write_plan(tmp_path, rounds=3, owners=4))
    assert (plan.rounds, plan.quorum, plan.aggregation) == (3, 4, "mpc")
    assert [owner.name for owner in plan.owners] == ["owner0", "owner1", "owner2", "owner3"]
    assert plan.layout.data_length == 4 * (3 + 1) + plan.layout.data_salt


@pytest.mark.parametrize("mode", ["clear", "mpc", "he", "secagg"])
def test_a_plan_says_how_updates_are_summed(tmp_path: Path, mode: str) -> None:
    assert read_plan(write_plan(tmp_path, aggregation=mode)).aggregation == mode


def test_sensitivity_is_the_clip_and_two_units_a_coordinate(tmp_path: Path) -> None:
    assert read_plan(write_plan(tmp_path)).sensitivity == 1.0 + 2 * 4**0.5 / 1024
    coordinate = read_plan(write_plan(tmp_path, extra="bound = 'coordinate'\nlimit = 3.0\n"))
    assert coordinate.sensitivity == 1.0 + 2 * 4**0.5 / 1024, "clipping brings two sums no further apart"


@pytest.mark.parametrize(("limit", "reach"), [(0.5, 1.0), (3.0, 3.0)])
def test_where_one_sample_decides_whether_a_sum_counts_all_of_it_has_to_be_hidden(
    tmp_path: Path, limit: float, reach: float
) -> None:
    plan = read_plan(write_plan(tmp_path, extra=f"bound = 'length'\nlimit = {limit}\n"))
    assert plan.sensitivity == reach + 2 * 4**0.5 / 1024


def test_salt_lasts_for_every_proof_that_a_client_may_make(tmp_path: Path) -> None:
    some, more = (read_plan(write_plan(tmp_path, uses=2, extra=f"attempts = {n}\n")).layout for n in (1, 3))
    assert (some.proofs_of_batch, more.proofs_of_batch) == (2, 4)
    for layout in (some, more):
        assert layout.data_salt * 24 >= 254 * layout.proofs_of_batch + 256
        # Three clients, and the server: the weights as new ones, as old ones twice, and hashed.
        assert layout.weights_salt * layout.limb_bits >= 254 * (3 * layout.attempts + 4) + 256


def test_a_batch_that_is_bridged_has_salt_for_one_proof_more(tmp_path: Path) -> None:
    plain = read_plan(write_plan(tmp_path)).layout
    bridged = read_plan(edited(tmp_path, "'owner1.csv'", "'registered:b'\ncommitment = 'poseidon'")).layout
    assert (plain.bridged, bridged.bridged) == (False, True)
    assert bridged.data_salt == replace(plain, uses=plain.uses + 1).data_salt > plain.data_salt


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("rounds = 1", "rounds = 0", "rounds is 0"),
        ("rounds = 1", "rounds = '1'", "rounds is '1'"),
        ("name = 'tests'", "name = 'two words'", "name must be a word"),
        ("batch = 4", "batch = 0", "data.batch is 0"),
        ("batch = 4", "scale = 20\nbatch = 4", "data.scale is 20"),
        ("layers = [3, 1]", "layers = [3]", "at least two layers"),
        ("loss = 'logistic'", "loss = 'hinge'", "model.loss is 'hinge'"),
        ("divisor = 4.0", "divisor = 0.0", "training.divisor is 0"),
        ("divisor = 4.0", "divisor = 10.0", "must be a power of two from 1 to 2^10"),
        ("divisor = 4.0", "divisor = 2048.0", "must be a power of two from 1 to 2^10"),
        ("divisor = 4.0", "divisor = nan", "expected a number"),
        ("quorum = 3", "quorum = 4", "training.quorum is 4 of 3 owners"),
        ("aggregation = 'mpc'", "aggregation = 'trust'", "training.aggregation is 'trust'"),
        ("epsilon = 8.0", "epsilon = -1.0", "privacy.epsilon is -1.0"),
        ("delta = 1e-5", "delta = 1.0", "privacy.delta is 1.0"),
        ("candidates = 2", "candidates = 1", "privacy.candidates is 1"),
        ("accountant = 'rdp'", "accountant = 'gdp'", "'gdp'"),
        ("[model]", "[modell]\nx = 1\n[model]", "modell"),
        ("name = 'owner1'", "name = 'owner0'", "two owners have the same name"),
        ("quorum = 3", "quorum = 3\nbound = 'length'", "training.bound and training.limit"),
        ("quorum = 3", "quorum = 3\ndisputes = 'yes'", "training.disputes is 'yes'"),
        ("data = 'owner1.csv'", "data = 'owner1.csv'\ncommitment = 'poseidon'", 'given as "registered:NAME"'),
        ("data = 'owner1.csv'", "data = 'registered:a'\ncommitment = 'sha256'", "'sha256'"),
        ("[data]", "[data", "TOML"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_by_the_entry_that_is_wrong(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    with pytest.raises(PlanInvalid) as caught:
        read_plan(edited(tmp_path, before, after))
    assert said in str(caught.value)


def test_mpc_wants_three_owners(tmp_path: Path) -> None:
    with pytest.raises(PlanInvalid, match="three owners"):
        read_plan(write_plan(tmp_path, owners=2))


def test_a_plan_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlanInvalid, match=r"missing\.toml"):
        read_plan(tmp_path / "missing.toml")
