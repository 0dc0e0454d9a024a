"""A federation from its plan to a proved answer and back to the data, each party a process, on the embedded devnet."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.auditors import auditor_of
from tests.support.extras import need_training
from tests.support.federations import write_plan
from tests.support.homes import furnished
from tests.support.txs import until
from zkchain.chain.devnet import running_devnet, stop_devnet

from .runner import Result, Zkchain

need_training()

ROUNDS = 2


@dataclass(frozen=True)
class Federation:
    zkchain: Zkchain
    steps: dict[str, Result]

    @property
    def folder(self) -> Path:
        return self.zkchain.cwd / "plan.federation"


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    zkchain = Zkchain(cwd=tmp_path_factory.mktemp("federation"), home=furnished(tmp_path_factory.mktemp("home")))
    plan = write_plan(zkchain.cwd, rounds=ROUNDS)
    text = plan.read_text(encoding="utf-8")
    text = text.replace("data = 'owner0.csv'", "data = 'registered:owner0'")
    text = text.replace("data = 'owner1.csv'", "data = 'registered:early'\ncommitment = 'poseidon'")
    plan.write_text(text, encoding="utf-8")
    (zkchain.cwd / "question.json").write_text(json.dumps({"input_data": [[0.6, 0.5, 0.4]]}))
    bundle = "plan.federation/tests.bundle"
    hashes = ("--commitment", "poseidon", "--batch", "4", "--network", "local", "--signer", "dev:2")
    commands: dict[str, tuple[str, ...]] = {
        "hash": ("train", "register", "owner1.csv", "--as", "early", *hashes),
        "hash again": ("train", "register", "owner1.csv", "--as", "early", *hashes),
        "hash other": ("train", "register", "owner2.csv", "--as", "early", *hashes),
        "hash by kzg": ("train", "register", "owner1.csv", "--as", "early", *hashes[2:]),
        "register": ("train", "register", "owner0.csv", "--as", "owner0"),
        "register again": ("train", "register", "owner0.csv", "--as", "owner0"),
        "register other": ("train", "register", "owner1.csv", "--as", "owner0"),
        "run": ("train", "run", "plan.toml"),
        "again": ("train", "run", "plan.toml"),
        "verify": ("train", "verify", "plan.toml"),
        "publish": ("train", "publish", "plan.toml"),
        "prove": ("prove", bundle, "--input", "question.json", "--network", "local", "--out", "answer.json"),
        "submit": ("submit", "answer.json", "--network", "local"),
        "audit": ("train", "audit", "testsModel", "--plan", "plan.toml", "--report", "lineage.html"),
    }
    try:
        yield Federation(zkchain, {name: zkchain.process(*words, "--json") for name, words in commands.items()})
    finally:
        stop_devnet(zkchain.home)


def test_every_step_ends_well(federation: Federation) -> None:
    failed = {name: done.out for name, done in federation.steps.items() if done.exit_code}
    assert set(failed) == {"register other", "hash other", "hash by kzg"}, failed


def test_data_that_was_registered_before_is_what_is_trained_on(federation: Federation) -> None:
    first, again = (federation.steps[name].json for name in ("register", "register again"))
    assert first["tx_hash"] != ""
    assert (again["root"], again["tx_hash"]) == (first["root"], "")
    assert first["root"] in {item["root"] for item in federation.steps["audit"].json["data"]}
    other = federation.steps["register other"].json
    assert (other["error"], federation.steps["register other"].exit_code) == ("training.data", 17)
    assert Path(first["openings"]).stat().st_mode & 0o077 == 0


def test_data_that_were_hashed_before_there_was_a_federation_are_traced_to_there(federation: Federation) -> None:
    first, again, other, kzg = (federation.steps[f"hash{name}"] for name in ("", " again", " other", " by kzg"))
    assert (first.json["commitment"], again.json["tx_hash"]) == ("poseidon", "")
    assert (other.json["error"], other.exit_code) == ("training.data", 17)
    assert (kzg.json["error"], kzg.exit_code) == ("usage", 2)
    data = federation.steps["audit"].json["data"]
    (found,) = (item for item in data if item["commitment"] == "poseidon")
    assert found["registered"]["root"] == first.json["root"] != found["root"]
    assert [item["registered"] for item in data if item["commitment"] == "kzg"] == [None, None]
    assert first.json["root"] in (federation.zkchain.cwd / "lineage.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_bridge_that_was_spoiled_fails_whoever_looks(federation: Federation) -> None:
    path = federation.folder / "bridges" / "owner1.json"
    kept = path.read_text(encoding="utf-8")
    bridge = json.loads(kept)
    proof = bridge["batches"][0]["proof"]
    bridge["batches"][0]["proof"] = proof[:-1] + ("1" if proof[-1] == "0" else "0")
    try:
        path.write_text(json.dumps(bridge), encoding="utf-8")
        verified = federation.zkchain.process("train", "verify", "plan.toml", "--json")
        audited = federation.zkchain.process("train", "audit", "testsModel", "--plan", "plan.toml", "--json")
    finally:
        path.write_text(kept, encoding="utf-8")
    assert (verified.exit_code, audited.exit_code) == (1, 1)
    assert [item["what"] for item in verified.json["checks"] if not item["holds"]] == ["data bridge"]
    assert audited.json["problems"] == ["the bridge of owner1 does not hold: the proof of batch 0 does not hold"]
    assert {item["commitment"] for item in audited.json["data"]} == {"kzg"}


def test_the_model_learns_at_the_privacy_that_was_planned(federation: Federation) -> None:
    trained = federation.steps["run"].json
    assert trained["done"] == ROUNDS
    assert trained["accuracy"] > 0.6
    assert 0 < trained["epsilon"] <= 8.0
    assert [client["rounds"] for client in trained["clients"]] == [ROUNDS] * 3


def test_running_again_does_nothing_more(federation: Federation) -> None:
    again = federation.steps["again"].json
    assert again["rounds"] == []
    assert again["done"] == ROUNDS


def test_every_proof_and_every_opened_noise_holds_off_the_chain(federation: Federation) -> None:
    checks = federation.steps["verify"].json["checks"]
    found = [(check["round"], check["what"]) for check in checks]
    assert found.count((0, "setup")) == found.count((0, "circuits")) == found.count((0, "data bridge")) == 1
    for number in range(1, ROUNDS + 1):
        assert found.count((number, "step proof")) == 3
        assert found.count((number, "opened noise")) == 3
        assert found.count((number, "server proof")) == 1
    assert all(check["holds"] for check in checks)


def test_an_answer_is_traced_back_to_every_data_set(federation: Federation) -> None:
    traced = federation.steps["audit"].json
    assert (traced["problems"], traced["setup"]) == ([], "compared")
    assert traced["epsilon"] == max(item["epsilon"] for part in traced["rounds"] for item in part["updates"])
    (answer,) = traced["answers"]
    assert answer["tx_hash"] == federation.steps["submit"].json["tx_hash"]
    assert answer["outputs"] == federation.steps["prove"].json["outputs"]
    assert traced["round"] == ROUNDS
    assert len({item["root"] for item in traced["data"]}) == 3
    assert {update["noise"] for item in traced["rounds"] for update in item["updates"]} == {"recomputed"}
    assert traced["poseidon"] == federation.steps["publish"].json["poseidon"]
    assert traced["rounds"][-1]["after"] == traced["model"]


def test_an_auditor_without_any_record_names_the_ledger_and_sees_the_same(
    federation: Federation, tmp_path: Path
) -> None:
    """With the plan's file alone, too: what is in the federation's folder is missed, and said to be."""
    devnet = running_devnet(federation.zkchain.home)
    assert devnet is not None
    auditor = Zkchain(cwd=tmp_path, home=auditor_of(tmp_path, devnet.rpc_url).home)
    published = federation.steps["publish"].json
    record = parse(federation.zkchain.cwd / "deployments" / "local" / "testsModel.json")
    words = ("train", "audit", published["model_id"], "--network", "shared", "--ledger", published["ledger"], "--json")
    here = federation.zkchain.process("train", "audit", "testsModel", "--json").json
    alone = auditor.process(*words)
    asked = auditor.process(*words, "--gateway", gateway_in(record))
    same = ("model_id", "round", "model", "poseidon", "rounds", "data", "disputes", "epsilon", "setup", "problems")
    for done in (alone, asked):
        assert done.exit_code == 0, done.out
        assert {key: done.json[key] for key in same} == {key: here[key] for key in same}
    assert (alone.json["gateway"], alone.json["answers"]) == (None, [])
    assert asked.json["gateway"] == here["gateway"]
    assert any("--gateway ADDRESS" in text for text in alone.json["unchecked"])
    (answer,) = asked.json["answers"]
    assert answer == {**here["answers"][0], "outputs": {}, "model_name": answer["model_name"]}
    assert answer["tx_hash"] == federation.steps["submit"].json["tx_hash"]
    assert not any("--gateway ADDRESS" in text for text in asked.json["unchecked"])

    plan = tmp_path / "plan.toml"
    plan.write_bytes((federation.zkchain.cwd / "plan.toml").read_bytes())
    planned = auditor.process(*words, "--plan", plan)
    assert (planned.exit_code, planned.json["setup"]) == (0, "compared"), planned.out
    assert {update["noise"] for item in planned.json["rounds"] for update in item["updates"]} == {"recomputed"}
    assert any("the bridges to them are in a federation's folder" in text for text in planned.json["unchecked"])
    assert not plan.with_suffix(".federation").exists()


def gateway_in(record: Any) -> str:
    """Wherever a record keeps its facts."""
    if isinstance(record, dict):
        if isinstance(record.get("gateway"), str):
            return str(record["gateway"])
        return next((found for found in map(gateway_in, record.values()) if found), "")
    return ""


@pytest.mark.parametrize(
    ("words", "error", "exit_code"),
    [
        (("--gateway", "0x5FbDB2315678afecb367f032d93F642f64180aa3"), "usage", 2),
        (("--block", "1"), "usage", 2),
        (("--ledger", "0x5FbDB2315678"), "usage", 2),
        (("--ledger", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"), "training.lineage", 1),
    ],
    ids=["gateway alone", "block alone", "no address", "no ledger"],
)
def test_a_ledger_that_is_named_wrongly_ends_the_audit(
    federation: Federation, words: tuple[str, ...], error: str, exit_code: int
) -> None:
    done = federation.zkchain.here("train", "audit", "testsModel", *words, "--json")
    assert (done.json["error"], done.exit_code) == (error, exit_code)


def test_the_circuits_are_listed_and_the_bridge_that_no_contract_checks(federation: Federation) -> None:
    circuits = federation.steps["audit"].json["circuits"]
    assert [item["statement"] for item in circuits] == [
        f"training.{role}" for role in ("step", "server", "weights", "bridge")
    ]
    assert {item["entry"] for item in circuits} == {"registered"}
    assert [item["adapter"] is None for item in circuits] == [False, False, False, True]
    page = (federation.zkchain.cwd / "lineage.html").read_text(encoding="utf-8")
    assert all(item["digest"] in page for item in circuits)
    assert "checked off the chain" in page
    blind = federation.zkchain.process("train", "audit", "testsModel")
    assert blind.exit_code == 0
    assert f"training.step, {circuits[0]['digest']}, {circuits[0]['adapter']}" in blind.out
    assert "training.bridge" not in blind.out, "which circuit it is says the plan alone"


def test_the_lineage_is_a_picture_that_needs_nothing_else(federation: Federation) -> None:
    page = (federation.zkchain.cwd / "lineage.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "<script" not in page
    assert "Every line was checked" in page
    lines = 3 * 2 * ROUNDS + ROUNDS + 1 + 1
    assert page.count("<path") == lines, "of each update two, one from model to model, to the version and its answer"


@pytest.mark.parametrize("command", ["dispute", "strike", "verify", "publish"])
def test_who_only_looks_does_not_set_a_federation_up(federation: Federation, tmp_path: Path, command: str) -> None:
    plan = write_plan(tmp_path)
    done = federation.zkchain.here("train", command, plan, "--json")
    assert (done.exit_code, done.json["message"]) == (17, f"the federation of {plan} is not set up")
    assert not plan.with_suffix(".federation").exists()


def killed(pid: int, command: list[str]) -> bool:
    """Kill the child that runs `command`; whether there was one."""
    for child in psutil.Process(pid).children():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            if " ".join(command) in " ".join(child.cmdline()) and "--check" not in child.cmdline():
                child.kill()
                return True
    return False


@pytest.mark.slow
def test_a_client_that_is_killed_is_named_with_its_log_and_the_next_run_goes_on(
    federation: Federation, tmp_path: Path
) -> None:
    plan = write_plan(tmp_path, name="killed", aggregation="clear")
    running = federation.zkchain.start("train", "run", plan, "--json")
    command = ["train", "client", str(plan), "--as", "owner1"]
    until(lambda: killed(running.pid, command), seconds=120)
    out, err = running.communicate(timeout=120)
    stopped = Result(exit_code=running.returncode, out=out, err=err)
    log = plan.with_suffix(".federation") / "parties" / "owner1" / "client.log"
    assert stopped.exit_code == 17
    assert stopped.json["message"] == f"the client owner1 failed: {log} says how"
    assert stopped.json["facts"]["log"] == str(log)
    assert log.is_file()
    again = federation.zkchain.process("train", "run", plan, "--json")
    assert (again.exit_code, again.json["done"]) == (0, 1)


@pytest.mark.slow
def test_a_run_that_is_killed_takes_its_clients_along_and_is_taken_up_by_the_same_command(
    federation: Federation, tmp_path: Path
) -> None:
    plan = write_plan(tmp_path, name="lost", aggregation="clear", private=False)
    running = federation.zkchain.start("train", "run", plan, "--json")
    log = plan.with_suffix(".federation") / "parties" / "owner1" / "client.log"
    until(lambda: log.is_file() and "proving round 1" in log.read_text(encoding="utf-8"), seconds=120)
    running.kill()
    running.communicate()
    until(lambda: not any(str(plan) in " ".join(words) for words in commands()), seconds=10)
    again = federation.zkchain.process("train", "run", plan, "--json")
    assert (again.exit_code, again.json["done"]) == (0, 1), again.out


def commands() -> Iterator[list[str]]:
    """Command lines of all processes."""
    for one in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):
            yield one.cmdline()


@pytest.mark.slow
def test_two_processes_of_one_owner_prove_a_round_once(federation: Federation, tmp_path: Path) -> None:
    plan = write_plan(tmp_path, name="twice", aggregation="clear", private=False)
    coordinator = federation.zkchain.start("train", "coordinator", plan, "--json")
    until(lambda: (plan.with_suffix(".federation") / "federation.json").is_file(), seconds=120)
    names = ["owner0", "owner1", "owner1", "owner2"]
    clients = [federation.zkchain.start("train", "client", plan, "--as", name, "--json") for name in names]
    ended = [process.communicate(timeout=240) for process in (coordinator, *clients)]
    assert [process.returncode for process in (coordinator, *clients)] == [0] * 5, ended
    assert sum("owner1: submit" in err for _, err in ended) == 1


def test_what_an_owner_keeps_is_for_it_alone(federation: Federation) -> None:
    for path in (federation.folder / "parties").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0


def test_no_secret_of_an_owner_is_said_written_or_sent_to_another(federation: Federation) -> None:
    """Of every owner: a sample, limbs of salt, the noise and its secret, and its update; in all files but its own."""
    said = "".join(done.out + done.err for done in federation.steps.values())
    parties, home = federation.folder / "parties", federation.zkchain.home
    for owner in sorted(parties.iterdir()):
        (rounds,) = owner.glob("ledger-*")
        data = parse(rounds / "data.json")["vectors"][0]
        update = parse(rounds / "round-0001.update.json")["values"]
        noise = parse(rounds / "round-0001.noise.json")["vectors"]
        secrets = [secret[2:] for secret in parse(rounds / "round-0001.secrets.json")["secrets"]]
        vectors = [data[:4], data[-4:], update[:4], update[-4:], *(vector[:4] for vector in noise)]
        canaries = [",".join(map(str, numbers)) for numbers in vectors] + secrets
        others = [
            path
            for place in (federation.zkchain.cwd, home)
            for path in place.rglob("*")
            if path.is_file() and not {rounds, home / "data"} & set(path.parents)
        ]
        assert owner / "client.log" in others
        assert any(path.suffix == ".db" for path in others), "the accounts' journals, with all that was sent"
        for text in (said, *(path.read_bytes().decode("latin-1") for path in others)):
            flat = "".join(text.split())
            assert [canary for canary in canaries if canary in flat] == []


def parse(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
