"""T14-T17: a proof counts once, for one sender, on one chain, at one gateway, for one model, in time.

Everything is real: circuit, proof, devnet, contracts, transactions.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.tiny import tiny_onnx
from zkchain.chain.client import connect
from zkchain.chain.dev_accounts import dev_key
from zkchain.chain.devnet import stop_devnet
from zkchain.chain.networks import resolve_network
from zkchain.chain.rpc import open_endpoint, request
from zkchain.chain.signer import dev_signer
from zkchain.chain.transact import send
from zkchain.circuit.bundle import circuit_files, load_bundle
from zkchain.circuit.options import CompileOptions
from zkchain.config import Config, read_config
from zkchain.errors import AlreadyRecorded, BindingRefused, DeploymentDrift, ProofForeign, TransactionReverted
from zkchain.pipeline.compile import compile_model
from zkchain.pipeline.deploy import deploy_bundle
from zkchain.pipeline.prove import prove_input
from zkchain.pipeline.submit import list_inferences, submit_proof
from zkchain.pipeline.verify import verify_on_network, verify_with_bundle
from zkchain.proof.codec import read_proof, write_proof
from zkchain.proof.prove import make_proof

OTHER_KEY = "0x" + dev_key(1).hex()


def config_at(folder: Path) -> Config:
    return read_config({"ZKCHAIN_HOME": str(folder / "home")}, folder)


@pytest.fixture(scope="module")
def world(tmp_path_factory, prover):
    """A bound and an unbound bundle of two models, deployed on a devnet of their own."""
    folder = tmp_path_factory.mktemp("world")
    config = config_at(folder)
    rows = np.random.default_rng(5).uniform(-1, 1, size=(4, 2)).round(3).tolist()
    (folder / "samples.json").write_text(json.dumps({"x": rows}))
    (folder / "input.json").write_text(json.dumps({"x": [[0.5, -0.25]]}))
    for name, seed, bound in (("one", 0, True), ("two", 3, True), ("free", 0, False)):
        (folder / f"{name}.onnx").write_bytes(tiny_onnx(seed=seed))
        compile_model(
            folder / f"{name}.onnx",
            folder / "samples.json",
            config=config,
            prover=prover,
            out=folder / name,
            options=CompileOptions(binding=bound),
        )
        deploy_bundle(folder / name, network="local", name=name, config=config, prover=prover, verifier="shared")
    yield folder, config
    stop_devnet(config.home)


def fresh(world, prover, tmp_path, name="one", **more):
    folder, config = world
    result = prove_input(
        folder / name,
        folder / "input.json",
        config=config,
        prover=prover,
        network="local",
        out=tmp_path / "proof.json",
        **more,
    )
    return result.path, config


def test_an_honest_proof_is_accepted_once_and_the_event_says_the_answer(world, prover, tmp_path):
    path, config = fresh(world, prover, tmp_path)
    assert verify_on_network(path, "local", config=config).valid
    submitted = submit_proof(path, "local", config=config)
    assert submitted.event.model_name == "one"
    assert submitted.event.account == dev_signer(0).address
    assert submitted.event in list_inferences("local", config=config)
    with pytest.raises(AlreadyRecorded):
        submit_proof(path, "local", config=config)


def test_another_proof_of_the_same_statement_is_a_replay(world, prover, tmp_path):
    """T16: proof bytes are malleable and random; the statement decides."""
    folder, _ = world
    path, config = fresh(world, prover, tmp_path)
    first = read_proof(path)
    bundle = load_bundle(folder / "one")
    second, _ = make_proof(prover, circuit_files(folder / "one"), bundle, [[0.5, -0.25]], first.binding)
    assert second.proof != first.proof
    submit_proof(path, "local", config=config)
    write_proof(tmp_path / "second.json", second)
    with pytest.raises(AlreadyRecorded):
        submit_proof(tmp_path / "second.json", "local", config=config)


def test_another_sender_is_refused_and_the_owner_can_still_submit(world, prover, tmp_path, monkeypatch):
    """T17: a copied proof is worth nothing to the copier."""
    path, config = fresh(world, prover, tmp_path)
    monkeypatch.setenv("ZKCHAIN_PRIVATE_KEY", OTHER_KEY)
    with pytest.raises(BindingRefused):
        submit_proof(path, "local", config=config)
    monkeypatch.delenv("ZKCHAIN_PRIVATE_KEY")
    assert submit_proof(path, "local", config=config).event.account == dev_signer(0).address


def test_a_proof_made_for_another_account_is_its_own(world, prover, tmp_path, monkeypatch):
    path, config = fresh(world, prover, tmp_path, account=dev_signer(1).address)
    with pytest.raises(BindingRefused):
        submit_proof(path, "local", config=config)
    monkeypatch.setenv("ZKCHAIN_PRIVATE_KEY", OTHER_KEY)
    assert submit_proof(path, "local", config=config).event.account == dev_signer(1).address


def test_a_proof_for_a_request_may_be_brought_by_anyone(world, prover, tmp_path, monkeypatch):
    path, config = fresh(world, prover, tmp_path, request="0x" + "ab" * 32)
    monkeypatch.setenv("ZKCHAIN_PRIVATE_KEY", OTHER_KEY)
    assert submit_proof(path, "local", config=config).event.account == dev_signer(1).address


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": 1},
        {"deadline": 4_000_000_000},
        {"account": dev_signer(1).address},
        {"request": "0x" + "01" * 32},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_binding_edited_in_the_file_is_found_before_and_on_the_chain(world, prover, tmp_path, change, monkeypatch):
    folder, _ = world
    path, config = fresh(world, prover, tmp_path)
    proof = read_proof(path)
    write_proof(path, replace(proof, binding=replace(proof.binding, **change)))
    if "account" in change:
        monkeypatch.setenv("ZKCHAIN_PRIVATE_KEY", OTHER_KEY)
    assert not verify_with_bundle(path, folder / "one", prover=prover).valid
    assert not verify_on_network(path, "local", config=config).valid
    with pytest.raises(TransactionReverted):
        submit_proof(path, "local", config=config)


@pytest.mark.parametrize(
    "change", [{"chain_id": 1337}, {"gateway": dev_signer(3).address}, {"model_id": "0x" + "02" * 32}]
)
def test_a_binding_for_another_chain_gateway_or_model_is_refused_before_sending(world, prover, tmp_path, change):
    path, config = fresh(world, prover, tmp_path)
    proof = read_proof(path)
    write_proof(path, replace(proof, binding=replace(proof.binding, **change)))
    assert not verify_on_network(path, "local", config=config).valid
    with pytest.raises(ProofForeign):
        submit_proof(path, "local", config=config)


def test_a_proof_of_one_model_is_refused_for_another(world, prover, tmp_path):
    """T11, T15: even when the file claims the other circuit and the other model's id."""
    folder, _ = world
    path, config = fresh(world, prover, tmp_path)
    target, _ = fresh(world, prover, tmp_path / "two", name="two")
    proof, other = read_proof(path), read_proof(target)
    claimed = replace(
        proof,
        circuit_digest=other.circuit_digest,
        binding=replace(proof.binding, model_id=other.binding.model_id),
    )
    write_proof(path, claimed)
    assert not verify_with_bundle(path, folder / "two", prover=prover).valid
    assert not verify_on_network(path, "local", config=config).valid
    with pytest.raises(TransactionReverted):
        submit_proof(path, "local", config=config)


