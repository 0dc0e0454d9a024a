"""Deployments by the pipeline: one name, one circuit; nothing paid twice; nothing passed over in silence."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.bundles import compile_tiny
from zkchain.chain.abi import encode_call
from zkchain.chain.client import Chain, connect
from zkchain.chain.devnet import stop_devnet
from zkchain.chain.networks import resolve_network
from zkchain.chain.registry import ContractAt, is_stopped
from zkchain.chain.rpc import open_endpoint, request
from zkchain.chain.signer import dev_signer
from zkchain.chain.transact import send
from zkchain.circuit.bundle import load_bundle, read_trial
from zkchain.circuit.options import CompileOptions
from zkchain.cli import answers
from zkchain.config import Config, read_config
from zkchain.errors import (
    ConnectionFailed,
    DeploymentAmbiguous,
    DeploymentCorrupt,
    DeploymentNotFound,
    DeploymentTaken,
    ModelStopped,
    TransactionUnknown,
    UsageError,
)
from zkchain.halo2 import Engine
from zkchain.pipeline import sending
from zkchain.pipeline.deploy import Deployed, deploy_bundle
from zkchain.pipeline.prove import ProveResult, prove_input
from zkchain.pipeline.submit import submit_proof
from zkchain.pipeline.verify import verify_on_network
from zkchain.solidity.artifacts import load_artifact

OWNER = dev_signer(0)


@dataclass(frozen=True, slots=True)
class Project:
    """Two bound bundles and an unbound one, a devnet, and records of the test's own."""

    folder: Path
    config: Config
    prover: Engine

    @property
    def chain(self) -> Chain:
        return connect(resolve_network("local", self.config))

    @property
    def nonce(self) -> int:
        return self.chain.nonce(OWNER.address)

    def digest(self, bundle: str) -> str:
        return load_bundle(self.folder / bundle).circuit_digest

    def record(self, name: str) -> Path:
        return self.config.deployments / "local" / f"{name}.json"

    def deploy(self, bundle: str, name: str, **more: Any) -> Deployed:
        more = {"verifier": "shared", **more}
        return deploy_bundle(
            self.folder / bundle, network="local", name=name, config=self.config, prover=self.prover, **more
        )

    def prove(self, bundle: str, **more: Any) -> ProveResult:
        return prove_input(
            self.folder / bundle,
            self.folder / "input.json",
            config=self.config,
            prover=self.prover,
            network="local",
            out=self.config.deployments / "proof.json",
            **more,
        )

    def stop(self, deployed: Deployed) -> None:
        assert deployed.model_id is not None
        registry = ContractAt(deployed.contracts["ModelRegistry"], load_artifact("ModelRegistry").abi)
        data = encode_call(registry.abi, "stop", [int(deployed.model_id, 16)])
        send(self.chain, OWNER, to=registry.address, data=data)
        assert is_stopped(self.chain, registry, deployed.model_id)


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory, prover: Engine) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("bundles")
    config = read_config({"ZKCHAIN_HOME": str(folder / "home")}, folder)
    (folder / "input.json").write_text(json.dumps({"x": [[0.5, -0.25]]}))
    for name, seed, bound in (("one", 0, True), ("two", 3, True), ("free", 0, False)):
        options = CompileOptions(binding=bound)
        compile_tiny(folder, folder / name, config=config, prover=prover, seed=seed, options=options)
    yield Project(folder, config, prover)
    stop_devnet(config.home)


@pytest.fixture
def project(bundles: Project, tmp_path: Path) -> Project:
    return replace(bundles, config=replace(bundles.config, deployments=tmp_path / "deployments"))


def test_a_name_is_not_given_to_another_circuit_unless_that_is_asked_for(project: Project):
    project.deploy("one", "model")
    before, nonce = project.record("model").read_bytes(), project.nonce
    with pytest.raises(DeploymentTaken) as caught:
        project.deploy("two", "model")
    for word in ("'model'", project.digest("one"), project.digest("two")):
        assert word in caught.value.message
    assert "--name" in caught.value.remedy
    assert "--force" in caught.value.remedy
    assert project.record("model").read_bytes() == before
    with pytest.raises(DeploymentTaken):
        project.deploy("two", "model", dry_run=True)
    assert project.nonce == nonce
    replaced = project.deploy("two", "model", replace_other=True)
    assert replaced.circuit_digest == project.digest("two")
    assert project.deploy("two", "model", replace_other=True).reused


