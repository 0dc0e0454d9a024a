"""What is offered for gas, under the network's caps."""

import pytest

from tests.support.rpc_server import rpc_server
from zkchain.chain.client import connect
from zkchain.chain.fees import fees_at
from zkchain.errors import FeeOverCap
from zkchain.records import Network

GWEI = 10**9


def offered(base_fee: int | None, **caps: int) -> dict[str, int]:
    block = {"number": "0x1", "gasLimit": "0x1c9c380", "timestamp": "0x1"}
    if base_fee is not None:
        block["baseFeePerGas"] = hex(base_fee)
    answers = {
        "eth_chainId": "0x5",
        "eth_getBlockByNumber": block,
        "eth_feeHistory": {"baseFeePerGas": [hex(base_fee or 0)] * 2, "reward": [[hex(2 * GWEI)]]},
        "eth_gasPrice": hex(7 * GWEI),
    }
    with rpc_server(lambda method, _: answers[method]) as url:
        chain = connect(Network(name="far", rpc_url=url, chain_id=5, **caps))
        return fees_at(chain, chain.head()).fields()


def test_without_caps_the_offer_is_twice_the_base_fee_and_the_tip():
    assert offered(10 * GWEI) == {"maxFeePerGas": 22 * GWEI, "maxPriorityFeePerGas": 2 * GWEI}


def test_the_offer_is_never_over_the_cap():
    fees = offered(10 * GWEI, max_fee_wei=15 * GWEI)
    assert fees == {"maxFeePerGas": 15 * GWEI, "maxPriorityFeePerGas": 2 * GWEI}


def test_the_tip_has_a_cap_of_its_own():
    fees = offered(10 * GWEI, max_tip_wei=GWEI)
    assert fees == {"maxFeePerGas": 21 * GWEI, "maxPriorityFeePerGas": GWEI}


def test_gas_that_costs_more_than_the_cap_is_not_bought():
    with pytest.raises(FeeOverCap, match=r"gas costs 12\.000 gwei") as caught:
        offered(10 * GWEI, max_fee_wei=11 * GWEI)
    assert caught.value.facts == {"price": 12 * GWEI, "cap": 11 * GWEI}
    assert offered(10 * GWEI, max_fee_wei=12 * GWEI)["maxFeePerGas"] == 12 * GWEI


def test_an_old_chain_has_the_same_cap():
    assert offered(None) == {"gasPrice": 7 * GWEI}
    with pytest.raises(FeeOverCap):
        offered(None, max_fee_wei=6 * GWEI)
