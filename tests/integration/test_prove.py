"""Making and judging proofs with the real engine."""

from dataclasses import replace

import pytest

from tests.support.bundles import tiny_request
from zkchain.circuit.build import build_bundle
from zkchain.circuit.bundle import circuit_files
from zkchain.errors import ValueOutOfRange
from zkchain.outputs import decode_outputs
from zkchain.proof.check import check_proof
from zkchain.proof.prove import make_proof
from zkchain.values import MODULUS, FieldElement


@pytest.fixture(scope="module")
def proved(tiny_bundle, prover):
    folder, bundle = tiny_bundle
    proof, cost = make_proof(prover, circuit_files(folder), bundle, [[0.5, -0.25]], None)
    return circuit_files(folder), bundle, proof, cost


def test_an_honest_proof_holds_and_says_the_models_answer(proved, prover):
    files, bundle, proof, cost = proved
    assert check_proof(prover, files, bundle, proof).valid
    answer = decode_outputs(bundle.segments, proof.instances)["y"]
    assert answer[0] == pytest.approx(max(0.0, 0.5 * 0.12573022 - 0.25 * -0.13210486), abs=0.02)
    assert cost.prove_seconds > 0
    assert cost.peak_rss_bytes > 10**7


def test_two_proofs_of_one_statement_differ_and_both_hold(proved, prover):
    files, bundle, proof, _ = proved
    again, _ = make_proof(prover, files, bundle, [[0.5, -0.25]], None)
    assert again.instances == proof.instances
    assert again.proof != proof.proof
    assert check_proof(prover, files, bundle, again).valid


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda p: replace(p, proof=p.proof + b"\0"), "bytes long"),
        (lambda p: replace(p, proof=p.proof[:-1]), "bytes long"),
        (lambda p: replace(p, proof=b""), "bytes long"),
        (lambda p: replace(p, proof=bytes([p.proof[0] ^ 1]) + p.proof[1:]), "does not hold"),
        (lambda p: replace(p, proof=p.proof[:-1] + bytes([p.proof[-1] ^ 1])), "does not hold"),
        (lambda p: replace(p, proof=bytes(len(p.proof))), "does not hold"),
        (lambda p: replace(p, instances=(FieldElement((p.instances[0] + 1) % MODULUS),)), "does not hold"),
        (lambda p: replace(p, instances=()), "instances"),
        (lambda p: replace(p, instances=p.instances * 2), "instances"),
        (lambda p: replace(p, circuit_digest="0x" + "00" * 32), "circuit"),
    ],
)
def test_a_changed_proof_is_a_negative_verdict_with_its_reason(proved, prover, spoil, reason):
    files, bundle, proof, _ = proved
    verdict = check_proof(prover, files, bundle, spoil(proof))
    assert not verdict.valid
    assert reason in verdict.reason


def test_a_proof_of_other_weights_is_refused(proved, prover, cache_home, tmp_path):
    """T11: same shape and instance count, another model."""
    _, _, proof, _ = proved
    other = build_bundle(tiny_request(seed=5), prover=prover, home=cache_home, out=tmp_path / "other.bundle")
    files = circuit_files(tmp_path / "other.bundle")
    assert not check_proof(prover, files, other, proof).valid
    assert not check_proof(prover, files, other, replace(proof, circuit_digest=other.circuit_digest)).valid


@pytest.mark.parametrize("value", [1e7, -1e12, 1e30])
def test_a_value_the_circuit_cannot_hold_is_refused_by_the_inputs_name(proved, prover, value):
    files, bundle, _, _ = proved
    with pytest.raises(ValueOutOfRange, match=r"input 'x'\[1\]"):
        make_proof(prover, files, bundle, [[0.5, value]], None)