def test_names_of_parts_are_taken_too(project: Project):
    project.deploy("one", "model")
    with pytest.raises(DeploymentTaken, match="part of another model"):
        project.deploy("two", "modelKey")
    project.deploy("two", "otherKey")
    with pytest.raises(DeploymentTaken, match="'otherKey'"):
        project.deploy("one", "other", replace_other=True)


def test_the_other_kind_of_verifier_is_not_passed_over(project: Project):
    project.deploy("one", "model")
    with pytest.raises(DeploymentTaken, match="with the shared verifier; --verifier own"):
        project.deploy("one", "model", verifier="own")
    assert project.deploy("one", "model", verifier="auto").verifier == "shared"
    assert project.deploy("one", "second", verifier="own").verifier == "own"


def test_the_verifier_that_is_cheaper_for_the_proofs_expected_is_taken(project: Project):
    project.deploy("two", "neighbour")  # so that the shared verifier stands
    few = project.deploy("one", "model", verifier="auto", proofs=1, dry_run=True)
    many = project.deploy("one", "model", verifier="auto", proofs=10_000, dry_run=True)
    assert (few.verifier, many.verifier) == ("shared", "own")
    own, shared = many.costs
    assert (own.verifier, shared.verifier) == ("own", "shared")
    assert shared.deploy_gas < own.deploy_gas / 2
    assert 300_000 < own.verify_gas < shared.verify_gas
    # What was measured is what the chain then takes.
    for cost in (own, shared):
        adapter = project.deploy("one", f"{cost.verifier}-model", verifier=cost.verifier).contracts
        instances, proof = read_trial(project.folder / "one")
        data = encode_call(load_artifact("Halo2Adapter").abi, "verify", [[int(value) for value in instances], proof])
        taken = send(project.chain, OWNER, to=adapter[f"{cost.verifier}-model"], data=data).gas_used
        assert taken == pytest.approx(cost.verify_gas, rel=0.001)
    assert project.deploy("one", "model", verifier="auto", proofs=10_000).verifier == "own"


def test_a_named_verifier_is_not_measured(project: Project):
    assert project.deploy("one", "model", verifier="shared", dry_run=True).costs == ()


def test_a_stopped_model_is_not_called_deployed(project: Project):
    first = project.deploy("one", "model")
    project.stop(first)
    with pytest.raises(ModelStopped) as caught:
        project.deploy("one", "model")
    assert first.model_id in caught.value.message
    assert "--name" in caught.value.remedy
    with pytest.raises(ModelStopped):
        project.prove("one")
    again = project.deploy("one", "model", replace_other=True)
    assert again.model_id != first.model_id
    assert project.prove("one").proof.binding.model_id == again.model_id


def test_of_two_deployments_of_a_circuit_the_live_one_is_meant(project: Project):
    first, second = project.deploy("one", "a"), project.deploy("one", "b")
    with pytest.raises(DeploymentAmbiguous, match="a, b") as caught:
        project.prove("one")
    assert "--name" in caught.value.remedy
    proved = project.prove("one", name="b")
    assert proved.proof.binding.model_id == second.model_id
    assert verify_on_network(proved.path, "local", config=project.config).valid
    assert submit_proof(proved.path, "local", config=project.config).event.model_name == "b"
    project.stop(first)
    assert project.prove("one").proof.binding.model_id == second.model_id
    with pytest.raises(DeploymentNotFound, match="'c'"):
        project.prove("one", name="c")


def test_two_records_of_one_model_are_one(project: Project):
    deployed = project.deploy("one", "a")
    copy = json.loads(project.record("a").read_text())
    copy["zkchain"]["name"] = "b"
    project.record("b").write_text(json.dumps(copy))
    assert project.prove("one").proof.binding.model_id == deployed.model_id


def test_a_proof_for_an_unknown_model_is_judged_though_several_serve_its_circuit(project: Project):
    project.deploy("one", "a")
    path = project.prove("one").path
    elsewhere = replace(project, config=replace(project.config, deployments=project.config.deployments / "other"))
    elsewhere.deploy("one", "b")
    elsewhere.deploy("one", "c")
    verdict = verify_on_network(path, "local", config=elsewhere.config)
    assert not verdict.valid
    assert "bound to gateway" in verdict.reason


def test_an_unbound_proof_needs_the_name_of_one_of_several_deployments(project: Project):
    project.deploy("free", "a")
    project.deploy("free", "b")
    path = project.prove("free", name="a").path
    for call in (verify_on_network, submit_proof):
        with pytest.raises(DeploymentAmbiguous):
            call(path, "local", config=project.config)
    assert submit_proof(path, "local", config=project.config, name="b").event.model_name == "b"
    assert verify_on_network(path, "local", config=project.config, name="b").recorded
    assert not verify_on_network(path, "local", config=project.config, name="a").recorded


