"""The vectors themselves: each differs from the canonical encoding, and a strict reader refuses each."""

import pytest
from eth_abi.abi import decode, encode
from hypothesis import given, settings
from hypothesis import strategies as st

from zkchain.chain.layouts import Statement, canonical, negative_vectors
from zkchain.values import MODULUS, FieldElement, keccak_of

elements = st.integers(0, MODULUS - 1).map(FieldElement)
keys = st.one_of(st.none(), st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=4).map(tuple))
statements = st.builds(
    Statement,
    proof=st.integers(2, 40).flatmap(lambda words: st.binary(min_size=32 * words, max_size=32 * words)),
    instances=st.lists(elements, min_size=1, max_size=5).map(tuple),
    key=keys,
)


@given(statement=statements)
@settings(max_examples=40, deadline=None)
def test_the_canonical_call_is_what_the_abi_says(statement: Statement):
    data = canonical(statement)
    own = statement.key is None
    signature = b"verifyProof(bytes,uint256[])" if own else b"verifyProof(bytes,uint256[],bytes32[])"
    types = ["bytes", "uint256[]"] if own else ["bytes", "uint256[]", "bytes32[]"]
    assert data[:4].hex() == keccak_of(signature)[2:10]
    proof, instances, *key = decode(types, data[4:])
    assert (proof, instances) == (statement.proof, statement.instances)
    assert own or tuple(key[0]) == statement.key
    # The positions that generated code reads at.
    assert data[0x64 if own else 0x84 :].startswith(statement.proof)


@given(statement=statements)
@settings(max_examples=40, deadline=None)
def test_no_vector_is_the_canonical_call_of_the_statement(statement: Statement):
    vectors = negative_vectors(statement)
    honest = canonical(statement)
    assert len(vectors) >= 12
    assert len({vector.name for vector in vectors}) == len(vectors)
    assert all(vector.calldata != honest for vector in vectors)


@given(statement=statements)
@settings(max_examples=20, deadline=None)
def test_every_layout_vector_is_non_canonical_or_says_something_else(statement: Statement):
    """A reader that decodes, encodes again and compares finds each: the property that the guard enforces."""
    types = ["bytes", "uint256[]"] if statement.key is None else ["bytes", "uint256[]", "bytes32[]"]
    said = (statement.proof, statement.instances) + (() if statement.key is None else (statement.key,))
    for vector in negative_vectors(statement):
        try:
            arguments = decode(types, vector.calldata[4:])
        except Exception:
            continue
        assert encode(types, arguments) != vector.calldata[4:] or tuple(map(tuple, arguments)) != tuple(
            map(tuple, said)
        )


@pytest.mark.parametrize(
    "name",
    [
        "proof head +0x20",
        "proof head -0x20",
        "proof head past the end",
        "instances head +0x20",
        "heads swapped",
        "overlapping tails",
        "1 bytes behind",
        "32 bytes behind",
        "1024 bytes behind",
        "truncated by 1",
        "truncated by half",
        "tails twice, heads at the second",
        "proof length +1",
        "proof length -1",
        "instances length +1",
        "proof head 2^256-1",
        "empty",
        "selector only",
    ],
)
@pytest.mark.parametrize("key", [None, (bytes(32),)], ids=["own", "shared"])
def test_each_standard_layout_is_there(name: str, key: tuple[bytes, ...] | None):
    statement = Statement(bytes(64), (FieldElement(1),), key)
    assert name in {vector.name for vector in negative_vectors(statement)}
