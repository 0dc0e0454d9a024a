"""A real circuit behind registry and gateway, on both devnet engines, with both kinds of verifier."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.support.chains import network_of, raw
from tests.support.circuits import TinyCircuit
from tests.support.world import OTHER, OWNER, World, deployed, submission
from zkchain.chain.client import connect
from zkchain.chain.devnet_state import DevnetInfo
from zkchain.chain.gateway import (
    check_inference,
    list_events,
    onchain_binding_tag,
    record_of,
    statement_of,
    submit_inference,
)
from zkchain.chain.layouts import Statement, canonical, negative_vectors
from zkchain.chain.registry import ContractAt, get_version, is_stopped, register_model
from zkchain.chain.smoke import smoke_test, verifier_at
from zkchain.chain.transact import send
from zkchain.errors import (
    AlreadyRecorded,
    BindingRefused,
    DeploymentDrift,
    EventMissing,
    ProofRejected,
    SmokeTestFailed,
    TransactionError,
    TransactionReverted,
)
from zkchain.proof.binding import binding_tag
from zkchain.records import Proof
from zkchain.solidity.artifacts import load_artifact
from zkchain.values import ZERO_ADDRESS, ZERO_DIGEST, Digest, keccak_of


@pytest.fixture(scope="module", params=["own", "shared"])
def built(request: pytest.FixtureRequest, devnet: DevnetInfo, circuit: TinyCircuit) -> Iterator[World]:
    mark = raw(devnet.rpc_url, "evm_snapshot")
    yield deployed(connect(network_of(devnet)), circuit, request.param)
    assert raw(devnet.rpc_url, "evm_revert", mark) is True


@pytest.fixture
def world(built: World, devnet: DevnetInfo) -> Iterator[World]:
    mark = raw(devnet.rpc_url, "evm_snapshot")
    yield built
    assert raw(devnet.rpc_url, "evm_revert", mark) is True


@pytest.fixture(scope="module")
def honest(built: World) -> Proof:
    return built.prove(built.bound())


ADAPTER_ERRORS = [load_artifact("Halo2Adapter").abi, load_artifact("ModelRegistry").abi]


def test_an_honest_proof_is_recorded_once_and_its_event_is_decoded(world: World, honest: Proof):
    receipt, event = submit_inference(world.chain, OWNER, world.gateway, world.model, honest)
    assert receipt.status == 1
    assert event.account == OWNER.address
    assert event.model_id == world.model.model_id
    assert event.model_name == "tiny é"
    assert event.outputs == {"y": [honest.instances[0].to_float(scale=14)]}
    statement = statement_of(world.chain, world.gateway, world.model.model_id, honest.instances)
    record = record_of(world.chain, world.gateway, statement)
    assert record is not None
    assert record.account == OWNER.address
    assert record.account_bound
    with pytest.raises(AlreadyRecorded) as caught:
        submit_inference(world.chain, OWNER, world.gateway, world.model, honest)
    assert caught.value.facts["error"] == "AlreadyRecorded"
    known = {world.model.model_id: world.model}
    assert list_events(world.chain, world.gateway, known, from_block=receipt.block) == (event,)
    assert list_events(world.chain, world.gateway, {}, from_block=receipt.block) == (
        replace(event, model_name="", outputs={}),
    )
    assert list_events(world.chain, world.gateway, known, from_block=receipt.block + 1) == ()


def test_a_second_proof_of_the_same_statement_is_a_replay(world: World, honest: Proof):
    """T16: Halo2 proofs are randomised, so one statement has many proofs."""
    assert honest.binding is not None
    again = world.prove(honest.binding)
    assert again.proof != honest.proof
    submit_inference(world.chain, OWNER, world.gateway, world.model, honest)
    with pytest.raises(AlreadyRecorded):
        submit_inference(world.chain, OWNER, world.gateway, world.model, again)


def test_another_account_cannot_use_the_proof(world: World, honest: Proof):
    with pytest.raises(BindingRefused) as caught:
        submit_inference(world.chain, OTHER, world.gateway, world.model, honest)
    assert caught.value.facts["error"] == "WrongAccount"


@pytest.mark.parametrize("change", [{"account": OTHER.address}, {"nonce": 2}, {"deadline": 2**40}])
def test_a_binding_that_the_proof_does_not_carry_is_refused(world: World, honest: Proof, change: dict[str, object]):
    assert honest.binding is not None
    forged = replace(honest, binding=replace(honest.binding, **change))
    sender = OTHER if "account" in change else OWNER
    with pytest.raises(BindingRefused) as caught:
        submit_inference(world.chain, sender, world.gateway, world.model, forged)
    assert caught.value.facts["error"] == "BindingMismatch"


def test_an_expired_binding_is_refused(world: World):
    late = world.prove(world.bound(seconds=-3600))
    with pytest.raises(BindingRefused) as caught:
        submit_inference(world.chain, OWNER, world.gateway, world.model, late)
    assert caught.value.facts["error"] == "DeadlinePassed"


@pytest.mark.parametrize("at", [0, 31, 500])
def test_a_changed_proof_is_rejected(world: World, honest: Proof, at: int):
    changed = honest.proof[:at] + bytes([honest.proof[at] ^ 1]) + honest.proof[at + 1 :]
    with pytest.raises(ProofRejected):
        submit_inference(
            world.chain, OWNER, world.gateway, world.model, replace(honest, proof=changed), abis=ADAPTER_ERRORS
        )


def test_a_rejected_transaction_that_was_sent_says_why(world: World, honest: Proof):
    """With a fixed gas limit nothing is estimated: the refusal is read from the mined transaction."""
    data = submission(world, replace(honest, proof=bytes([honest.proof[0] ^ 1]) + honest.proof[1:]))
    with pytest.raises(ProofRejected) as caught:
        send(world.chain, OWNER, to=world.gateway.address, data=data, gas=2_000_000, abis=[world.gateway.abi])
    assert world.chain.knows(caught.value.facts["tx_hash"])


def test_too_little_gas_is_never_taken_for_acceptance(world: World, honest: Proof):
    """T23: at no gas limit between a fifth and all of what is needed is something else than success recorded."""
    data = submission(world, honest)
    statement = statement_of(world.chain, world.gateway, world.model.model_id, honest.instances)
    needed = world.chain.estimate_gas(world.gateway.address, data, OWNER.address)
    for part in range(2, 9):
        # Below the floor price nothing is sent at all; above it the transaction is mined and fails.
        with pytest.raises(TransactionError):
            send(world.chain, OWNER, to=world.gateway.address, data=data, gas=needed * part // 10)
        assert record_of(world.chain, world.gateway, statement) is None


def test_a_check_by_call_gives_a_verdict_without_sending(world: World, honest: Proof):
    before = world.chain.block_number()
    assert check_inference(world.chain, world.gateway, world.model.model_id, honest) is None
    changed = replace(honest, proof=honest.proof[:-1] + bytes([honest.proof[-1] ^ 1]))
    refusal = check_inference(world.chain, world.gateway, world.model.model_id, changed, abis=ADAPTER_ERRORS)
    assert isinstance(refusal, ProofRejected)
    unknown = check_inference(world.chain, world.gateway, keccak_of(b"x"), honest, abis=ADAPTER_ERRORS)
    assert unknown is not None
    assert unknown.facts["error"] == "ModelNotFound"
    assert world.chain.block_number() == before


def test_an_address_without_code_gives_no_verdict(world: World, honest: Proof):
    """T20: a call to it succeeds and returns nothing."""
    nowhere = ContractAt(OTHER.address, world.gateway.abi)
    with pytest.raises(DeploymentDrift):
        check_inference(world.chain, nowhere, world.model.model_id, honest)
    with pytest.raises(EventMissing):
        submit_inference(world.chain, OWNER, nowhere, world.model, honest)


def test_the_binding_tag_is_computed_alike_on_and_off_chain(world: World):
    for account, request, nonce in ((OWNER.address, ZERO_DIGEST, 0), (ZERO_ADDRESS, keccak_of(b"r"), 2**256 - 1)):
        binding = replace(world.bound(), account=account, request=request, nonce=nonce)
        on_chain = onchain_binding_tag(world.chain, world.gateway, world.model.model_id, binding)
        assert on_chain == binding_tag(binding)


def test_the_registry_gives_back_what_was_registered(world: World):
    assert get_version(world.chain, world.registry, world.model.model_id) == world.version
    assert not is_stopped(world.chain, world.registry, world.model.model_id)
    assert get_version(world.chain, world.registry, Digest("0x" + "7" * 64)) is None
    with pytest.raises(TransactionReverted) as caught:
        register_model(world.chain, OWNER, world.registry, world.version)
    assert caught.value.facts["error"] == "AlreadyRegistered"


def test_the_guarded_verifier_passes_the_smoke_test(world: World, honest: Proof):
    statement = Statement(honest.proof, honest.instances, world.key)
    stages: list[float | None] = []
    refused = smoke_test(verifier_at(world.chain, world.verifier), statement, lambda _, part=None: stages.append(part))
    assert refused == len(negative_vectors(statement)) >= 12
    assert stages[-1] == 1.0


def test_a_verifier_that_accepts_one_bad_vector_fails_the_smoke_test(world: World, honest: Proof):
    statement = Statement(honest.proof, honest.instances, world.key)
    judge = verifier_at(world.chain, world.verifier)
    for vector in negative_vectors(statement)[::7]:
        with pytest.raises(SmokeTestFailed) as caught:
            smoke_test(lambda data, bad=vector.calldata: data == bad or data == canonical(statement), statement)
        assert caught.value.facts["vector"] == vector.name
    with pytest.raises(SmokeTestFailed, match="honest"):
        smoke_test(judge, replace(statement, proof=honest.proof[:-1] + bytes([honest.proof[-1] ^ 1])))
    with pytest.raises(SmokeTestFailed, match="no verdict"):
        smoke_test(verifier_at(world.chain, OTHER.address), statement)
