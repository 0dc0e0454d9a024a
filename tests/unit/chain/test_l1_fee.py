"""Fees for data on a base chain, from nodes that answer as those of the OP stack and of Arbitrum do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from eth_abi.abi import decode, encode

from tests.support.rpc_server import RpcAnswer, rpc_server
from zkchain.chain.client import Chain, connect
from zkchain.chain.l1_fee import l1_fee, paid_l1_fee
from zkchain.records import Network
from zkchain.values import Address, keccak_of

ORACLE = "0x420000000000000000000000000000000000000f"
NODE = "0x00000000000000000000000000000000000000c8"
DATA, TO = b"\x02" * 700, Address("0x" + "00" * 19 + "01")
GET_L1_FEE = keccak_of(b"getL1Fee(bytes)")[:10]
ESTIMATE = keccak_of(b"gasEstimateL1Component(address,bool,bytes)")[:10]


@contextmanager
def node(chain_id: int, code: str, call: Any) -> Iterator[Chain]:
    def answer(method: str, params: list[Any]) -> Any:
        if method == "eth_call":
            return call(params[0]["to"].lower(), params[0]["data"])
        if method == "eth_getCode":
            return code if params[0].lower() == ORACLE else "0x"
        return {"eth_chainId": hex(chain_id)}[method]

    with rpc_server(answer) as url:
        yield connect(Network(name="rollup", rpc_url=url, chain_id=chain_id))


def test_the_oracle_of_the_op_stack_is_asked_about_the_very_bytes():
    def call(to: str, data: str) -> str:
        assert (to, data[:10]) == (ORACLE, GET_L1_FEE)
        (asked,) = decode(["bytes"], bytes.fromhex(data[10:]))
        return "0x" + encode(["uint256"], [len(asked) * 10**6]).hex()

    with node(10, "0x60", call) as chain:
        assert l1_fee(chain, TO, DATA) == len(DATA) * 10**6


@pytest.mark.parametrize("to", [TO, None], ids=["call", "creation"])
def test_arbitrum_tells_its_share_of_the_gas(to: Address | None):
    def call(target: str, data: str) -> str:
        assert (target, data[:10]) == (NODE, ESTIMATE)
        recipient, creates, asked = decode(["address", "bool", "bytes"], bytes.fromhex(data[10:]))
        assert (int(recipient, 16), creates, asked) == (int(to or "0x0", 16), to is None, DATA)
        return "0x" + encode(["uint64", "uint256", "uint256"], [1234, 10**8, 7]).hex()

    with node(42161, "0x", call) as chain:
        assert l1_fee(chain, to, DATA) == 1234 * 10**8


def test_a_chain_without_an_oracle_has_no_such_fee():
    with node(1, "0x", lambda to, data: "0x") as chain:
        assert l1_fee(chain, TO, DATA) is None


@pytest.mark.parametrize("answer", ["0x", "0x01"])
def test_an_oracle_that_answers_nonsense_tells_no_fee(answer: str):
    with node(10, "0x60", lambda to, data: answer) as chain:
        assert l1_fee(chain, TO, DATA) is None


def test_an_oracle_that_reverts_tells_no_fee():
    def call(to: str, data: str) -> str:
        raise RpcAnswer({"code": 3, "message": "execution reverted", "data": "0x"})

    with node(10, "0x60", call) as chain:
        assert l1_fee(chain, TO, DATA) is None


def test_what_was_paid_stands_in_the_receipt():
    assert paid_l1_fee({"l1Fee": "0x2a"}) == 42
    assert paid_l1_fee({}) is None
    assert paid_l1_fee({"l1Fee": None}) is None
