"""T17: a proof is for the tag it was made with and for no other, though no constraint of the circuit reads the tag."""

import random
from collections.abc import Callable, Sequence

import pytest

from tests.support.circuits import TinyCircuit
from tests.support.evm import Evm, calldata
from tests.support.layouts import canonical
from zkchain.solidity.artifacts import load_artifact
from zkchain.solidity.compile import compile_verifier
from zkchain.solidity.guard import guard_verifier
from zkchain.solidity.keydata import parse_vka
from zkchain.solidity.solc import find_compiler
from zkchain.values import MODULUS, FieldElement

TAG, OTHER = 2**252 - 5, 2**251 + 77
Judge = Callable[[Sequence[int], bytes], bool]


@pytest.fixture(scope="module", params=["engine", "own", "shared"])
def judge(request: pytest.FixtureRequest, circuit: TinyCircuit) -> Judge:
    if request.param == "engine":
        return lambda instances, proof: circuit.engine.verify(
            circuit.files, [FieldElement(value) for value in instances], proof
        )
    evm = Evm()
    if request.param == "own":
        own = evm.deploy(compile_verifier(guard_verifier(circuit.own_source), find_compiler()).bytecode)
        return lambda instances, proof: evm.call(own, canonical(proof, instances, None).data).ok
    key = parse_vka(circuit.vka)
    shared = evm.deploy(load_artifact("Halo2VerifierReusable").bytecode)
    assert evm.call(shared, calldata("registerVka(bytes32[])", [list(key)]), static=False).ok
    return lambda instances, proof: evm.call(shared, canonical(proof, instances, key).data).ok


@pytest.fixture(scope="module")
def honest(circuit: TinyCircuit) -> tuple[list[int], bytes]:
    return circuit.prove(TAG)


def test_the_tag_is_the_last_instance(honest, judge: Judge):
    instances, proof = honest
    assert len(instances) == 2
    assert instances[-1] == TAG
    assert judge(instances, proof)


def test_no_other_tag_is_accepted(honest, judge: Judge):
    instances, proof = honest
    source = random.Random(1)
    bits = [TAG ^ (1 << source.randrange(252)) for _ in range(20)]
    for tag in (0, 1, OTHER, TAG + 1, TAG - 1, MODULUS - TAG, MODULUS - 1, instances[0], *bits):
        assert not judge([instances[0], tag], proof), hex(tag)


def test_the_tag_can_neither_be_left_out_nor_moved_nor_doubled(honest, judge: Judge):
    output, tag = honest[0]
    for instances in ([output], [tag, output], [output, tag, tag], [output, 0, tag], [output, tag, 0], [tag], []):
        assert not judge(instances, honest[1])


def test_the_tags_of_two_proofs_of_one_answer_cannot_be_swapped(circuit: TinyCircuit, honest, judge: Judge):
    instances, proof = circuit.prove(OTHER)
    assert instances[0] == honest[0][0]
    assert judge(instances, proof)
    assert not judge(instances, honest[1])
    assert not judge(honest[0], proof)
