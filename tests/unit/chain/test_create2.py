"""Addresses before there are contracts, and the salts that decide them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkchain.chain.create2 import FACTORY_CODE, create2_address, create_address, parse_salt
from zkchain.chain.dev_accounts import DEV_ADDRESSES
from zkchain.errors import UsageError
from zkchain.values import keccak_of

SALTS = st.binary(min_size=32, max_size=32)


def test_the_proxys_code_is_the_one_that_stands_on_public_chains():
    assert keccak_of(FACTORY_CODE) == "0x2fa86add0aed31f33a762c9d88e807c475bd51d0f52bd0955754b2608f7e4989"


def test_a_creators_first_contracts_are_where_every_devnet_puts_them():
    assert create_address(DEV_ADDRESSES[0], 0) == "0x5FbDB2315678afecb367f032d93F642f64180aa3"
    assert create_address(DEV_ADDRESSES[0], 1) == "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"


@given(SALTS, SALTS, st.binary(), st.binary())
def test_salt_and_code_and_nothing_else_decide_an_address(one: bytes, other: bytes, code: bytes, more: bytes):
    assert create2_address(one, code) == create2_address(one, code)
    same = (one, code) == (other, more)
    assert (create2_address(one, code) == create2_address(other, more)) is same


@given(SALTS)
def test_32_bytes_of_hex_are_the_salt(salt: bytes):
    assert parse_salt(f"0x{salt.hex()}") == salt


@given(st.text(min_size=1).filter(lambda text: not text.startswith("0x")))
def test_words_are_hashed(words: str):
    assert parse_salt(words).hex() == keccak_of(words.encode())[2:]


@pytest.mark.parametrize("text", ["", "0x", "0x1234", "0x" + "0" * 63, "0x" + "g" * 64, "0x" + "0" * 65])
def test_hex_of_another_length_is_a_mistake(text: str):
    with pytest.raises(UsageError):
        parse_salt(text)
