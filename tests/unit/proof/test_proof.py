"""Proof files, bindings, decoded outputs and the checks that come before cryptography."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkchain.errors import ProofUnreadable
from zkchain.outputs import decode_outputs
from zkchain.proof.binding import binding_tag, carries
from zkchain.proof.codec import read_proof, write_proof
from zkchain.records import Binding, Proof, Segment
from zkchain.values import MODULUS, ZERO_ADDRESS, ZERO_DIGEST, Address, Digest, FieldElement

BINDING = Binding(
    chain_id=31337,
    gateway=Address("0x5FbDB2315678afecb367f032d93F642f64180aa3"),
    model_id=Digest("0x" + "11" * 32),
    account=Address("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
    request=ZERO_DIGEST,
    nonce=7,
    deadline=1_900_000_000,
)
PROOF = Proof(
    circuit_digest=Digest("0x" + "22" * 32),
    instances=(FieldElement(3), FieldElement(MODULUS - 1)),
    proof=b"\x01\x02",
    binding=BINDING,
)

bindings = st.builds(
    Binding,
    chain_id=st.integers(1, 2**64),
    gateway=st.just(BINDING.gateway),
    model_id=st.binary(min_size=32, max_size=32).map(lambda raw: Digest("0x" + raw.hex())),
    account=st.sampled_from([BINDING.account, ZERO_ADDRESS]),
    request=st.binary(min_size=32, max_size=32).map(lambda raw: Digest("0x" + raw.hex())),
    nonce=st.integers(0, 2**256 - 1),
    deadline=st.integers(0, 2**64 - 1),
)


@given(bindings)
def test_a_tag_is_a_field_element_of_252_bits(binding):
    assert 0 < binding_tag(binding) < 2**252 < MODULUS


@given(bindings, bindings)
def test_different_bindings_have_different_tags(first, second):
    assert (binding_tag(first) == binding_tag(second)) == (first == second)


def test_no_binding_is_zero():
    assert binding_tag(None) == 0


def test_a_written_proof_reads_back_and_has_the_documented_keys(tmp_path):
    write_proof(tmp_path / "p.json", PROOF)
    assert read_proof(tmp_path / "p.json") == PROOF
    raw = json.loads((tmp_path / "p.json").read_text())
    assert set(raw) == {"circuit_digest", "instances", "proof", "binding"}
    assert raw["instances"][0] == "0x" + "00" * 31 + "03"
    assert raw["proof"] == "0x0102"


def spoiled(**changes):
    return {**PROOF.to_json(), **changes}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"proof": "0x01"}',
        b"[" * 100_000,
        json.dumps(spoiled(extra=1)).encode(),
        json.dumps(spoiled(circuit_digest="0x22")).encode(),
        json.dumps(spoiled(circuit_digest=5)).encode(),
        json.dumps(spoiled(instances="0x00")).encode(),
        json.dumps(spoiled(instances=[5])).encode(),
        json.dumps(spoiled(instances=[f"0x{MODULUS:064x}"])).encode(),
        json.dumps(spoiled(instances=["0x01"])).encode(),
        json.dumps(spoiled(proof="0x0")).encode(),
        json.dumps(spoiled(proof=[1])).encode(),
        json.dumps(spoiled(binding={})).encode(),
        json.dumps(spoiled(binding={**BINDING.to_json(), "nonce": -1})).encode(),
        json.dumps(spoiled(binding={**BINDING.to_json(), "nonce": True})).encode(),
        json.dumps(spoiled(binding={**BINDING.to_json(), "deadline": 2**64})).encode(),
        json.dumps(spoiled(binding={**BINDING.to_json(), "account": "0x00"})).encode(),
        json.dumps(spoiled(binding={**BINDING.to_json(), "model_id": "11"})).encode(),
    ],
)
def test_what_is_no_proof_file_is_refused(tmp_path, content):
    path = tmp_path / "p.json"
    path.write_bytes(content)
    with pytest.raises(ProofUnreadable):
        read_proof(path)


def test_a_missing_proof_file_is_refused(tmp_path):
    with pytest.raises(ProofUnreadable):
        read_proof(tmp_path / "absent.json")


def segment(**changes):
    base = Segment(kind="output", tensor="y", start=0, count=1, shape=(1,), dtype="float", scale=7, signed=True)
    return replace(base, **changes)


@given(st.integers(-(2**60), 2**60), st.integers(0, 20))
def test_decoded_floats_are_signed_fixed_point(value, scale):
    decoded = decode_outputs([segment(scale=scale)], [FieldElement.from_int(value)])
    assert decoded == {"y": [value / 2**scale]}


def test_integers_booleans_and_hashes_keep_their_kind():
    segments = [
        segment(tensor="i", dtype="int", scale=0),
        segment(tensor="b", dtype="bool", scale=0, start=1),
        segment(tensor="h", kind="output_hash", start=2),
        segment(tensor="", kind="binding", start=3, count=1),
    ]
    instances = [FieldElement(MODULUS - 5), FieldElement(1), FieldElement(255), FieldElement(9)]
    assert decode_outputs(segments, instances) == {"i": [-5], "b": [True], "h": ["0x" + "00" * 31 + "ff"]}


def test_a_binding_without_an_instance_for_it_is_not_carried():
    tag = segment(tensor="", kind="binding", start=1)
    bound = replace(PROOF, instances=(FieldElement(7), binding_tag(BINDING)))
    assert carries(bound, [segment(), tag])
    assert not carries(bound, [segment()])
    assert not carries(replace(bound, binding=None), [segment(), tag])
    assert carries(replace(bound, binding=None), [segment()])
    assert not carries(replace(bound, instances=(*bound.instances[:1], FieldElement(8))), [segment(), tag])
