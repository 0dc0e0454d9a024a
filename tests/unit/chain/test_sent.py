"""Transactions as nodes tell of them, in forms that they should not have."""

from typing import Any

import pytest

from zkchain.chain.sent import Sent, sent_in, sent_of
from zkchain.errors import RpcError
from zkchain.values import address

A = address("0x" + "11" * 20)
RAW = {"from": A.lower(), "nonce": "0x7", "to": A, "input": "0x0102", "more": 1}


def test_a_call_and_a_creation_are_told_apart() -> None:
    assert sent_of(RAW) == Sent(sender=A, nonce=7, to=A, data=b"\1\2")
    assert sent_of({**RAW, "to": None}).to is None
    assert [one.to for one in sent_in({"transactions": [RAW, {**RAW, "to": None}]})] == [A, None]
    assert sent_in({"transactions": []}) == ()


@pytest.mark.parametrize(
    "raw", [None, [], "0x", {**RAW, "from": "0x1"}, {**RAW, "to": 5}, {**RAW, "input": 5}, {**RAW, "nonce": "x"}]
)
def test_what_is_no_transaction_is_an_rpc_error(raw: Any) -> None:
    with pytest.raises(RpcError):
        sent_of(raw)


@pytest.mark.parametrize("block", [None, {}, {"transactions": None}, {"transactions": ["0x" + "11" * 32]}])
def test_a_block_without_whole_transactions_is_an_rpc_error(block: Any) -> None:
    with pytest.raises(RpcError):
        sent_in(block)
