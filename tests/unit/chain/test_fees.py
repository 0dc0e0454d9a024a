"""What is offered for gas, under the network's caps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.rpc_server import rpc_server
from zkchain.chain.client import connect
from zkchain.chain.fees import Fees, bumped, fees_at
from zkchain.errors import FeeOverCap
from zkchain.records import Network

GWEI = 10**9


def offered(base_fee: int | None, tips: tuple[int, ...] = (2 * GWEI,), **caps: int) -> dict[str, int]:
    block = {"number": "0x1", "gasLimit": "0x1c9c380", "timestamp": "0x1"}
    if base_fee is not None:
        block["baseFeePerGas"] = hex(base_fee)
    answers = {
        "eth_chainId": "0x5",
        "eth_getBlockByNumber": block,
        "eth_feeHistory": {"baseFeePerGas": [hex(base_fee or 0)] * 2, "reward": [[hex(tip)] for tip in tips]},
        "eth_maxPriorityFeePerGas": hex(3 * GWEI),
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


def test_the_tip_is_the_median_of_what_blocks_paid_and_empty_ones_say_nothing():
    assert offered(10 * GWEI, (0, 0, GWEI, 5 * GWEI, 3 * GWEI))["maxPriorityFeePerGas"] == 3 * GWEI


def test_without_blocks_that_paid_the_node_is_asked():
    assert offered(10 * GWEI, (0, 0))["maxPriorityFeePerGas"] == 3 * GWEI


def test_a_node_that_asks_for_an_ether_a_unit_lies():
    with pytest.raises(FeeOverCap):
        offered(10**18)


WEI = st.integers(0, 10**13)
CAP = st.none() | st.integers(1, 2 * 10**13)


@given(max_fee=WEI, tip=WEI, now=st.none() | st.tuples(WEI, WEI), cap=CAP, tip_cap=CAP, legacy=st.booleans())
def test_a_replacement_is_a_tenth_higher_in_both_fees_and_under_the_caps_or_there_is_none(
    max_fee: int, tip: int, now: tuple[int, int] | None, cap: int | None, tip_cap: int | None, legacy: bool
):
    old = Fees(max_fee, max_fee if legacy else min(tip, max_fee), legacy)
    fresh = None if now is None else Fees(now[0], now[0] if legacy else min(now[1], now[0]), legacy)
    network = Network(name="far", rpc_url="", chain_id=5, max_fee_wei=cap, max_tip_wei=tip_cap)
    least = (max(-(-old.max_fee * 11 // 10), old.max_fee + 1), max(-(-old.tip * 11 // 10), old.tip + 1))
    try:
        new = bumped(old, fresh, network)
    except FeeOverCap:
        assert (cap is not None and least[0] > cap) or (not legacy and tip_cap is not None and least[1] > tip_cap)
        return
    assert new.max_fee >= least[0]
    assert new.tip >= least[1]
    assert new.tip <= new.max_fee
    assert new.legacy is legacy
    assert cap is None or new.max_fee <= cap
    assert legacy or tip_cap is None or new.tip <= tip_cap


def test_where_the_caps_allow_it_an_eighth_is_added_for_older_nodes():
    network = Network(name="far", rpc_url="", chain_id=5)
    assert bumped(Fees(80, 8), None, network) == Fees(90, 9)
    capped = Network(name="far", rpc_url="", chain_id=5, max_fee_wei=88)
    assert bumped(Fees(80, 8), None, capped) == Fees(88, 9)
