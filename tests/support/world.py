"""Everything deployed on a chain around one tiny circuit, and what is needed to prove for it."""

import time
from dataclasses import dataclass

from tests.support.circuits import TinyCircuit
from zkchain.chain.abi import encode_call
from zkchain.chain.client import Chain
from zkchain.chain.deploy import deploy_code, deploy_contract
from zkchain.chain.gateway import KnownModel
from zkchain.chain.registry import ContractAt, ModelLayout, ModelVersion, register_model
from zkchain.chain.signer import dev_signer
from zkchain.proof.binding import binding_tag
from zkchain.records import Binding, Proof, Segment
from zkchain.solidity.artifacts import load_artifact
from zkchain.solidity.compile import compile_verifier
from zkchain.solidity.guard import guard_verifier
from zkchain.solidity.keydata import key_data_creation_code, key_digest, parse_vka
from zkchain.solidity.solc import find_compiler
from zkchain.values import ZERO_DIGEST, Address, FieldElement, keccak_of

OWNER = dev_signer(0)
OTHER = dev_signer(1)
CIRCUIT = keccak_of(b"the circuit")
SEGMENTS = (
    Segment(kind="output", tensor="y", start=0, count=1, shape=(1, 1), dtype="float", scale=14, signed=True),
    Segment(kind="binding", tensor="", start=1, count=1, shape=(), dtype="int", scale=0, signed=False),
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
        instances, proof = self.circuit.prove(binding_tag(binding))
        return Proof(
            circuit_digest=CIRCUIT,
            instances=tuple(FieldElement(value) for value in instances),
            proof=proof,
            binding=binding,
        )


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
            instance_count=2,
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


def submission(world: World, proof: Proof) -> bytes:
    """Calldata of `submit`, for tests that choose the gas."""
    assert proof.binding is not None
    binding = (proof.binding.account, bytes(32), proof.binding.nonce, proof.binding.deadline)
    instances = [int(value) for value in proof.instances]
    return encode_call(world.gateway.abi, "submit", [int(world.model.model_id, 16), instances, proof.proof, binding])
