"""The shared verifier's key: file, words, and the contract that carries it."""

import pytest
from eth_abi.abi import decode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from zkchain.errors import ContractTooLarge, SolidityError
from zkchain.solidity.keydata import key_data_creation_code, key_digest, parse_vka

words = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40)


@given(key=words)
def test_a_key_file_gives_its_words_in_order(key: list[bytes]) -> None:
    assert parse_vka(len(key).to_bytes(8, "little") + b"".join(key)) == tuple(key)


@given(key=words, wrong=st.integers(0, 2**64 - 1))
def test_a_count_that_is_not_the_number_of_words_is_refused(key: list[bytes], wrong: int) -> None:
    if wrong != len(key):
        with pytest.raises(SolidityError, match="words"):
            parse_vka(wrong.to_bytes(8, "little") + b"".join(key))


@pytest.mark.parametrize("data", [b"", b"\x01", bytes(8), b"\x01" + bytes(7), b"\x01" + bytes(38), b"\x01" + bytes(40)])
def test_a_truncated_or_padded_key_file_is_refused(data: bytes) -> None:
    with pytest.raises(SolidityError):
        parse_vka(data)


@given(key=words)
def test_the_creation_code_deploys_the_encoded_key(key: list[bytes]) -> None:
    code = key_data_creation_code(key)
    head, body = code[:10], code[10:]
    assert head == b"\x61" + len(body).to_bytes(2, "big") + bytes.fromhex("80600a3d393df3")
    assert body[0] == 0
    assert decode(["bytes32[]"], body)[0] == tuple(key)


def test_the_digest_is_that_of_the_packed_words() -> None:
    assert key_digest([b"\x01" * 32, b"\x02" * 32]) == "0x" + keccak(b"\x01" * 32 + b"\x02" * 32).hex()


def test_the_largest_key_fits_and_one_word_more_does_not() -> None:
    assert len(key_data_creation_code([bytes(32)] * 766)) == 10 + 24_576
    with pytest.raises(ContractTooLarge, match="24,608 bytes"):
        key_data_creation_code([bytes(32)] * 767)


@pytest.mark.parametrize("key", [[], [bytes(31)], [bytes(33)], [bytes(32), b""]])
def test_words_of_the_wrong_size_are_refused(key: list[bytes]) -> None:
    with pytest.raises(SolidityError):
        key_data_creation_code(key)
