"""Both guarded verifiers on an EVM, with a real proof: the canonical encoding passes and nothing else does."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from eth_abi.abi import decode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.circuits import TinyCircuit, build_tiny
from tests.support.evm import Evm, calldata
from tests.support.layouts import bad_layouts, canonical
from zkchain.solidity.artifacts import load_artifact
from zkchain.solidity.compile import compile_verifier
from zkchain.solidity.generated import body_of
from zkchain.solidity.guard import guard_shared_verifier, guard_verifier
from zkchain.solidity.keydata import key_data_creation_code, key_digest, parse_vka
from zkchain.solidity.solc import Compiler, find_compiler
from zkchain.values import MODULUS, keccak_of

ROOT = Path(__file__).resolve().parents[2]
BASE_FIELD = 21888242871839275222246405745257275088696311157297823662689037894645226208583
TAG = 2**252 - 100


@dataclass(frozen=True, slots=True)
class Target:
    """A deployed verifier and an honest call to it."""

    evm: Evm
    address: str
    proof: bytes
    instances: tuple[int, ...]
    key: tuple[bytes, ...] | None
    code: bytes = field(repr=False)

    def accepts(self, data: bytes, *, gas: int | None = None) -> bool:
        """True when the call succeeds and says true; a call that succeeds with anything else is a failure."""
        outcome = self.evm.call(self.address, data, gas=gas)
        if outcome.ok:
            assert int.from_bytes(outcome.data[:32], "big") == 1
        return outcome.ok

    def encoded(self, proof: bytes | None = None, instances: Sequence[int] | None = None) -> bytes:
        return canonical(
            self.proof if proof is None else proof, self.instances if instances is None else instances, self.key
        ).data


@pytest.fixture(scope="module")
def compiler() -> Compiler:
    return find_compiler()


@pytest.fixture(scope="module")
def honest(circuit: TinyCircuit) -> tuple[tuple[int, ...], bytes]:
    instances, proof = circuit.prove(TAG)
    return tuple(instances), proof


@pytest.fixture(scope="module", params=["own", "shared"])
def target(request, circuit, honest, compiler) -> Target:
    instances, proof = honest
    evm = Evm()
    if request.param == "own":
        artifact = compile_verifier(guard_verifier(circuit.own_source), compiler)
        return Target(evm, evm.deploy(artifact.bytecode), proof, instances, None, artifact.deployed_bytecode)
    artifact = load_artifact("Halo2VerifierReusable")
    address = evm.deploy(artifact.bytecode)
    key = parse_vka(circuit.vka)
    registered = evm.call(address, calldata("registerVka(bytes32[])", [list(key)]), static=False)
    assert registered.data.hex() == key_digest(key)[2:]
    return Target(evm, address, proof, instances, key, artifact.deployed_bytecode)


def test_the_canonical_encoding_is_accepted(target: Target) -> None:
    assert target.accepts(target.encoded())


def test_every_standard_negative_layout_is_refused(target: Target) -> None:
    vectors = dict(bad_layouts(target.proof, target.instances, target.key))
    assert len(vectors) >= 60
    assert target.encoded() not in vectors.values()
    assert [name for name, data in vectors.items() if target.accepts(data)] == []


def test_every_altered_instance_is_refused(target: Target) -> None:
    for index, value in enumerate(target.instances):
        for other in (value + MODULUS, value + 2 * MODULUS, 2**256 - 1, (value + 1) % MODULUS, MODULUS - value - 1):
            changed = [*target.instances[:index], other, *target.instances[index + 1 :]]
            assert not target.accepts(target.encoded(instances=changed)), (index, other)


def test_every_altered_word_of_the_proof_is_refused(target: Target) -> None:
    for at in range(0, len(target.proof), 32):
        value = int.from_bytes(target.proof[at : at + 32], "big")
        others = {0, 1, value ^ 1, value ^ (1 << 255), value + MODULUS, value + BASE_FIELD, 2**256 - 1} - {value}
        for other in (item for item in others if item < 2**256):
            changed = target.proof[:at] + other.to_bytes(32, "big") + target.proof[at + 32 :]
            assert not target.accepts(target.encoded(proof=changed)), (at, hex(other))


def test_points_at_infinity_are_refused(target: Target) -> None:
    for at in range(0, len(target.proof) - 32, 64):
        changed = target.proof[:at] + bytes(64) + target.proof[at + 64 :]
        assert not target.accepts(target.encoded(proof=changed)), at


def test_no_gas_limit_makes_a_bad_proof_pass_or_an_honest_one_say_anything_but_true(target: Target) -> None:
    bad = target.encoded(instances=[(target.instances[0] + 1) % MODULUS, *target.instances[1:]])
    for gas in range(100_000, 700_000, 32_000):
        assert not target.accepts(bad, gas=gas)
        target.accepts(target.encoded(), gas=gas)
    assert target.accepts(target.encoded(), gas=700_000)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_accepted_is_the_canonical_encoding(target: Target, data: st.DataObject) -> None:
    good = target.encoded()
    mutated = bytearray(good)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(mutated)))
        match data.draw(st.sampled_from(["flip", "cut", "insert", "copy"])):
            case "flip" if at < len(mutated):
                mutated[at] ^= 1 << data.draw(st.integers(0, 7))
            case "cut":
                del mutated[at : at + data.draw(st.sampled_from([1, 32, 64]))]
            case "insert":
                mutated[at:at] = bytes(data.draw(st.sampled_from([1, 32, 64])))
            case _:
                source = data.draw(st.integers(0, len(good) - 32))
                mutated[at : at + 32] = good[source : source + 32]
    assert target.accepts(bytes(mutated)) == (bytes(mutated) == good)


def test_without_the_guard_bytes_behind_the_arguments_go_unseen(circuit, honest, compiler) -> None:
    """Shows that the layouts reach the guard: what it is made for is not refused by anything else."""
    instances, proof = honest
    evm = Evm()
    address = evm.deploy(compile_verifier(circuit.own_source, compiler).bytecode)
    bare = Target(evm, address, proof, instances, None, b"")
    assert bare.accepts(bare.encoded() + bytes(32))


def test_the_guard_costs_little(circuit, honest, compiler) -> None:
    instances, proof = honest
    data = canonical(proof, instances, None).data
    gas, size = [], []
    for source in (circuit.own_source, guard_verifier(circuit.own_source)):
        artifact, evm = compile_verifier(source, compiler), Evm()
        gas.append(evm.call(evm.deploy(artifact.bytecode), data).gas)
        size.append(len(artifact.deployed_bytecode))
    assert gas[1] - gas[0] <= 200
    assert size[1] - size[0] <= 100


def test_a_proof_of_another_model_is_refused(target: Target, tmp_path: Path) -> None:
    other = build_tiny(tmp_path, seed=2)
    instances, proof = other.prove(TAG)
    assert not target.accepts(canonical(proof, instances, target.key).data)
    if target.key is not None:  # its own key would fit, but nobody has registered it
        assert not target.accepts(canonical(proof, instances, parse_vka(other.vka)).data)


def test_the_committed_shared_verifier_is_what_the_engine_renders(circuit: TinyCircuit) -> None:
    committed = (ROOT / "contracts/generated/Halo2VerifierReusable.sol").read_text(encoding="utf-8")
    assert body_of(committed) == guard_shared_verifier(circuit.shared_source)


def test_the_key_contract_is_inert_and_holds_the_key(circuit: TinyCircuit) -> None:
    key = parse_vka(circuit.vka)
    evm = Evm()
    creation = key_data_creation_code(key)
    address = evm.deploy(creation)
    code = creation[10:]
    assert evm.code_hash(address).hex() == keccak_of(code)[2:]
    assert decode(["bytes32[]"], code)[0] == key
    outcome = evm.call(address, b"\x12\x34\x56\x78" * 9)
    assert outcome.ok
    assert outcome.data == b""
