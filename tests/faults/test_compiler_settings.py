"""T48: a verifier judges alike however the compiler was set, so that its verdicts do not hang on one optimizer."""

import json
import random

import pytest

from tests.support.circuits import TinyCircuit, build_tiny
from tests.support.evm import Evm
from tests.support.layouts import canonical
from zkchain.chain.layouts import Statement, negative_vectors
from zkchain.errors import CompileFailed
from zkchain.records import ContractArtifact
from zkchain.solidity.compile import compile_request, compile_verifier
from zkchain.solidity.guard import guard_verifier
from zkchain.solidity.solc import find_compiler
from zkchain.values import FieldElement

SETTINGS = {
    "as shipped": {},
    "few runs": {"optimizer": {"enabled": True, "runs": 1}},
    "many runs": {"optimizer": {"enabled": True, "runs": 1_000_000}},
    "an older EVM": {"evmVersion": "paris"},
    "a newer EVM": {"evmVersion": "cancun"},
}
#: Too many variables for the stack: the compiler refuses, and nothing is made.
IMPOSSIBLE = {"not optimised": {"optimizer": {"enabled": False}}, "by way of Yul": {"viaIR": True}}


@pytest.fixture(scope="module")
def circuit(tmp_path_factory) -> TinyCircuit:
    return build_tiny(tmp_path_factory.mktemp("circuit"), seed=2)


def compiled(circuit: TinyCircuit, changed: dict) -> ContractArtifact:
    compiler = find_compiler()
    shipped = compile_verifier(guard_verifier(circuit.own_source), compiler)
    request = json.loads(shipped.solc_input)
    request["settings"] |= changed
    return compile_request(shipped.name, request, compiler)


@pytest.mark.parametrize("changed", SETTINGS.values(), ids=SETTINGS.keys())
def test_a_verifier_judges_alike_by_all_settings(circuit: TinyCircuit, changed: dict):
    artifact = compiled(circuit, changed)
    evm = Evm()
    verifier = evm.deploy(artifact.bytecode)
    instances, proof = circuit.prove(0)
    assert evm.call(verifier, canonical(proof, instances, None).data).ok
    statement = Statement(proof, tuple(FieldElement(value) for value in instances))
    accepted = [vector.name for vector in negative_vectors(statement) if evm.call(verifier, vector.calldata).ok]
    assert accepted == []
    source = random.Random(3)
    for _ in range(50):
        forged, at = bytearray(proof), source.randrange(8 * len(proof))
        forged[at // 8] ^= 1 << at % 8
        assert not evm.call(verifier, canonical(bytes(forged), instances, None).data).ok, at


@pytest.mark.parametrize("changed", IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_settings_that_cannot_hold_the_verifier_make_none(circuit: TinyCircuit, changed: dict):
    with pytest.raises(CompileFailed, match="too deep"):
        compiled(circuit, changed)
