"""A real circuit behind registry and gateway, on both devnet engines, with both kinds of verifier."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from tests.support.chains import network_of, raw
from tests.support.circuits import TinyCircuit, build_tiny
from zkchain.chain.abi import encode_call
from zkchain.chain.client import Chain, connect
from zkchain.chain.deploy import deploy_code, deploy_contract
from zkchain.chain.devnet_state import DevnetInfo
from zkchain.chain.gateway import (
    KnownModel,
    check_inference,
    list_events,
    onchain_binding_tag,
    record_of,
    statement_of,
    submit_inference,
)
from zkchain.chain.layouts import Statement, canonical, negative_vectors
from zkchain.chain.registry import ContractAt, ModelLayout, ModelVersion, get_version, is_stopped, register_model
from zkchain.chain.signer import dev_signer
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
from zkchain.proof.binding import binding_limbs, binding_tag
from zkchain.records import Binding, Proof, Segment
from zkchain.solidity.artifacts import load_artifact
from zkchain.solidity.compile import compile_verifier
from zkchain.solidity.guard import guard_verifier
from zkchain.solidity.keydata import key_data_creation_code, key_digest, parse_vka
from zkchain.solidity.solc import find_compiler
from zkchain.values import ZERO_ADDRESS, ZERO_DIGEST, Address, Digest, FieldElement, keccak_of

OWNER = dev_signer(0)
OTHER = dev_signer(1)
CIRCUIT = keccak_of(b"the circuit")
SEGMENTS = (
    Segment(kind="output", tensor="y", start=0, count=1, shape=(1, 1), dtype="float", scale=14, signed=True),
    Segment(kind="binding", tensor="binding", start=1, count=9, shape=(1, 9), dtype="int", scale=0, signed=False),
)


@dataclass(frozen=True)
class World:
    """Everything deployed, and what is needed to prove for it."""

    chain: Chain
    gateway: ContractAt
    registry: ContractAt
    version: ModelVersion
    model: KnownModel
    verifier: Address
    circuit: TinyCircuit
    key: tuple[bytes, ...] | None

    def bound(self, *, account: Address = OWNER.address, nonce: int = 1, seconds: int = 3600) -> Binding:
        return Binding(
            chain_id=31337,
            gateway=self.gateway.address,
            model_id=self.model.model_id,
            account=account,
            request=ZERO_DIGEST,
            nonce=nonce,
            deadline=int(time.time()) + seconds,
        )

    def prove(self, binding: Binding) -> Proof:
        instances, proof = self.circuit.prove(binding_limbs(binding))
        return Proof(
            circuit_digest=CIRCUIT,
            instances=tuple(FieldElement(value) for value in instances),
            proof=proof,
            binding=binding,
        )


@pytest.fixture(scope="session")
def circuit(tmp_path_factory: pytest.TempPathFactory) -> TinyCircuit:
    return build_tiny(tmp_path_factory.mktemp("circuit"), seed=1)


@pytest.fixture(scope="module", params=["own", "shared"])
def built(request: pytest.FixtureRequest, devnet: DevnetInfo, circuit: TinyCircuit) -> Iterator[World]:
    mark = raw(devnet.rpc_url, "evm_snapshot")
    yield deployed(connect(network_of(devnet)), circuit, request.param)
    assert raw(devnet.rpc_url, "evm_revert", mark) is True


def deployed(chain: Chain, circuit: TinyCircuit, kind: str) -> World:
    registry_artifact, gateway_artifact = load_artifact("ModelRegistry"), load_artifact("InferenceGateway")
    _, registry_at = deploy_contract(chain, OWNER, registry_artifact, ())
    _, gateway_at = deploy_contract(chain, OWNER, gateway_artifact, (registry_at,))
    key = None
    circuit_word = bytes.fromhex(CIRCUIT[2:])
    if kind == "own":
        artifact = compile_verifier(guard_verifier(circuit.own_source), find_compiler())
        _, verifier = deploy_contract(chain, OWNER, artifact, ())
        key_hash = chain.code_hash(verifier)
        args = (verifier, bytes.fromhex(key_hash[2:]), circuit_word)
        _, adapter = deploy_contract(chain, OWNER, load_artifact("Halo2Adapter"), args)
    else:
        _, verifier = deploy_contract(chain, OWNER, load_artifact("Halo2VerifierReusable"), ())
        key = parse_vka(circuit.vka)
        creation = key_data_creation_code(key)
        _, data_at = deploy_code(chain, OWNER, creation, runtime=creation[10:])
        key_hash = key_digest(key)
        code = bytes.fromhex(chain.code_hash(verifier)[2:])
        args = (verifier, code, data_at, bytes.fromhex(key_hash[2:]), circuit_word)
        _, adapter = deploy_contract(chain, OWNER, load_artifact("ReusableHalo2Adapter"), args)
    version = ModelVersion(
        circuit_digest=CIRCUIT,
        model_digest=keccak_of(b"the model"),
        adapter=adapter,
        adapter_code_hash=chain.code_hash(adapter),
        key_digest=key_hash,
        params_digest=ZERO_DIGEST,
        layout=ModelLayout(
            instance_count=10,
            input_start=0,
            input_count=0,
            output_start=0,
            output_count=1,
            binding_start=1,
            params_start=0,
            params_count=0,
        ),
        dev_srs=True,
        name="tiny é",
    )
    registry = ContractAt(registry_at, registry_artifact.abi)
    model_id, _ = register_model(chain, OWNER, registry, version)
    return World(
        chain=chain,
        gateway=ContractAt(gateway_at, gateway_artifact.abi),
        registry=registry,
        version=version,
        model=KnownModel(model_id=model_id, name="tiny é", segments=SEGMENTS),
        verifier=verifier,
        circuit=circuit,
        key=key,
    )


@pytest.fixture
def world(built: World, devnet: DevnetInfo) -> Iterator[World]:
    mark = raw(devnet.rpc_url, "evm_snapshot")
    yield built
    assert raw(devnet.rpc_url, "evm_revert", mark) is True


@pytest.fixture(scope="module")
def honest(built: World) -> Proof:
    return built.prove(built.bound())


def submission(world: World, proof: Proof) -> bytes:
    """Calldata of `submit`, for tests that choose the gas."""
    assert proof.binding is not None
    binding = (proof.binding.account, bytes(32), proof.binding.nonce, proof.binding.deadline)
    instances = [int(value) for value in proof.instances]
    return encode_call(world.gateway.abi, "submit", [int(world.model.model_id, 16), instances, proof.proof, binding])


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
