"""What is found out about a federation before anything is sent, or anything is built."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from tests.support.federations import learnable, write_plan, write_table
from zkchain.chain.dev_accounts import DEV_ADDRESSES
from zkchain.chain.signers import load_signer
from zkchain.config import Config, read_config
from zkchain.errors import DataMismatch, FileForbidden, OffGrid, PlanInvalid, RoundFailed, SignerMissing, TrainingError
from zkchain.pipeline.training.beforehand import checked_members, judging_samples
from zkchain.pipeline.training.bridging import hashed_at
from zkchain.pipeline.training.folder import load_federation
from zkchain.pipeline.training.own_data import expect_own_data
from zkchain.pipeline.training.parties import _trouble, environment_of
from zkchain.pipeline.training.run import coordinate_plan, run_plan
from zkchain.pipeline.training.setup import open_federation, registered_at
from zkchain.records import Network
from zkchain.training.plan import Plan, read_plan
from zkchain.values import Address

#: Nothing of it may be asked for before the plan's data are known to serve.
NO_PROVER = cast("Any", None)
UNITS = 10**9


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return read_config({"ZKCHAIN_HOME": str(tmp_path / "home")}, cwd=tmp_path)


def wide(path: Path) -> None:
    write_table(path, *learnable(1, 8, features=4))


def infinite(path: Path) -> None:
    path.write_text("x0,x1,x2,y\n1,2,3,1\n1,2,inf,1\n", encoding="utf-8")


def far(path: Path) -> None:
    x, y = learnable(1, 8)
    write_table(path, x * 1e6, y)


def gone(path: Path) -> None:
    path.unlink()


BAD = [
    pytest.param(gone, DataMismatch, "there is no file", id="gone"),
    pytest.param(wide, DataMismatch, "4 features and 1 targets, the model 3 and 1", id="wide"),
    pytest.param(infinite, DataMismatch, "not finite in line 3, column 3", id="infinite"),
    pytest.param(far, OffGrid, "beyond 16384", id="far"),
]


@pytest.mark.parametrize(("spoil", "kind", "said"), BAD)
@pytest.mark.parametrize("begin", [run_plan, coordinate_plan])
def test_bad_test_samples_are_found_before_anything_is_done(
    tmp_path: Path,
    config: Config,
    begin: Callable[..., Any],
    spoil: Callable[[Path], None],
    kind: type[TrainingError],
    said: str,
) -> None:
    plan = write_plan(tmp_path)
    spoil(tmp_path / "test.csv")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(kind) as caught:
        begin(plan, config=config, prover=NO_PROVER)
    assert caught.value.message.startswith("[data] test: ")
    assert said in caught.value.message
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(("spoil", "kind", "said"), BAD)
def test_an_owners_bad_samples_are_found_before_a_run_does_anything(
    tmp_path: Path, config: Config, spoil: Callable[[Path], None], kind: type[TrainingError], said: str
) -> None:
    plan = write_plan(tmp_path)
    spoil(tmp_path / "owner1.csv")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(kind) as caught:
        run_plan(plan, config=config, prover=NO_PROVER)
    assert caught.value.message.startswith("the owner owner1: ")
    assert said in caught.value.message
    assert sorted(tmp_path.iterdir()) == before


def test_a_coordinator_does_not_look_at_data_that_owners_have_elsewhere(tmp_path: Path, config: Config) -> None:
    plan = write_plan(tmp_path)
    gone(tmp_path / "owner1.csv")
    with pytest.raises(AttributeError, match="NoneType"):  # the prover is asked for: the owners' data were not
        open_federation(load_federation(plan), config=config, prover=NO_PROVER)


#: What a process opens while it works, printed at its end.
WATCHED = """
import sys
from pathlib import Path
opened = set()
sys.addaudithook(lambda event, what: opened.add(Path(str(what[0])).name) if event == "open" else None)
from zkchain.config import read_config
from zkchain.pipeline.training.folder import load_federation
from zkchain.pipeline.training.own_data import expect_own_data
from zkchain.pipeline.training.parties import _trouble, environment_of
from zkchain.pipeline.training.run import run_plan
plan = Path("plan.toml").absolute()
try:
    {what}
except AttributeError:
    pass  # the prover is asked for: all that is looked at before was
