"""A plan that proves nothing: the same owners, noise and sums, and nothing that could be taken for proved."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.support.extras import need_training
from tests.support.federations import write_plan
from tests.support.txs import until
from zkchain.chain.dev_accounts import DEV_ADDRESSES

from .runner import Result, Zkchain

need_training()

ROUNDS = 3
NOTHING = "proof = 'none'"


@dataclass(frozen=True)
class Rehearsal:
    zkchain: Zkchain
    plan: Path
    done: Result

    @property
    def updates(self) -> list[Path]:
        return updates_of(self.plan)


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    folder = tmp_path_factory.mktemp("rehearsal")
    zkchain = Zkchain(cwd=folder, home=folder / "home")
    plan = write_plan(folder, rounds=ROUNDS, samples=12, extra=NOTHING)
    keyless = f"name = 'owner0'\nsigner = 'env:NOBODY_HAS_IT'\naddress = '{DEV_ADDRESSES[1]}'"
    plan.write_text(plan.read_text(encoding="utf-8").replace("name = 'owner0'", keyless), encoding="utf-8")
    return Rehearsal(zkchain, plan, zkchain.process("train", "run", plan, "--json"))


@pytest.fixture
def zkchain(tmp_path: Path) -> Zkchain:
    return Zkchain(cwd=tmp_path, home=tmp_path / "home")


def rehearsal_of(plan: Path) -> Path:
    return plan.with_suffix(".rehearsal")


def updates_of(plan: Path) -> list[Path]:
    return sorted(rehearsal_of(plan).rglob("*.update.json"))


def test_a_rehearsal_learns_what_is_planned(rehearsal: Rehearsal) -> None:
    assert rehearsal.done.exit_code == 0, rehearsal.done.out
    told = rehearsal.done.json
    assert [item["round"] for item in told["rounds"]] == [1, 2, 3]
    assert {item["updates"] for item in told["rounds"]} == {3}
    assert 0 < told["epsilon"] <= 8
    assert told["accuracy"] is not None
    assert "ledger" not in told


def test_it_makes_no_circuit_no_key_and_no_chain(rehearsal: Rehearsal) -> None:
    home, plan = rehearsal.zkchain.home, rehearsal.plan
    assert {path.name for path in home.iterdir()} == {"training"}
    assert not (home / "training" / "circuits").exists()
    assert not plan.with_suffix(".federation").exists()
    assert not (plan.parent / "deployments").exists()


def test_what_an_owner_computes_is_for_it_alone(rehearsal: Rehearsal) -> None:
    for path in rehearsal_of(rehearsal.plan).rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
    for path in rehearsal.updates:
        values = json.loads(path.read_text(encoding="ascii"))["values"]
        assert len(values) == 4
        assert str(values)[1:-1] not in rehearsal.done.out + rehearsal.done.err


def test_running_again_does_nothing_more(rehearsal: Rehearsal) -> None:
    kept = {path: path.read_bytes() for path in rehearsal.updates}
    again, first = rehearsal.zkchain.process("train", "run", rehearsal.plan, "--json").json, rehearsal.done.json
    assert (again["rounds"], again["done"]) == ([], ROUNDS)
    for name in ("epsilon", "accuracy", "error"):
        assert again[name] == first[name]
    assert kept == {path: path.read_bytes() for path in rehearsal.updates}


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["clear", "he", "secagg"])
def test_sums_are_computed_as_planned(zkchain: Zkchain, mode: str) -> None:
    plan = write_plan(zkchain.cwd, rounds=2, aggregation=mode, extra=NOTHING)
    done = zkchain.process("train", "run", plan, "--json")
    assert (done.exit_code, len(done.json["rounds"])) == (0, 2), done.out


@pytest.mark.slow
def test_a_rehearsal_that_is_killed_takes_its_owners_along_and_draws_no_noise_twice(zkchain: Zkchain) -> None:
    plan = write_plan(zkchain.cwd, rounds=12, uses=6, aggregation="clear", private=False, extra=NOTHING)
    running = zkchain.start("train", "run", plan, "--json")
    until(lambda: len(updates_of(plan)) >= 4, seconds=120)
    running.kill()
    running.communicate()
    until(lambda: not any(str(plan) in words for words in commands()), seconds=20)
    kept = {path: path.read_bytes() for path in updates_of(plan)}
    assert len(kept) < 3 * 12, "it was killed before its end"
    again = zkchain.process("train", "run", plan, "--json")
    assert (again.exit_code, again.json["done"]) == (0, 12), again.out
    assert kept.items() <= {path: path.read_bytes() for path in updates_of(plan)}.items()


def commands() -> Iterator[str]:
    for process in psutil.process_iter(["cmdline"]):
        yield " ".join(process.info["cmdline"] or ())


@pytest.mark.parametrize(
    "words",
    [
        ("verify", "plan.toml"),
        ("publish", "plan.toml"),
        ("prove", "plan.toml", "--as", "owner0"),
        ("coordinator", "plan.toml"),
        ("dispute", "plan.toml"),
        ("strike", "plan.toml"),
        ("reveal", "plan.toml", "--as", "owner0"),
        ("register", "owner0.csv", "--as", "owner0"),
        ("certify", "plan.toml", "--tls", "tls"),
    ],
    ids=lambda words: words[0],
)
def test_what_needs_proofs_is_refused(zkchain: Zkchain, words: tuple[str, ...]) -> None:
    write_plan(zkchain.cwd, extra=NOTHING)
    before = {path.name for path in zkchain.cwd.iterdir()}
    done = zkchain.here("train", *words, "--json")
    assert (done.exit_code, done.json["error"]) == (17, "training.plan"), done.out
    assert 'training.proof is "none"' in done.json["message"]
    assert {path.name for path in zkchain.cwd.iterdir()} - {"home"} == before


def test_an_owner_whom_nobody_waits_for_is_told_so(zkchain: Zkchain) -> None:
    plan = write_plan(zkchain.cwd, extra=NOTHING)
    done = zkchain.here("train", "client", plan, "--as", "owner0", "--json")
    assert (done.exit_code, done.json["message"]) == (17, f"nobody rehearses {plan}")
    assert not rehearsal_of(plan).exists()


@pytest.mark.slow
def test_data_that_will_not_last_are_found_before_anything_is_made(zkchain: Zkchain) -> None:
    plan = write_plan(zkchain.cwd, rounds=3, samples=8, extra=NOTHING)
    done = zkchain.process("train", "run", plan, "--json")
    assert (done.exit_code, done.json["error"]) == (17, "training.data")
    assert updates_of(plan) == []


def test_another_plan_is_another_rehearsal(rehearsal: Rehearsal, tmp_path: Path) -> None:
    shutil.copytree(rehearsal.plan.parent, tmp_path / "copy", ignore=shutil.ignore_patterns("home"))
    plan = tmp_path / "copy" / "plan.toml"
    plan.write_text(plan.read_text(encoding="utf-8").replace("divisor = 4.0", "divisor = 8.0"), encoding="utf-8")
    other = rehearsal.zkchain.process("train", "run", plan, "--json")
    assert (other.exit_code, other.json["error"]) == (17, "training.plan")
    assert "was changed after its rehearsal was begun" in other.json["message"]
