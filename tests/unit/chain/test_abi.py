"""Encoding against web3's own, and decoding that refuses nonsense."""

import pytest
from eth_utils.abi import function_abi_to_4byte_selector
from hypothesis import given, settings
from hypothesis import strategies as st
from web3 import Web3

from zkchain.chain.abi import (
    decode_error,
    decode_result,
    decoded,
    encode_call,
    encode_constructor,
    event_topic,
    selector_of,
)
from zkchain.solidity.artifacts import load_artifact
from zkchain.values import keccak_of

GATEWAY = load_artifact("InferenceGateway").abi
REGISTRY = load_artifact("ModelRegistry").abi
ACCOUNT = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
words = st.integers(0, 2**256 - 1)


@given(
    model=words,
    instances=st.lists(words, max_size=5),
    proof=st.binary(max_size=100),
    request=st.binary(min_size=32, max_size=32),
    nonce=words,
    deadline=st.integers(0, 2**64 - 1),
)
@settings(max_examples=50, deadline=None)
def test_calls_are_encoded_as_web3_does(model, instances, proof, request, nonce, deadline):
    arguments = [model, instances, proof, (ACCOUNT, request, nonce, deadline)]
    theirs = Web3().eth.contract(abi=list(GATEWAY)).encode_abi("submit", args=arguments)
    assert "0x" + encode_call(GATEWAY, "submit", arguments).hex() == theirs


def test_selectors_and_topics_are_those_of_the_signatures():
    for entry in [*REGISTRY, *GATEWAY]:
        if entry["type"] == "function":
            assert selector_of(entry) == function_abi_to_4byte_selector(entry)
    signature = b"InferenceVerified(uint256,bytes32,bytes,address)"
    assert event_topic(GATEWAY, "InferenceVerified") == keccak_of(signature)
    assert event_topic(GATEWAY, "InferenceVerified").startswith("0x9ff454ce")  # as ERC-7992 says


@pytest.mark.parametrize(
    "arguments", [[], [1], [2**256, [], b"", (ACCOUNT, bytes(32), 0, 0)], [1, [-1], b"", (ACCOUNT, bytes(32), 0, 0)]]
)
def test_arguments_that_do_not_fit_are_refused(arguments):
    with pytest.raises(ValueError, match="submit"):
        encode_call(GATEWAY, "submit", arguments)


def test_names_that_the_abi_lacks_are_refused():
    for call in (
        lambda: encode_call(GATEWAY, "destroy", []),
        lambda: decode_result(GATEWAY, "destroy", b""),
        lambda: event_topic(GATEWAY, "submit"),
    ):
        with pytest.raises(KeyError):
            call()


def test_a_constructor_that_the_abi_lacks_takes_nothing():
    assert encode_constructor([], []) == b""
    with pytest.raises(ValueError, match="takes 0 arguments, 1 given"):
        encode_constructor([], [1])


@given(data=st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_random_bytes_decode_or_raise_value_error(data):
    for types in (["bytes"], ["string"], ["uint256[]"], ["address"], ["bool"]):
        try:
            decoded(types, data)
        except ValueError:
            continue


@given(data=st.binary(max_size=100))
@settings(max_examples=50, deadline=None)
def test_an_error_is_named_only_when_its_arguments_decode(data):
    known = {selector_of(entry): entry for entry in GATEWAY if entry["type"] == "error"}
    found = decode_error(GATEWAY, data)
    assert found is None or data[:4] in known
    for selector, entry in known.items():
        if entry["inputs"]:
            assert decode_error(GATEWAY, selector) is None