def test_after_its_deadline_a_proof_is_refused(world, prover, tmp_path):
    path, config = fresh(world, prover, tmp_path, valid_for=60)
    endpoint = open_endpoint(resolve_network("local", config), 10.0)
    snapshot = request(endpoint, "evm_snapshot", [])
    request(endpoint, "evm_increaseTime", [3600])
    request(endpoint, "evm_mine", [])
    assert "could be submitted until" in verify_on_network(path, "local", config=config).reason
    with pytest.raises(BindingRefused, match="DeadlinePassed"):
        submit_proof(path, "local", config=config)
    request(endpoint, "evm_revert", [snapshot])


def test_a_proof_is_refused_at_another_gateway_on_a_chain_of_the_same_id(world, prover, tmp_path):
    folder, _ = world
    path, _ = fresh(world, prover, tmp_path)
    elsewhere = config_at(tmp_path)
    try:
        chain = connect(resolve_network("local", elsewhere))
        send(chain, dev_signer(0), to=dev_signer(2).address, data=b"")  # so that no address is the same
        deploy_bundle(folder / "one", network="local", name="one", config=elsewhere, prover=prover, verifier="shared")
        assert not verify_on_network(path, "local", config=elsewhere).valid
        with pytest.raises(ProofForeign):
            submit_proof(path, "local", config=elsewhere)
    finally:
        stop_devnet(elsewhere.home)


def test_an_unbound_statement_counts_for_the_first_who_brings_it(world, prover, tmp_path, monkeypatch):
    path, config = fresh(world, prover, tmp_path, name="free")
    assert read_proof(path).binding is None
    submit_proof(path, "local", config=config)
    monkeypatch.setenv("ZKCHAIN_PRIVATE_KEY", OTHER_KEY)
    with pytest.raises(AlreadyRecorded):
        submit_proof(path, "local", config=config)


def test_a_bound_circuit_takes_no_unbound_proof(world, prover, tmp_path):
    folder, config = world
    result = prove_input(
        folder / "one", folder / "input.json", config=config, prover=prover, out=tmp_path / "unbound.json"
    )
    assert verify_with_bundle(result.path, folder / "one", prover=prover).valid
    with pytest.raises(ProofForeign, match="bound to nothing"):
        submit_proof(result.path, "local", config=config)


def test_a_contract_that_accepts_everything_is_not_taken_for_the_gateway(world, prover, tmp_path):
    """The key's data contract begins with STOP: every call to it succeeds."""
    path, config = fresh(world, prover, tmp_path)
    file = config.deployments / "local" / "one.json"
    honest = file.read_text()
    record = json.loads(honest)
    record["zkchain"]["facts"]["gateway"] = record["zkchain"]["facts"]["key_data"]
    file.write_text(json.dumps(record))
    try:
        with pytest.raises(DeploymentDrift, match="InferenceGateway"):
            verify_on_network(path, "local", config=config)
    finally:
        file.write_text(honest)
