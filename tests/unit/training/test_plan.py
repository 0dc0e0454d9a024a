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
    some, more = (read_plan(write_plan(tmp_path, uses=2, attempts=n)).layout for n in (1, 3))
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
        ("name = 'tests'", "name = 'two words'", "name is 'two words', expected a word of at most 24 ASCII letters"),
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
        ("rounds = 1", "rounds = 0x" + "f" * 5000, "rounds is a number of 20000 bits"),
        ("rounds = 1", "rounds = " + "9" * 5000, "TOML"),
        ("rounds = 1", "", "rounds is missing"),
        ("name = 'tests'", "name = 'züge'", "ASCII"),
        ("name = 'tests'", "name = '../x'", "ASCII"),
        ("name = 'tests'", f"name = '{'n' * 25}'", "at most 24"),
        ("network = 'local'", "network = 7", "network is 7, expected a text"),
        ("[model]", "windows = 3\n[model]", "windows is 3, expected a table [windows]"),
        ("layers = [3, 1]", "", "[model] layers is missing"),
        ("layers = [3, 1]", "layers = 3", "model.layers is 3, expected a list of whole numbers"),
        ("layers = [3, 1]", "layers = [3, -1]", "model.layers is a list of 2"),
        ("layers = [3, 1]", "layers = [3, true]", "model.layers is a list of 2"),
        ("layers = [3, 1]", "layers = [1000, 1000, 1]", "the model has 1,002,001 parameters, allowed are 100,000"),
        ("layers = [3, 1]", "layers = [3, 1]\nseed = -1", "model.seed is -1, expected a whole number from 0 to"),
        ("layers = [3, 1]", f"layers = [3, 1]\nseed = {2**63}", f"model.seed is {2**63}"),
        ("layers = [3, 1]", "layers = [3, 1]\nseed = 1.5", "model.seed is 1.5"),
        ("batch = 4", "", "[data] batch is missing"),
        ("batch = 4", "batch = true", "data.batch is True"),
        ("divisor = 4.0", "", "[training] divisor is missing"),
        ("divisor = 4.0", "divisor = true", "training.divisor is True, expected a number"),
        ("divisor = 4.0", "divisor = 0x1" + "0" * 2000, "training.divisor is a number of 8001 bits"),
        ("quorum = 3", "quorum = 2", "training.quorum is 2 of 3 owners, expected 3 to 3: mpc sums 3 to 64"),
        ("quorum = 3", "quorum = 0", "training.quorum is 0"),
        ("quorum = 3", "logrows = '13'", "training.logrows is '13', expected a whole number from 11 to 18"),
        ("quorum = 3", "logrows = true", "training.logrows is True"),
        ("quorum = 3", "logrows = 13.0", "training.logrows is 13.0"),
        ("quorum = 3", "logrows = 10", "training.logrows is 10"),
        ("quorum = 3", "logrows = 19", "training.logrows is 19"),
        (
            "quorum = 3",
            "clip = 0",
            "training.clip is 0; at data.scale 10 it must be from 0.000976562 to less than 256",
        ),
        ("quorum = 3", "clip = 0.0009", "training.clip is 0.0009"),
        ("quorum = 3", "clip = 256", "training.clip is 256"),  # a circuit compares squares
        ("quorum = 3", "clip = inf", "training.clip is inf, expected a number"),
        ("quorum = 3", "bound = 'length'\nlimit = -1.0", "training.limit is -1; at data.scale 10"),
        ("quorum = 3", "bound = 'length'\nlimit = 256", "training.limit is 256; at data.scale 10"),
        ("quorum = 3", "bound = 'length'\nlimit = nan", "training.limit is nan, expected a number"),
        ("quorum = 3", "bound = 'coordinate'\nlimit = 20000", "training.limit is 20000"),
        ("quorum = 3", "limit = 1.0", "training.bound and training.limit go together"),
        ("epsilon = 8.0", "", "[privacy] epsilon is missing"),
        ("epsilon = 8.0", "epsilon = inf", "privacy.epsilon is inf"),
        ("epsilon = 8.0", "epsilon = nan", "privacy.epsilon is nan"),
        ("epsilon = 8.0", "epsilon = 1e9", "privacy.epsilon is 1000000000.0, expected a number from 1e-06 to 1000"),
        ("epsilon = 8.0", "epsilon = '8'", "privacy.epsilon is '8', expected a number"),
        ("delta = 1e-5", "delta = 0.999", "privacy.delta is 0.999, expected a number from 1e-12 to 0.1"),
        ("delta = 1e-5", "delta = 1e-15", "privacy.delta is 1e-15"),
        ("delta = 1e-5", "delta = nan", "privacy.delta is nan"),
        ("candidates = 2", "candidates = 2\nnoise = 1", "[privacy] has entries that nobody knows: noise"),
        ("[privacy]", "[windows]\njoin = -1\n[privacy]", "windows.join is -1, expected a whole number from 1 to"),
        ("[privacy]", "[windows]\nnoise = 0\n[privacy]", "windows.noise is 0"),
        ("[privacy]", "[windows]\nsubmit = 4294967296\n[privacy]", "windows.submit is 4294967296"),
        ("[privacy]", "[windows]\nclose = 5.0\n[privacy]", "windows.close is 5.0"),
        ("data = 'owner1.csv'", "", "[[owners]] number 2: data is missing"),
        ("data = 'owner1.csv'", "data = ''", "[[owners]] number 2: data is ''"),
        ("data = 'owner1.csv'", "data = 'registered:../a'", "[[owners]] number 2: data is 'registered:../a'"),
        ("data = 'owner1.csv'", "data = 'o.csv'\nsize = 1", "[[owners]] number 2 has entries that nobody knows: size"),
        ("data = 'owner1.csv'", "data = 'o.csv'\nepsilon = -1", "[[owners]] number 2: epsilon is -1"),
        ("data = 'owner1.csv'", "data = 'o.csv'\nepsilon = nan", "[[owners]] number 2: epsilon is nan"),
        ("data = 'owner1.csv'", "data = 'o.csv'\nepsilon = inf", "[[owners]] number 2: epsilon is inf"),
        ("data = 'owner1.csv'", "data = 'o.csv'\nsigner = 7", "[[owners]] number 2: signer is no text"),
        ("name = 'owner1'", f"name = '{'n' * 41}'", "expected a word of at most 40 ASCII letters"),
        ("name = 'owner1'", "name = 'größe'", "expected a word of at most 40 ASCII letters"),
        ("name = 'owner1'", "name = 1", "[[owners]] number 2: name is 1, expected a text"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_by_the_entry_that_is_wrong(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    with pytest.raises(PlanInvalid) as caught:
        read_plan(edited(tmp_path, before, after))
    assert said in str(caught.value)


@pytest.mark.parametrize("mode", ["mpc", "he", "secagg"])
def test_no_sum_of_two_is_told_to_anybody(tmp_path: Path, mode: str) -> None:
    with pytest.raises(PlanInvalid, match=r"training\.quorum is 2 of 3 owners, expected 3 to 3"):
        read_plan(write_plan(tmp_path, aggregation=mode, quorum=2))
    assert read_plan(write_plan(tmp_path, aggregation="clear", quorum=2)).quorum == 2


def test_two_owners_with_one_signer_are_refused_without_showing_it(tmp_path: Path) -> None:
    path = edited(tmp_path, "'owner0.csv'", "'owner0.csv'\nsigner = 'env:SECRET'")
    path.write_text(path.read_text().replace("'owner2.csv'", "'owner2.csv'\nsigner = 'env:SECRET'"), encoding="utf-8")
    with pytest.raises(PlanInvalid) as caught:
        read_plan(path)
    assert "two owners have the same signer: [[owners]] number 1 and number 3" in str(caught.value)
    assert "SECRET" not in str(caught.value.to_json())


def test_an_owner_asks_for_no_epsilon_where_none_is_promised(tmp_path: Path) -> None:
    path = write_plan(tmp_path, private=False)
    path.write_text(f"{path.read_text()}epsilon = 1.0\n", encoding="utf-8")
    with pytest.raises(PlanInvalid, match=r"number 3: epsilon is 1, and the plan has no \[privacy\]"):
        read_plan(path)


@pytest.mark.parametrize(
    ("owners", "said"),
    [
        ("", r"\[\[owners\]\] is missing"),
        ("owners = 3\n", r"owners is 3, expected a table \[\[owners\]\] for each of them"),
        ("owners = [1, 2]\n", "owners is a list of 2"),
        ("owners = []\n", "there are 0"),
        ("owners = [" + ", ".join(f"{{name = 'o{n}', data = 'o.csv'}}" for n in range(65)) + "]\n", "there are 65"),
    ],
)
def test_owners_that_are_no_tables_or_not_as_many_as_a_sum_takes_are_refused(
    tmp_path: Path, owners: str, said: str
) -> None:
    path = tmp_path / "plan.toml"
    rest = "[model]\nlayers = [3, 1]\n[data]\nbatch = 4\n[training]\ndivisor = 4.0\n"
    path.write_text(f"name = 'tests'\nrounds = 1\n{owners}{rest}", encoding="utf-8")
    with pytest.raises(PlanInvalid, match=said):
        read_plan(path)


def test_what_is_wrong_is_told_as_facts_too(tmp_path: Path) -> None:
    with pytest.raises(PlanInvalid) as caught:
        read_plan(edited(tmp_path, "batch = 4", "batch = 5000"))
    facts = caught.value.facts
    assert (facts["entry"], facts["found"], facts["least"], facts["most"]) == ("data.batch", 5000, 1, 4096)


def test_mpc_wants_three_owners(tmp_path: Path) -> None:
    with pytest.raises(PlanInvalid, match="three owners"):
        read_plan(write_plan(tmp_path, owners=2))


def test_a_plan_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlanInvalid, match=r"there is no plan .*missing\.toml") as caught:
        read_plan(tmp_path / "missing.toml")
    assert "path" in caught.value.remedy


def test_a_folder_is_no_plan(tmp_path: Path) -> None:
    with pytest.raises(PlanInvalid, match="cannot be read: Is a directory"):
        read_plan(tmp_path)
