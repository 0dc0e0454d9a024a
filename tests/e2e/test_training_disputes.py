"""A federation in which one owner gives the sum something else than it proved, run by one command."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.extras import need_training
from tests.support.federations import write_plan
from tests.support.homes import furnished
from zkchain.chain.devnet import stop_devnet
from zkchain.files import write_json

from .runner import Result, Zkchain

need_training()

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@dataclass(frozen=True)
class Disputed:
    zkchain: Zkchain
    steps: dict[str, Result]


@pytest.fixture(scope="module")
def disputed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disputed]:
    zkchain = Zkchain(cwd=tmp_path_factory.mktemp("disputed"), home=furnished(tmp_path_factory.mktemp("home")))
    write_plan(zkchain.cwd, rounds=2, quorum=2, aggregation="clear", extra="disputes = true\n")
    done = threading.Event()
    liar = threading.Thread(target=lie, args=(zkchain.cwd / "plan.federation/parties/owner1", done))
    liar.start()
    commands: dict[str, tuple[str, ...]] = {
        "run": ("train", "run", "plan.toml"),
        "dispute": ("train", "dispute", "plan.toml"),
        "reveal": ("train", "reveal", "plan.toml", "--as", "owner0"),
        "reveal as nobody": ("train", "reveal", "plan.toml", "--as", "nobody"),
        "strike": ("train", "strike", "plan.toml"),
        "client": ("train", "client", "plan.toml", "--as", "owner1"),
        "verify": ("train", "verify", "plan.toml"),
        "publish": ("train", "publish", "plan.toml"),
        "audit": ("train", "audit", "testsModel", "--report", "lineage.html"),
    }
    try:
        yield Disputed(zkchain, {name: zkchain.process(*words, "--json") for name, words in commands.items()})
    finally:
        done.set()
        liar.join()
        stop_devnet(zkchain.home)


def lie(party: Path, done: threading.Event) -> None:
    """Change the first update of an owner as soon as it is there, long before it is summed."""
    while not done.wait(0.01):
        for path in party.glob("ledger-*/round-0001.update.json"):
            values = json.loads(path.read_text(encoding="utf-8"))["values"]
            write_json(path, {"values": [values[0] + 1, *values[1:]]}, mode=0o600)
            return


def test_the_run_names_the_liar_and_ends_with_the_others(disputed: Disputed) -> None:
    assert disputed.steps["run"].exit_code == 0, disputed.steps["run"].out
    trained = disputed.steps["run"].json
    first, second = trained["rounds"]
    assert (first["disputed"], first["named"], first["struck"], first["updates"]) == (True, ["owner1"], [], 3)
    assert (second["disputed"], second["named"], second["updates"]) == (False, [], 2)
    assert trained["shut_out"] == ["owner1"]
    assert [client["name"] for client in trained["clients"]] == ["owner0", "owner2"]


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ("dispute", "training.round"),
        ("reveal", "training.no_dispute"),
        ("reveal as nobody", "usage"),
        ("strike", "training.no_dispute"),
        ("client", "training.struck"),
    ],
)
def test_what_comes_out_of_its_time_is_refused(disputed: Disputed, step: str, code: str) -> None:
    assert disputed.steps[step].json["error"] == code
    assert disputed.steps[step].exit_code != 0


def test_proofs_of_disputed_rounds_hold(disputed: Disputed) -> None:
    assert disputed.steps["verify"].json["good"]


def test_the_audit_shows_the_dispute(disputed: Disputed) -> None:
    audit = disputed.steps["audit"]
    assert audit.exit_code == 0, audit.out
    (case,) = audit.json["disputes"]
    assert (case["round"], case["outcome"], len(case["revealed"]), case["struck"]) == (1, "closed", 3, [])
    assert len(case["expelled"]) == 1
    page = (disputed.zkchain.cwd / "lineage.html").read_text(encoding="utf-8")
    assert "Disputes" in page
    assert case["expelled"][0] in page
    assert "but not for the owners of the 3 updates that were revealed" in page
    assert "Every line was checked" not in page, "there was no plan to compare the ledger with"