def test_a_name_without_a_network_means_nothing(project: Project):
    with pytest.raises(UsageError, match="needs a network"):
        prove_input(
            project.folder / "one",
            project.folder / "input.json",
            config=project.config,
            prover=project.prover,
            name="a",
        )


@contextmanager
def without_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The network goes away when everything stands but the registration."""

    def fail(*_: Any, **__: Any) -> Any:
        raise ConnectionFailed("the network went away")

    with monkeypatch.context() as patched:
        patched.setattr(sending, "register_model", fail)
        yield


@pytest.mark.parametrize("kind", ["own", "shared"])
def test_after_a_failed_registration_nothing_is_paid_for_again(project: Project, monkeypatch, kind: str):
    with without_registry(monkeypatch), pytest.raises(ConnectionFailed):
        project.deploy("one", "model", verifier=kind)
    with pytest.raises(DeploymentNotFound):
        project.prove("one")
    nonce = project.nonce
    plan = project.deploy("one", "model", verifier=kind, dry_run=True).plan
    assert [step.contract for step in plan if step.action != "reuse"] == ["ModelRegistry"]
    done = project.deploy("one", "model", verifier=kind)
    assert project.nonce == nonce + 1
    assert not done.reused
    assert done.gas_used < 600_000
    assert project.prove("one").proof.binding.model_id == done.model_id
    assert json.loads(project.record("model").read_text())["numDeployments"] == 1


def test_a_registration_whose_receipt_came_too_late_is_found(project: Project, monkeypatch):
    real = sending.register_model

    def late(*arguments: Any, **more: Any) -> Any:
        real(*arguments, **more)
        raise TransactionUnknown("no receipt yet")

    with monkeypatch.context() as patched:
        patched.setattr(sending, "register_model", late)
        with pytest.raises(TransactionUnknown):
            project.deploy("one", "model")
    nonce = project.nonce
    done = project.deploy("one", "model")
    assert project.nonce == nonce
    assert project.prove("one").proof.binding.model_id == done.model_id


def test_a_verifier_is_reused_for_its_code_on_chain_not_for_what_a_file_says(project: Project, monkeypatch):
    with without_registry(monkeypatch), pytest.raises(ConnectionFailed):
        project.deploy("one", "model", verifier="own")
    record, other = (json.loads(project.record(name).read_text()) for name in ("modelVerifier", "ModelRegistry"))
    honest = record["address"]
    record["address"] = other["address"]
    record["zkchain"] |= {key: other["zkchain"][key] for key in ("address", "code_hash")}
    project.record("modelVerifier").write_text(json.dumps(record))
    done = project.deploy("one", "model", verifier="own")
    assert done.contracts["modelVerifier"] not in (honest, other["address"])


@pytest.mark.parametrize("key", ["verifier", "gateway", "binding"])
@pytest.mark.parametrize("value", [None, "false"])
def test_a_damaged_record_is_said_to_be_damaged(project: Project, key: str, value: object):
    project.deploy("one", "model")
    path = project.record("model")
    document = json.loads(path.read_text())
    document["zkchain"]["facts"][key] = value
    if value is None:
        del document["zkchain"]["facts"][key]
    path.write_text(json.dumps(document))
    for call in (lambda: project.deploy("one", "model"), lambda: project.prove("one")):
        with pytest.raises(DeploymentCorrupt, match="model"):
            call()


def test_verify_says_that_a_statement_is_recorded_already(project: Project):
    project.deploy("one", "model")
    path = project.prove("one", valid_for=60).path
    before = verify_on_network(path, "local", config=project.config)
    assert (before.valid, before.recorded, before.reason) == (True, False, "")
    submit_proof(path, "local", config=project.config)
    after = verify_on_network(path, "local", config=project.config)
    assert (after.valid, after.recorded) == (True, True)
    assert "already recorded" in after.reason
    assert OWNER.address in after.reason
    answer = answers.judged(after)
    assert answer.good
    assert answer.facts["recorded"] is True
    assert ("note", after.reason) in answer.lines
    # The deadline is for submitting; what was recorded in time does not turn bad.
    endpoint = open_endpoint(resolve_network("local", project.config), 10.0)
    snapshot = request(endpoint, "evm_snapshot", [])
    request(endpoint, "evm_increaseTime", [3600])
    request(endpoint, "evm_mine", [])
    assert verify_on_network(path, "local", config=project.config).valid
    request(endpoint, "evm_revert", [snapshot])