print(*sorted(name for name in opened if name.endswith(".csv")))
"""
RUN, CHECK = (
    "run_plan(plan, config=read_config(), prover=None)",
    "expect_own_data(load_federation(plan), 'owner1', read_config())",
)


@pytest.mark.parametrize(("what", "seen"), [(RUN, "test.csv"), (CHECK, "owner1.csv")], ids=["run", "own"])
def test_nobodys_samples_are_read_by_anybody_else(tmp_path: Path, what: str, seen: str) -> None:
    write_plan(tmp_path)
    environment = {**os.environ, "ZKCHAIN_HOME": str(tmp_path / "home"), "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run(
        [sys.executable, "-c", WATCHED.format(what=what)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.split(), done.returncode) == ([seen], 0), done.stderr


def test_a_process_of_an_owner_gets_its_own_key_alone(tmp_path: Path, config: Config) -> None:
    path = write_plan(tmp_path)
    text = path.read_text()
    for number in (0, 1):
        text = text.replace(f"data = 'owner{number}.csv'", f"data = 'owner{number}.csv'\nsigner = 'env:KEY{number}'")
    text = text.replace("data = 'owner2.csv'", "data = 'owner2.csv'\nsigner = 'keystore:south'")
    path.write_text(text.replace("rounds = 1\n", "rounds = 1\ncoordinator = 'env:KEY9'\n"), encoding="utf-8")
    plan, secret = (
        load_federation(path).plan,
        ("KEY0", "KEY1", "KEY9", "ZKCHAIN_PRIVATE_KEY", "ZKCHAIN_WALLET_PASSWORD"),
    )
    environment = {**dict.fromkeys(secret, "a secret"), "PATH": "/bin", "HOME": "/root"}

    def kept(name: str) -> set[str]:
        found = environment_of(plan, name, config, environment)
        assert (found["PATH"], found["ZKCHAIN_HOME"]) == ("/bin", str(config.home))
        return set(found) & set(secret)

    assert kept("owner0") == {"KEY0"}
    assert kept("owner1") == {"KEY1"}
    assert kept("owner2") == {"ZKCHAIN_WALLET_PASSWORD"}


def test_too_few_samples_for_the_rounds_are_found_before_a_run(tmp_path: Path, config: Config) -> None:
    with pytest.raises(DataMismatch, match="the owner owner0: the data has 2 batches of 1 uses each, enough for 2"):
        expect_own_data(load_federation(write_plan(tmp_path, rounds=3)), "owner0", config)


def test_samples_that_serve_are_let_pass(tmp_path: Path, config: Config) -> None:
    federation = load_federation(write_plan(tmp_path, rounds=2))
    for owner in federation.plan.owners:
        expect_own_data(federation, owner.name, config)
    samples = judging_samples(federation)
    assert samples is not None
    assert [array.shape for array in samples] == [(64, 3), (64, 1)]


def test_a_plan_without_test_samples_has_none(tmp_path: Path) -> None:
    path = write_plan(tmp_path)
    path.write_text(path.read_text().replace("test = 'test.csv'\n", ""), encoding="utf-8")
    assert judging_samples(load_federation(path)) is None


@pytest.mark.parametrize("commitment", ["kzg", "poseidon"])
def test_data_that_nobody_registered_here_are_named_with_how_to(
    tmp_path: Path, config: Config, commitment: str
) -> None:
    path = write_plan(tmp_path)
    text = path.read_text().replace("'owner1.csv'", f"'registered:east'\ncommitment = '{commitment}'")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataMismatch, match="the owner owner1: no data are registered as east") as caught:
        expect_own_data(load_federation(path), "owner1", config)
    assert ("--commitment poseidon" in caught.value.remedy) == (commitment == "poseidon")
    kept = (hashed_at if commitment == "poseidon" else registered_at)(config, "east")
    kept.parent.mkdir(parents=True)
    kept.write_text("{}", encoding="utf-8")
    with pytest.raises(RoundFailed, match=r"the owner owner1: .* holds no openings"):
        expect_own_data(load_federation(path), "owner1", config)


def accounts(who: int) -> Address:
    return DEV_ADDRESSES[who + 1]


def test_members_are_the_owners_accounts_in_order(tmp_path: Path) -> None:
    plan = read_plan(write_plan(tmp_path))
    assert checked_members(plan, [UNITS], accounts) == DEV_ADDRESSES[1:4]


def test_a_signer_that_leads_nowhere_is_named_with_its_owner(tmp_path: Path) -> None:
    def missing(who: int) -> Address:
        if who == 2:
            raise SignerMissing("EAST_KEY is not set")
        return accounts(who)

    with pytest.raises(PlanInvalid, match="the owner owner2 has no account: EAST_KEY is not set"):
        checked_members(read_plan(write_plan(tmp_path)), [UNITS], missing)


def test_more_owners_than_a_devnet_has_accounts_are_told_to_name_their_signers(tmp_path: Path) -> None:
    plan = read_plan(write_plan(tmp_path, owners=len(DEV_ADDRESSES)))
    devnet = Network(name="local", rpc_url="http://localhost", chain_id=31337)
    with pytest.raises(PlanInvalid, match=f"a devnet has accounts for {len(DEV_ADDRESSES) - 1} owners"):
        checked_members(plan, [UNITS], lambda who: load_signer(f"dev:{who + 1}", devnet).address)


def test_two_references_to_one_account_are_found(tmp_path: Path) -> None:
    with pytest.raises(PlanInvalid, match="the owners owner0 and owner2 act by one account"):
        checked_members(read_plan(write_plan(tmp_path)), [UNITS], lambda who: accounts(who % 2))


def test_an_owner_that_allows_less_than_one_step_spends_is_found(tmp_path: Path) -> None:
    plan = read_plan(write_plan(tmp_path))

    def allowing(epsilon: float) -> Plan:
        return replace(plan, owners=(*plan.owners[:2], replace(plan.owners[2], epsilon=epsilon)))

    assert len(checked_members(allowing(2.5), [int(2.5 * UNITS)], accounts)) == 3
    with pytest.raises(PlanInvalid, match=r"the owner owner2 lets its data spend epsilon 2\.4; one step spends 2\.5"):
        checked_members(allowing(2.4), [int(2.5 * UNITS)], accounts)


def test_a_process_that_was_killed_and_one_with_another_trouble_are_told_from_a_bug() -> None:
    killed = _trouble("north", -9, b"", b"")
    assert (type(killed), killed.message) == (RoundFailed, "the process of north was killed by signal 9")
    told = FileForbidden("north.csv: Permission denied", remedy="let it be read", path="north.csv").to_json()
    other = _trouble("north", 3, json.dumps(told).encode(), b"")
    assert (type(other), other.message, other.remedy) == (RoundFailed, told["message"], "let it be read")
    same = _trouble("north", 17, json.dumps(OffGrid("too far", entry="data").to_json()).encode(), b"")
    assert (type(same), same.facts) == (OffGrid, {"entry": "data"})
    with pytest.raises(RuntimeError, match="the process of north ended with:\nTraceback"):
        _trouble("north", 70, b"", b"Traceback")
