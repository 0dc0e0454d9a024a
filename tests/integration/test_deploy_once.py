"""Deployments that are planned before they cost, at addresses known in advance, and carried on after kill -9."""

import json
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.chains import raw
from tests.support.stands import OWNER, Stand
from zkchain.chain.abi import encode_call
from zkchain.chain.create2 import FACTORY
from zkchain.chain.devnet import start_devnet, stop_devnet
from zkchain.chain.transact import send
from zkchain.config import read_config
from zkchain.errors import (
    ChainUnfit,
    DeploymentTaken,
    ModelStopped,
    SignerMissing,
    UsageError,
)
from zkchain.halo2 import Engine
from zkchain.pipeline.deployments import check_recorded, list_recorded, retire_recorded
from zkchain.records import Bundle
from zkchain.solidity.artifacts import load_artifact

#: Transactions of a whole deployment with the shared verifier.
WHOLE = 6


def test_a_dry_run_sends_nothing_and_says_what_everything_will_take(stand: Stand):
    before = stand.state
    plan = stand.deploy(dry_run=True)
    assert stand.state == before
    assert not stand.config.deployments.exists()
    assert plan.contracts == {}
    assert [step.action for step in plan.plan] == ["deploy"] * 5 + ["register"]
    price = stand.chain.gas_price()
    assert all(step.cost_wei == step.gas * price for step in plan.plan)
    # Addresses hold different numbers of zero bytes here and there.
    assert sum(step.gas for step in plan.plan) == pytest.approx(stand.deploy().gas_used, rel=1e-4)


def test_a_dry_run_needs_no_signer_and_no_funds(stand: Stand):
    table = f'[networks.far]\nrpc_url = "{stand.url}"\nchain_id = 31337\nsigner = "env:NOT_SET"\n'
    (stand.config.deployments.parent / "zkchain.toml").write_text(table)
    far = replace(stand, config=read_config({"ZKCHAIN_HOME": str(stand.config.home)}, stand.config.deployments.parent))
    assert len(far.deploy("far", dry_run=True).plan) == WHOLE
    with pytest.raises(SignerMissing):
        far.deploy("far")


def test_with_a_salt_addresses_and_gas_are_known_in_advance_and_a_rerun_sends_nothing(stand: Stand):
    plan = stand.deploy(salt="credit", dry_run=True)
    assert set(plan.contracts) == {"ModelRegistry", "InferenceGateway", "Halo2VerifierReusable", "modelKey", "model"}
    done = stand.deploy(salt="credit")
    assert done.contracts.items() <= plan.contracts.items()
    assert done.gas_used == sum(step.gas for step in plan.plan)
    after = stand.state
    assert stand.deploy(salt="credit").reused
    assert stand.deploy().reused
    assert stand.state == after
    assert stand.deploy(salt="other", name="second", dry_run=True, replace_other=True).contracts != plan.contracts


def test_what_the_salt_finds_on_chain_is_used_whoever_created_it(stand: Stand, tmp_path: Path):
    done = stand.deploy(salt="credit")
    after = stand.state
    elsewhere = replace(stand, config=replace(stand.config, deployments=tmp_path / "other" / "deployments"))
    plan = elsewhere.deploy(salt="credit", dry_run=True).plan
    assert [step.action for step in plan[:-1]] == ["reuse"] * 5
    assert not elsewhere.config.deployments.exists()
    again = elsewhere.deploy(salt="credit")
    assert (again.contracts, again.model_id, again.reused) == (done.contracts, done.model_id, True)
    assert stand.state == after
    assert not any(check.trouble for check in check_recorded("local", elsewhere.config))
    lines = {line.name: line for line in list_recorded(elsewhere.config)}
    assert lines["modelKey"].tx_hash == ""
    assert retire_recorded("modelKey", "local", elsewhere.config).is_file()


def test_a_recorded_contract_elsewhere_than_its_salt_puts_it_is_not_passed_over(stand: Stand):
    stand.deploy()
    before = stand.state
    with pytest.raises(DeploymentTaken, match="no salt"):
        stand.deploy(salt="credit")
    with pytest.raises(DeploymentTaken, match="ModelRegistry"):
        stand.deploy(salt="credit", name="second")
    assert stand.state == before
    assert stand.deploy(salt="credit", name="second", replace_other=True).salt is not None


def test_a_model_that_was_stopped_is_not_found_again_by_its_salt(stand: Stand, tmp_path: Path):
    done = stand.deploy(salt="credit")
    data = encode_call(load_artifact("ModelRegistry").abi, "stop", [int(str(done.model_id), 16)])
    send(stand.chain, OWNER, to=done.contracts["ModelRegistry"], data=data)
    elsewhere = replace(stand, config=replace(stand.config, deployments=tmp_path / "other" / "deployments"))
    with pytest.raises(ModelStopped):
        elsewhere.deploy(salt="credit")


