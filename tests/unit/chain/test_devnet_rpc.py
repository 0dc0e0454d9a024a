"""JSON-RPC over the embedded chain, without HTTP: forms, refusals and what the methods say."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zkchain.chain.dev_accounts import DEV_ADDRESSES
from zkchain.chain.devnet_rpc import METHODS, answer
from zkchain.chain.embedded import EmbeddedChain
from zkchain.chain.signer import dev_signer

A, B = DEV_ADDRESSES[:2]
#: Emits LOG1 with topic 7 and returns nothing.
LOGGER = "0x" + "600760006000a1" + "00"
CREATION = "0x6008600c60003960086000f3" + LOGGER[2:]


@pytest.fixture(scope="module")
def shared() -> EmbeddedChain:
    return EmbeddedChain()


@pytest.fixture
def chain(shared: EmbeddedChain):
    mark = shared.snapshot()
    yield shared
    assert shared.revert(mark)


def reply(chain: EmbeddedChain, body: Any) -> Any:
    raw = answer(chain, body if isinstance(body, bytes) else json.dumps(body).encode())
    return json.loads(raw) if raw else None


def full(chain: EmbeddedChain, method: str, *params: Any) -> dict[str, Any]:
    return reply(chain, {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})


def ask(chain: EmbeddedChain, method: str, *params: Any) -> Any:
    found = full(chain, method, *params)
    assert "error" not in found, found
    return found["result"]


def error(chain: EmbeddedChain, method: str, *params: Any) -> tuple[int, str]:
    found = full(chain, method, *params)["error"]
    return found["code"], found["message"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", -32700),
        (b"{", -32700),
        (b"\xff", -32700),
        (b"[" * 200_000, -32700),
        (b'{"a":' * 200_000, -32700),
        (b"[]", -32600),
        (b"1", -32600),
        (b"null", -32600),
        (b"{}", -32600),
        (b'{"method": 5, "id": 1}', -32600),
        (b'{"method": "nope", "id": 1}', -32601),
        (b'{"method": "__class__", "id": 1}', -32601),
        (b'{"method": "eth_getBalance", "id": 1}', -32602),
        (b'{"method": "eth_chainId", "id": 1, "params": {}}', -32602),
        (b'{"method": "eth_chainId", "id": 1, "params": [1]}', -32602),
        (json.dumps([{"method": "eth_chainId", "id": 1}] * 1001).encode(), -32600),
    ],
    ids=lambda value: str(value)[:40],
)
def test_requests_that_make_no_sense_get_their_code(chain: EmbeddedChain, body: bytes, code: int):
    assert reply(chain, body)["error"]["code"] == code


def test_a_batch_gets_answers_in_order_and_notifications_none(chain: EmbeddedChain):
    batch = [{"method": "eth_chainId", "id": 1}, {"method": "nope", "id": "x"}, {"method": "eth_chainId"}, 5]
    first, second, third = reply(chain, batch)
    assert (first["id"], first["result"]) == (1, "0x7a69")
    assert (second["id"], second["error"]["code"]) == ("x", -32601)
    assert third["error"]["code"] == -32600
    assert reply(chain, {"method": "eth_chainId"}) is None
    assert reply(chain, [{"method": "eth_chainId"}]) is None


json_values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-5, 2**70), st.text(max_size=5), st.sampled_from([A, "0x", "latest"])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["from", "to", "data", "gas", "value", "fromBlock", "topics"]), inner, max_size=3
        ),
    ),
    max_leaves=5,
)


@given(method=st.sampled_from(sorted(set(METHODS) - {"evm_revert"})), params=st.lists(json_values, max_size=4))
@settings(max_examples=300, deadline=None)
def test_no_parameters_make_it_fail_inside(shared: EmbeddedChain, method: str, params: list[Any]):
    """Every answer is a result or an error that blames the request; -32603 would be a fault of ours."""
    found = full(shared, method, *params)
    assert "result" in found or found["error"]["code"] in (-32602, -32000, 3), found


def test_a_transfer_moves_value_and_can_be_looked_up(chain: EmbeddedChain):
    before = int(ask(chain, "eth_getBalance", B, "latest"), 16)
    tx_hash = ask(chain, "eth_sendTransaction", {"from": A, "to": B, "value": "0x5"})
    assert int(ask(chain, "eth_getBalance", B), 16) == before + 5
    transaction = ask(chain, "eth_getTransactionByHash", tx_hash)
    receipt = ask(chain, "eth_getTransactionReceipt", tx_hash)
    block = ask(chain, "eth_getBlockByNumber", receipt["blockNumber"], True)
    assert block["transactions"] == [transaction]
    assert ask(chain, "eth_getBlockByHash", receipt["blockHash"], False)["transactions"] == [tx_hash]
    assert transaction["from"] == receipt["from"] == A
    assert (receipt["status"], receipt["gasUsed"], receipt["to"]) == ("0x1", "0x5208", B)
    assert transaction["chainId"] == "0x7a69"
    assert int(ask(chain, "eth_getBalance", B, {"blockHash": block["parentHash"]}), 16) == before
    assert int(ask(chain, "eth_getBalance", B, {"blockNumber": hex(int(block["number"], 16) - 1)}), 16) == before


def test_what_is_not_there_is_null(chain: EmbeddedChain):
    for method in ("eth_getTransactionByHash", "eth_getTransactionReceipt", "eth_getBlockByHash"):
        assert ask(chain, method, "0x" + "77" * 32) is None
    assert ask(chain, "eth_getBlockByNumber", "0xffff", False) is None
    assert ask(chain, "eth_getCode", B) == "0x"
    assert ask(chain, "eth_getStorageAt", B, "0x0") == "0x" + "00" * 32


def test_logs_are_found_by_address_topic_and_block(chain: EmbeddedChain):
    receipt = ask(chain, "eth_getTransactionReceipt", ask(chain, "eth_sendTransaction", {"from": A, "data": CREATION}))
    logger = receipt["contractAddress"]
    assert ask(chain, "eth_getCode", logger) == LOGGER
    sent = ask(chain, "eth_sendTransaction", {"from": A, "to": logger})
    mined = ask(chain, "eth_getTransactionReceipt", sent)
    (log,) = mined["logs"]
    topic = "0x" + "00" * 31 + "07"
    assert (log["address"], log["topics"], log["removed"], log["logIndex"]) == (logger, [topic], False, "0x0")
    assert int(mined["logsBloom"], 16) != 0
    here = {"fromBlock": "0x0", "toBlock": "latest"}
    for query in (
        {},
        here,
        {**here, "address": logger.lower()},
        {**here, "address": [B, logger]},
        {**here, "topics": [topic]},
        {**here, "topics": [[topic, "0x" + "11" * 32]]},
        {**here, "topics": [None]},
        {"blockHash": mined["blockHash"]},
        {**here, "toBlock": "0xffff"},
    ):
        assert ask(chain, "eth_getLogs", query) == [log], query
    for query in (
        {**here, "address": B},
        {**here, "topics": ["0x" + "11" * 32]},
        {**here, "topics": [topic, None]},
        {**here, "toBlock": receipt["blockNumber"]},
        {"fromBlock": "0xffff"},
        {"blockHash": receipt["blockHash"]},
    ):
        assert ask(chain, "eth_getLogs", query) == [], query


def test_a_revert_carries_its_data_and_a_halt_does_not(chain: EmbeddedChain):
    reverting = {"from": A, "data": "0x60aa60005260206000fd"}
    for method in ("eth_call", "eth_estimateGas", "eth_sendTransaction"):
        found = full(chain, method, reverting)["error"]
        assert (found["code"], found["data"]) == (3, "0x" + "00" * 31 + "aa")
    found = full(chain, "eth_call", {"data": "0xfe"})["error"]
    assert found["code"] == -32000
    assert "data" not in found
    assert "halted" in found["message"]


def test_a_call_changes_nothing_and_needs_no_balance(chain: EmbeddedChain):
    before = ask(chain, "eth_getBlockByNumber", "latest", False)
    assert ask(chain, "eth_call", {"data": CREATION}) == LOGGER
    assert ask(chain, "eth_call", {"from": "0x" + "99" * 20, "data": CREATION}, "earliest") == LOGGER
    assert ask(chain, "eth_getBlockByNumber", "latest", False) == before


def test_an_estimate_is_enough_and_not_much_more(chain: EmbeddedChain):
    estimate = int(ask(chain, "eth_estimateGas", {"from": A, "data": CREATION}), 16)
    sent = ask(chain, "eth_sendTransaction", {"from": A, "data": CREATION, "gas": hex(estimate)})
    receipt = ask(chain, "eth_getTransactionReceipt", sent)
    assert receipt["status"] == "0x1"
    assert int(receipt["gasUsed"], 16) <= estimate <= int(receipt["gasUsed"], 16) * 1.1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"from": "0x" + "99" * 20}, "unknown account"),
        ({"from": A, "nonce": "0x5"}, "nonce too high"),
        ({"from": A, "chainId": "0x1"}, "chain id"),
        ({"from": A, "gas": "0x1"}, "intrinsic gas too low"),
        ({"from": A, "value": hex(10**30), "gas": "0x5208", "to": B}, "insufficient funds"),
        ({"from": A, "accessList": [{"address": A, "storageKeys": []}]}, "access lists"),
        ({"from": A, "gas": hex(10**9), "to": B}, ""),
        ({"from": A, "maxFeePerGas": "0x1", "to": B, "gas": "0x5208"}, ""),
    ],
)
def test_transactions_that_no_node_takes_are_refused(chain: EmbeddedChain, fields: dict[str, Any], words: str):
    code, message = error(chain, "eth_sendTransaction", fields)
    assert code == -32000
    assert words in message
    assert ask(chain, "eth_sendTransaction", {"from": A, "to": B})  # and the chain is well


@pytest.mark.parametrize("chain_id", [1, 1337])
def test_a_transaction_signed_for_another_chain_is_refused(chain: EmbeddedChain, chain_id: int):
    nonce = int(ask(chain, "eth_getTransactionCount", A), 16)
    fees = {"maxFeePerGas": 10**10, "maxPriorityFeePerGas": 1}
    tx = {"nonce": nonce, "gas": 21000, "to": B, "value": 0, **fees}
    if chain_id == 1337:  # the development keys sign for it
        raw = dev_signer().sign({**tx, "chainId": chain_id}).raw
        assert "chain id" in error(chain, "eth_sendRawTransaction", "0x" + raw.hex())[1]
        legacy = dev_signer().sign(
            {"nonce": nonce, "gas": 21000, "to": B, "value": 0, "gasPrice": 10**10, "chainId": 1337}
        )
        assert "chain id" in error(chain, "eth_sendRawTransaction", "0x" + legacy.raw.hex())[1]
    assert int(ask(chain, "eth_getTransactionCount", A), 16) == nonce


@pytest.mark.parametrize("raw", ["0x", "0x00", "0x02", "0x02f8", "0xff", "0xc0", "0x" + "f8" * 200])
def test_bytes_that_are_no_transaction_are_refused(chain: EmbeddedChain, raw: str):
    code, message = error(chain, "eth_sendRawTransaction", raw)
    assert code == -32000
    assert "encoding" in message


def test_snapshots_take_back_blocks_time_and_transactions(chain: EmbeddedChain):
    first = ask(chain, "evm_snapshot")
    sent = ask(chain, "eth_sendTransaction", {"from": A, "to": B})
    second = ask(chain, "evm_snapshot")
    ask(chain, "evm_increaseTime", 5000)
    ask(chain, "evm_mine")
    late = int(ask(chain, "eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    assert ask(chain, "evm_revert", second) is True
    assert ask(chain, "evm_revert", second) is False
    assert ask(chain, "eth_getTransactionReceipt", sent) is not None
    assert ask(chain, "evm_revert", first) is True
    assert ask(chain, "eth_getTransactionReceipt", sent) is None
    again = ask(chain, "eth_sendTransaction", {"from": A, "to": B})
    block = ask(chain, "eth_getBlockByNumber", "latest", False)
    assert int(block["timestamp"], 16) < late
    assert block["transactions"] == [again]


def test_the_clock_can_be_set_forward_only(chain: EmbeddedChain):
    now = int(ask(chain, "eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    ask(chain, "evm_mine", now + 10_000)
    assert int(ask(chain, "eth_getBlockByNumber", "latest", False)["timestamp"], 16) == now + 10_000
    assert "not after" in error(chain, "evm_mine", now)[1]
    ask(chain, "evm_mine", {"timestamp": hex(now + 20_000)})
    ask(chain, "eth_sendTransaction", {"from": A, "to": B})
    assert int(ask(chain, "eth_getBlockByNumber", "latest", False)["timestamp"], 16) >= now + 20_000


def test_fees_and_their_history_agree(chain: EmbeddedChain):
    for _ in range(3):
        ask(chain, "evm_mine")
    history = ask(chain, "eth_feeHistory", "0x2", "latest", [10, 50])
    head = ask(chain, "eth_getBlockByNumber", "latest", False)
    assert int(history["oldestBlock"], 16) == int(head["number"], 16) - 1
    assert len(history["baseFeePerGas"]) == 3
    assert history["baseFeePerGas"][1] == head["baseFeePerGas"]
    assert [len(row) for row in history["reward"]] == [2, 2]
    price = int(ask(chain, "eth_gasPrice"), 16)
    assert price == int(history["baseFeePerGas"][2], 16) + int(ask(chain, "eth_maxPriorityFeePerGas"), 16)


def test_a_contract_over_the_size_limit_does_not_deploy(chain: EmbeddedChain):
    size = 24_577
    creation = f"0x62{size:06x}6000f3"
    sent = ask(chain, "eth_sendTransaction", {"from": A, "data": creation, "gas": hex(10_000_000)})
    assert ask(chain, "eth_getTransactionReceipt", sent)["status"] == "0x0"
