"""A registry, a gateway and a model with a real verifier behind it, on the in-process EVM."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

from tests.support.circuits import TinyCircuit
from tests.support.evm import SENDER, Evm, Outcome, calldata
from zkchain.solidity.artifacts import load_artifact
from zkchain.solidity.compile import compile_verifier
from zkchain.solidity.guard import guard_verifier
from zkchain.solidity.keydata import key_data_creation_code, key_digest, parse_vka
from zkchain.solidity.solc import Compiler

CIRCUIT = keccak(text="circuit")
ZERO = "0x" + "00" * 20
LAYOUT = "(" + ",".join(["uint32"] * 8) + ")"
RANGES = "(uint32,uint32,int96,int96)[]"
VERSION = f"(bytes32,bytes32,address,bytes32,bytes32,bytes32,{LAYOUT},bool,string)"
BINDING = "(address,bytes32,uint256,uint64)"


@dataclass(frozen=True, slots=True)
class Binding:
    account: str = ZERO
    request: bytes = bytes(32)
    nonce: int = 0
    deadline: int = 0

    @property
    def fields(self) -> tuple[Any, ...]:
        return (self.account, self.request, self.nonce, self.deadline)


@dataclass(frozen=True, slots=True)
class Stage:
    """Addresses of what was deployed, and what each part cost to deploy, in gas."""

    evm: Evm
    registry: str
    gateway: str
    adapter: str
    model_id: int
    deploy_gas: dict[str, int]
    verifier: str = ""
    key: tuple[bytes, ...] = ()  #: the shared verifier's third argument

    def tag(self, binding: Binding) -> int:
        data = calldata("bindingTag(uint256," + BINDING + ")", [self.model_id, binding.fields])
        return int.from_bytes(self.evm.call(self.gateway, data).data, "big")

    def submit(
        self, instances: Sequence[int], proof: bytes, binding: Binding, *, sender: str = SENDER, static: bool = False
    ) -> Outcome:
        signature = "submit(uint256,uint256[],bytes," + BINDING + ")"
        data = calldata(signature, [self.model_id, list(instances), proof, binding.fields])
        return self.evm.call(self.gateway, data, sender=sender, static=static)

    def check(self, instances: Sequence[int], proof: bytes) -> Outcome:
        data = calldata("check(uint256,uint256[],bytes)", [self.model_id, list(instances), proof])
        return self.evm.call(self.gateway, data)

    def record(self, statement: bytes) -> tuple[str, int, bool]:
        data = self.evm.call(self.gateway, calldata("recordOf(bytes32)", [statement])).data
        return decode(["address", "uint64", "bool"], data)


def stage(evm: Evm, circuit: TinyCircuit, *, shared: bool, compiler: Compiler | None = None) -> Stage:
    """Deploy everything for `circuit`; with the shared verifier no compiler is needed."""
    gas: dict[str, int] = {}

    def deploy(name: str, creation: bytes) -> str:
        address = evm.deploy(creation)
        gas[name] = evm.gas
        return address

    def shipped(name: str, types: Sequence[str] = (), values: Sequence[Any] = ()) -> str:
        return deploy(name, load_artifact(name).bytecode + encode(list(types), list(values)))

    registry = shipped("ModelRegistry")
    gateway = shipped("InferenceGateway", ["address"], [registry])
    if shared:
        key = parse_vka(circuit.vka)
        digest = bytes.fromhex(key_digest(key)[2:])
        verifier = shipped("Halo2VerifierReusable")
        data = deploy("key data", key_data_creation_code(key))
        values = [verifier, evm.code_hash(verifier), data, digest, CIRCUIT]
        adapter = shipped("ReusableHalo2Adapter", ["address", "bytes32", "address", "bytes32", "bytes32"], values)
    else:
        assert compiler is not None
        verifier = deploy("Halo2Verifier", compile_verifier(guard_verifier(circuit.own_source), compiler).bytecode)
        digest = evm.code_hash(verifier)
        adapter = shipped("Halo2Adapter", ["address", "bytes32", "bytes32"], [verifier, digest, CIRCUIT])
    layout = (2, 0, 0, 0, 1, 1, 0, 0)
    version = (CIRCUIT, keccak(text="model"), adapter, evm.code_hash(adapter), digest, bytes(32), layout, True, "tiny")
    outcome = evm.call(registry, calldata(f"register({VERSION},{RANGES})", [version, []]), static=False)
    assert outcome.ok, outcome.data.hex()
    gas["register"] = outcome.gas
    model_id = int.from_bytes(outcome.data, "big")
    return Stage(evm, registry, gateway, adapter, model_id, gas, verifier, key if shared else ())
