"""Reading events: only the gateway's own count, and only if they can be read."""

from typing import Any

import pytest
from eth_abi.abi import encode

from tests.support.rpc_server import rpc_server
from zkchain.chain.abi import event_topic
from zkchain.chain.client import Chain
from zkchain.chain.gateway import KnownModel, _event_of, list_events, outputs_of
from zkchain.chain.pool import Pool
from zkchain.chain.registry import ContractAt
from zkchain.chain.rpc import open_endpoint
from zkchain.errors import EventMissing, RpcError
from zkchain.records import Network, Receipt, Segment
from zkchain.solidity.artifacts import load_artifact
from zkchain.values import Address, Digest, FieldElement

ABI = load_artifact("InferenceGateway").abi
GATEWAY = ContractAt(Address("0x5FbDB2315678afecb367f032d93F642f64180aa3"), ABI)
STRANGER = "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"
ACCOUNT = Address("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266")
MODEL = Digest("0x" + "33" * 32)
TX = Digest("0x" + "44" * 32)


def segment(tensor: str, start: int, count: int, **changes: Any) -> Segment:
    fields = {"kind": "output", "dtype": "float", "scale": 7, "signed": True, "shape": (count,)}
    return Segment(tensor=tensor, start=start, count=count, **{**fields, **changes})


SEGMENTS = (
    segment("x_hash", 0, 1, kind="input_hash", scale=0),
    segment("y", 1, 2),
    segment("label", 3, 1, dtype="int", scale=0),
    segment("binding", 4, 9, kind="binding", dtype="int", scale=0),
)
KNOWN = KnownModel(model_id=MODEL, name="m", segments=SEGMENTS)


def words(*values: int) -> bytes:
    return b"".join(int(FieldElement.from_int(value)).to_bytes(32, "big") for value in values)


def log(**changes: Any) -> dict[str, Any]:
    fields = {
        "address": GATEWAY.address.lower(),
        "topics": [
            event_topic(ABI, "InferenceVerified"),
            MODEL,
            "0x" + "55" * 32,
            "0x" + "00" * 12 + ACCOUNT[2:].lower(),
        ],
        "data": "0x" + encode(["bytes"], [words(-64, 192, 3)]).hex(),
        "blockNumber": "0x5",
        "blockHash": "0x" + "66" * 32,
        "transactionHash": TX,
        "logIndex": "0x2",
        "removed": False,
    }
    return {**fields, **changes}


RECEIPT = Receipt(
    tx_hash=TX, block=5, block_hash="0x" + "66" * 32, gas_used=1, status=1, contract_address=None, sender=ACCOUNT
)


def serving(logs: list[Any]):
    def answer(method: str, params: list[Any]) -> Any:
        return {"eth_getTransactionReceipt": {"logs": logs}, "eth_getLogs": logs, "eth_blockNumber": "0x9"}[method]

    return rpc_server(answer)


def event_in(logs: list[Any]):
    with serving(logs) as url:
        network = Network(name="test", rpc_url=url, chain_id=1)
        return _event_of(Chain(network, Pool([open_endpoint(network, 5)], network.chain_id)), GATEWAY, KNOWN, RECEIPT)


def test_the_event_is_decoded_by_name_scale_and_sign():
    event = event_in([log(address=STRANGER), log()])
    assert event.outputs == {"y": [-0.5, 1.5], "label": [3]}
    assert (event.account, event.block, event.log_index, event.model_name) == (ACCOUNT, 5, 2, "m")


@pytest.mark.parametrize(
    "logs",
    [
        [],
        [log(address=STRANGER)],
        [log(topics=["0x" + "77" * 32, *log()["topics"][1:]])],
        [log(topics=log()["topics"][:3])],
        [log(topics=[log()["topics"][0], "0x" + "77" * 32, *log()["topics"][2:]])],
        [log(), log(logIndex="0x3")],
    ],
    ids=["none", "another contract's", "another event", "a topic short", "another model", "two"],
)
def test_a_receipt_without_exactly_the_gateways_event_is_missing_it(logs: list[Any]):
    with pytest.raises(EventMissing):
        event_in(logs)


@pytest.mark.parametrize(
    "changed",
    [
        {"data": "0x"},
        {"data": "0x" + encode(["bytes"], [words(1, 2)]).hex()},
        {"data": "0x" + encode(["bytes"], [b"\xff" * 96]).hex()},
        {"data": "nonsense"},
        {"topics": None},
        {"removed": True},
        {"blockNumber": None},
    ],
    ids=["empty", "a word short", "beyond the field", "not hex", "no topics", "removed", "pending"],
)
def test_an_event_that_cannot_be_read_is_an_error(changed: dict[str, Any]):
    with pytest.raises(RpcError):
        event_in([log(**changed)])


def test_a_list_holds_the_gateways_own_events_only():
    with serving([log(address=STRANGER), log(), log(logIndex="0x3")]) as url:
        network = Network(name="test", rpc_url=url, chain_id=1)
        chain = Chain(network, Pool([open_endpoint(network, 5)], network.chain_id))
        assert [event.log_index for event in list_events(chain, GATEWAY, {MODEL: KNOWN})] == [2, 3]
        assert list_events(chain, GATEWAY, {MODEL: KNOWN}, from_block=10) == ()


def test_outputs_of_a_model_without_any_are_empty():
    assert outputs_of((), b"") == {}
    with pytest.raises(ValueError, match="32 bytes of output"):
        outputs_of((), bytes(32))