@pytest.mark.parametrize("salt", ["", "0x", "0x12", "0x" + "zz" * 32])
def test_what_is_no_salt_is_refused(stand: Stand, salt: str):
    with pytest.raises(UsageError, match="no salt"):
        stand.deploy(salt=salt, dry_run=True)


@pytest.mark.anvil
@pytest.mark.parametrize(("code", "words"), [("0x", "nothing"), ("0x00", "other code, 1 bytes")])
def test_a_chain_without_the_proxy_is_refused_before_anything_is_sent(
    tiny_bundle: tuple[Path, Bundle], prover: Engine, tmp_path: Path, code: str, words: str
):
    home = tmp_path / "home"
    url = start_devnet(home, engine="anvil").rpc_url
    try:
        raw(url, "anvil_setCode", FACTORY, code)
        stand = Stand(read_config({"ZKCHAIN_HOME": str(home)}, tmp_path), prover, tiny_bundle[0], url)
        before = stand.state
        with pytest.raises(ChainUnfit, match=words):
            stand.deploy(salt="credit")
        assert stand.state == before
        assert not stand.config.deployments.exists()
    finally:
        stop_devnet(home)


#: Where a run can end without a chance to say goodbye, and how often a whole run comes by.
POINTS = [
    ("zkchain.pipeline.sending", "write_pending", 12),
    ("zkchain.chain.tx.launch", "hand_over", 6),
    ("zkchain.chain.transact", "outcome_of", 6),
    ("zkchain.pipeline.sending", "write_deployment", 5),
    ("zkchain.pipeline.sending", "drop_pending", 6),
    ("zkchain.pipeline.placing", "write_deployment", 1),
]
EVERYWHERE = [
    pytest.param(module, function, when, count, id=f"{when}-{function}-{count}")
    for module, function, times in POINTS
    for when in ("before", "after")
    for count in range(1, times + 1)
]
#: One of each kind: planned, signed, sent, mined, registered.
SOME = {
    ("write_pending", "after", 1),
    ("hand_over", "before", 2),
    ("hand_over", "after", 3),
    ("outcome_of", "after", 6),
}


def killed_and_carried_on(stand: Stand, module: str, function: str, when: str, count: int) -> None:
    first, height = stand.state
    killed = stand.command("tests.support.killed", module, function, when, str(count))
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    done = stand.command()
    assert done.returncode == 0, done.stderr
    nonce, _ = stand.state
    assert nonce - first == WHOLE
    assert stand.chain.block_number() - height == WHOLE
    assert not any(check.trouble for check in check_recorded("local", stand.config))
    assert {line.status for line in list_recorded(stand.config)} == {"confirmed"}
    assert json.loads(stand.command().stdout)["reused"]


@pytest.mark.parametrize(
    ("module", "function", "when", "count"), [p for p in EVERYWHERE if tuple(p.values[1:]) in SOME]
)
def test_a_killed_run_is_carried_on_and_nothing_is_created_twice(
    stand: Stand, module: str, function: str, when: str, count: int
):
    killed_and_carried_on(stand, module, function, when, count)


@pytest.mark.slow
@pytest.mark.parametrize(("module", "function", "when", "count"), EVERYWHERE)
def test_a_run_killed_anywhere_is_carried_on(stand: Stand, module: str, function: str, when: str, count: int):
    killed_and_carried_on(stand, module, function, when, count)


def test_an_unfinished_run_is_listed_can_be_refused_and_given_up(stand: Stand):
    stand.command("tests.support.killed", "zkchain.chain.transact", "outcome_of", "before", "1")
    (line,) = list_recorded(stand.config)
    assert (line.name, line.status) == ("ModelRegistry", "sent")
    before = stand.state
    with pytest.raises(DeploymentTaken, match="ModelRegistry"):
        stand.deploy(resume=False)
    assert stand.state == before
    aside = retire_recorded("ModelRegistry", "local", stand.config)
    assert json.loads(aside.read_text())["zkchain"]["status"] == "retired"
    assert list_recorded(stand.config) == ()
    assert not stand.deploy(resume=False).reused


def test_what_was_signed_is_carried_on_at_the_address_that_was_written_down(stand: Stand):
    stand.command("tests.support.killed", "zkchain.chain.transact", "outcome_of", "before", "1")
    (line,) = list_recorded(stand.config)
    done = stand.deploy()
    assert done.contracts["ModelRegistry"] == line.address
    assert {each.name: each.tx_hash for each in list_recorded(stand.config)}["ModelRegistry"] == line.tx_hash
