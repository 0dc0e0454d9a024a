"""Reading signed transactions."""

import pytest
from eth_account import Account
from hypothesis import given, settings
from hypothesis import strategies as st

from zkchain.chain.raw_transaction import read_raw_transaction
from zkchain.chain.signer import dev_signer

SIGNER = dev_signer(3)
NUMBERS = st.integers(0, 2**64 - 2)
COMMON = {"chainId": 31337, "value": 0, "data": "0x", "to": "0x" + "11" * 20}


@settings(max_examples=25, deadline=None)
@given(nonce=NUMBERS, gas=NUMBERS, fee=NUMBERS, tip=NUMBERS)
def test_what_was_signed_is_read(nonce, gas, fee, tip):
    tx = {**COMMON, "nonce": nonce, "gas": gas, "maxFeePerGas": fee, "maxPriorityFeePerGas": tip}
    signed = SIGNER.sign(tx)
    found = read_raw_transaction(signed.raw)
    assert (found.hash, found.sender) == (signed.hash, SIGNER.address)
    assert (found.nonce, found.gas, found.max_fee, found.max_tip) == (nonce, gas, fee, tip)


@settings(max_examples=25, deadline=None)
@given(nonce=NUMBERS, gas=NUMBERS, price=NUMBERS)
def test_the_price_of_the_old_kind_is_both_fees(nonce, gas, price):
    signed = SIGNER.sign({**COMMON, "nonce": nonce, "gas": gas, "gasPrice": price})
    found = read_raw_transaction(signed.raw)
    assert (found.hash, found.sender) == (signed.hash, SIGNER.address)
    assert (found.nonce, found.gas, found.max_fee, found.max_tip) == (nonce, gas, price, price)


@pytest.mark.parametrize("raw", [b"", b"\x02", b"\xc0", b"\x03" + bytes(40), bytes(100)])
def test_what_is_no_transaction_is_refused(raw):
    with pytest.raises(ValueError, match="no signed transaction"):
        read_raw_transaction(raw)


def test_a_signature_that_nobody_made_is_refused():
    raw = bytearray(
        Account.sign_transaction({**COMMON, "nonce": 0, "gas": 1, "gasPrice": 1}, bytes([7]) * 32).raw_transaction
    )
    raw[-32:] = bytes(32)
    with pytest.raises(ValueError, match="no signed transaction"):
        read_raw_transaction(bytes(raw))
