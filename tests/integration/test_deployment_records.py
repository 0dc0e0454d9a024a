"""Records as people list, check, export and retire them, against a real chain."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.support.bundles import compile_tiny
from tests.support.chains import raw
from tests.support.programs import required
from zkchain.chain.abi import encode_call
from zkchain.chain.client import connect
from zkchain.chain.devnet import start_devnet, stop_devnet
from zkchain.chain.networks import resolve_network
from zkchain.chain.registry import ContractAt
from zkchain.chain.signer import dev_signer
from zkchain.chain.transact import send
from zkchain.circuit.options import CompileOptions
from zkchain.config import Config, read_config
from zkchain.errors import DeploymentNotFound, NetworkUnknown
from zkchain.halo2 import Engine
from zkchain.pipeline.deploy import Deployed, deploy_bundle
from zkchain.pipeline.deployments import check_recorded, list_recorded, retire_recorded, show_recorded
from zkchain.pipeline.export import FORMATS, export_deployments
from zkchain.solidity.artifacts import load_artifact

OWNER, FRIEND = dev_signer(0), dev_signer(1)
NAMES = {"InferenceGateway", "ModelRegistry", "Halo2VerifierReusable", "credit-score", "credit-scoreKey"}


@dataclass(frozen=True)
class Stand:
    config: Config
    prover: Engine
    bundle: Path
    deployed: Deployed
    url: str

    def send(self, signer, function: str, arguments: list[object]) -> None:
        registry = ContractAt(self.deployed.contracts["ModelRegistry"], load_artifact("ModelRegistry").abi)
        chain = connect(resolve_network("local", self.config))
        send(chain, signer, to=registry.address, data=encode_call(registry.abi, function, arguments))


@pytest.fixture(scope="module")
def built(tmp_path_factory, prover: Engine) -> Iterator[Stand]:
    folder = tmp_path_factory.mktemp("records")
    config = read_config({"ZKCHAIN_HOME": str(folder / "home")}, folder)
    bundle = folder / "bundle"
    compile_tiny(folder, bundle, config=config, prover=prover, seed=0, options=CompileOptions())
    info = start_devnet(config.home, engine="embedded")
    deployed = deploy_bundle(
        bundle, network="local", name="credit-score", verifier="shared", config=config, prover=prover
    )
    yield Stand(config, prover, bundle, deployed, info.rpc_url)
    stop_devnet(config.home)


@pytest.fixture
def stand(built: Stand, tmp_path: Path) -> Iterator[Stand]:
    """With records of its own, and a chain that is rolled back."""
    shutil.copytree(built.config.deployments, tmp_path / "deployments")
    mark = raw(built.url, "evm_snapshot")
    yield replace(built, config=replace(built.config, deployments=tmp_path / "deployments"))
    assert raw(built.url, "evm_revert", mark) is True


def test_what_was_deployed_is_listed_and_shown_without_a_chain(stand: Stand):
    far = replace(stand.config, home=stand.config.deployments / "no devnet here")
    lines = {line.name: line for line in list_recorded(far)}
    assert set(lines) == NAMES
    assert lines["credit-score"].model_id == stand.deployed.model_id
    assert lines["credit-score"].address == stand.deployed.contracts["credit-score"]
    assert list_recorded(far, "local") == list_recorded(far)
    line, record = show_recorded("credit-score", "local", far)
    assert line == lines["credit-score"]
    assert record.facts["circuit_digest"] == stand.deployed.circuit_digest
    assert not far.home.exists()


def test_what_is_not_there_is_said(stand: Stand, tmp_path: Path):
    with pytest.raises(NetworkUnknown, match="networks with records: local"):
        list_recorded(stand.config, "sepolia")
    with pytest.raises(DeploymentNotFound):
        show_recorded("other", "local", stand.config)
    assert list_recorded(replace(stand.config, deployments=tmp_path / "none")) == ()


def test_a_fresh_deployment_agrees_with_its_chain(stand: Stand):
    checks = check_recorded("local", stand.config)
    assert {check.name for check in checks} == NAMES
    assert [(check.trouble, check.note) for check in checks] == [("", "")] * len(NAMES)


def troubles(stand: Stand) -> dict[str, str]:
    return {check.name: check.trouble for check in check_recorded("local", stand.config) if check.trouble}


def test_another_owner_is_drift(stand: Stand):
    model_id = int(str(stand.deployed.model_id), 16)
    stand.send(OWNER, "transferOwnership", [model_id, FRIEND.address])
    assert troubles(stand) == {}
    stand.send(FRIEND, "acceptOwnership", [model_id])
    assert set(troubles(stand)) == {"credit-score"}
    assert FRIEND.address in troubles(stand)["credit-score"]


def test_a_stopped_model_is_no_drift_but_said(stand: Stand):
    stand.send(OWNER, "stop", [int(str(stand.deployed.model_id), 16)])
    checks = {check.name: check for check in check_recorded("local", stand.config)}
    assert checks["credit-score"].trouble == ""
    assert "stopped" in checks["credit-score"].note


@pytest.mark.parametrize("name", sorted(NAMES))
def test_other_code_than_recorded_is_drift(stand: Stand, name: str):
    path = stand.config.deployments / "local" / f"{name}.json"
    document = json.loads(path.read_text())
    document["zkchain"]["code_hash"] = "0x" + "11" * 32
    path.write_text(json.dumps(document))
    assert name in troubles(stand)


def test_a_record_that_does_not_say_for_whom_it_was_registered_is_trouble(stand: Stand):
    path = stand.config.deployments / "local" / "credit-score.json"
    document = json.loads(path.read_text())
    del document["receipt"]["from"], document["zkchain"]["facts"]["owner"]
    path.write_text(json.dumps(document))
    assert "for whom" in troubles(stand)["credit-score"]


def test_another_model_id_than_the_registrys_is_drift(stand: Stand):
    path = stand.config.deployments / "local" / "credit-score.json"
    document = json.loads(path.read_text())
    document["zkchain"]["facts"]["model_id"] = "0x" + "11" * 32
    path.write_text(json.dumps(document))
    assert set(troubles(stand)) == {"credit-score"}


def test_a_retired_record_is_out_of_the_way_and_kept(stand: Stand):
    aside = retire_recorded("credit-score", "local", stand.config)
    assert json.loads(aside.read_text())["zkchain"]["status"] == "retired"
    assert {line.name for line in list_recorded(stand.config)} == NAMES - {"credit-score"}
    with pytest.raises(DeploymentNotFound):
        retire_recorded("credit-score", "local", stand.config)
    again = deploy_bundle(
        stand.bundle, network="local", name="credit-score", verifier="shared", config=stand.config, prover=stand.prover
    )
    assert again.contracts["credit-score"] != stand.deployed.contracts["credit-score"]
    assert again.contracts["ModelRegistry"] == stand.deployed.contracts["ModelRegistry"]


@pytest.mark.parametrize("form", FORMATS)
def test_every_export_names_every_address_and_is_the_same_again(stand: Stand, tmp_path: Path, form: str):
    path = export_deployments("local", form, tmp_path / "deep" / "out", stand.config)
    text = path.read_text()
    assert all(address in text for address in stand.deployed.contracts.values())
    export_deployments("local", form, path, stand.config)
    assert path.read_text() == text


def test_exports_have_the_shape_that_their_readers_want(stand: Stand, tmp_path: Path):
    made = {form: export_deployments("local", form, tmp_path / form, stand.config).read_text() for form in FORMATS}
    plain, hardhat, foundry = (json.loads(made[form]) for form in ("json", "hardhat", "foundry"))
    assert plain["contracts"]["credit-score"]["modelId"] == stand.deployed.model_id
    assert hardhat["chainId"] == "31337"
    assert set(hardhat["contracts"]) == NAMES
    creations = {item["contractName"]: item for item in foundry["transactions"]}
    assert set(creations) == NAMES
    assert {item["transactionType"] for item in foundry["transactions"]} == {"CREATE"}
    assert [receipt["transactionHash"] for receipt in foundry["receipts"]] == [
        item["hash"] for item in foundry["transactions"]
    ]
    constants = re.findall(r"^export const (\w+) = ", made["typescript"], re.MULTILINE)
    assert {"chainId", "addresses", "modelIds", "credit_scoreAbi", "ModelRegistryAbi"} <= set(constants)


def test_the_typescript_export_runs_as_a_module(stand: Stand, tmp_path: Path):
    node = required("node")
    text = export_deployments("local", "typescript", tmp_path / "x.ts", stand.config).read_text()
    # What TypeScript adds to JavaScript here is "as const" alone.
    (tmp_path / "x.mjs").write_text(text.replace(" as const;", ";"))
    script = "import('./x.mjs').then(m => console.log(m.addresses['credit-score'], m.ModelRegistryAbi.length > 5))"
    done = subprocess.run([node, "-e", script], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == [stand.deployed.contracts["credit-score"], "true"]
