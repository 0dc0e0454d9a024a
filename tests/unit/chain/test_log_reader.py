"""Events are read in ranges that the node allows, whatever its words for those that it does not."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.forks import GATEWAY, Block, ForkedChain, log
from tests.support.rpc_server import RawAnswer, RpcAnswer, rpc_server
from zkchain.chain import log_reader
from zkchain.chain.client import Chain
from zkchain.chain.gateway import inference_topics
from zkchain.chain.log_reader import LogReader
from zkchain.chain.pool import Pool
from zkchain.chain.rpc import open_endpoint
from zkchain.errors import ConnectionFailed, RpcError
from zkchain.records import Network

#: Refusals of a range or of its many results, by node or provider: code and words.
REFUSALS = {
    "infura results": (-32005, "query returned more than 10000 results. Try with this block range [0x1, 0x2]."),
    "infura range": (-32602, "range 1000000 exceeds limit of 10000"),
    "alchemy": (-32602, "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range"),
    "quicknode": (-32614, "eth_getLogs is limited to a 10,000 range"),
    "ankr": (-32600, "block range is too wide"),
    "geth and forks": (-32000, "block range is bigger than maxBlockRange"),
    "morph": (-32000, "block range is larger than max block range, block range = 5120, max block range = 5000"),
    "reth range": (-32602, "query exceeds max block range 100000"),
    "reth results": (-32602, "query exceeds max results 20000, retry with the range 25766988-25775072"),
    "besu": (-32005, "Requested range exceeds maximum RPC range limit"),
    "candle": (-32600, "block range too high"),
    "a node that gives up": (-32000, "context deadline exceeded"),
    "a node to come": (-1, "no"),
}


def reader_at(url: str) -> LogReader:
    network = Network(name="far", rpc_url=url, chain_id=1)
    chain = Chain(network, Pool([open_endpoint(network, 5)], 1))
    return LogReader(chain, GATEWAY.address, inference_topics(GATEWAY))


def reader_of(node: ForkedChain) -> LogReader:
    return LogReader(node.chain(), GATEWAY.address, inference_topics(GATEWAY))


@pytest.mark.parametrize(("code", "words"), REFUSALS.values(), ids=REFUSALS)
def test_a_refused_range_is_halved_until_it_is_allowed(code: int, words: str):
    asked = []

    def answer(method: str, params: list[Any]) -> Any:
        first, last = (int(params[0][key], 16) for key in ("fromBlock", "toBlock"))
        asked.append(last - first + 1)
        if last - first >= 2_000:
            raise RpcAnswer({"code": code, "message": words})
        return []

    with rpc_server(answer) as url:
        reader = reader_at(url)
        assert list(reader.ranges(1, 20_000)) == []
    assert asked[:4] == [10_000, 5_000, 2_500, 1_250]
    assert max(asked[3:]) <= 2_500  # what was refused is not tried again at once
    assert sum(span for span in asked if span <= 2_000) == 20_000
    assert len(asked) < 30


@pytest.mark.parametrize("status", [400, 413])
def test_a_range_that_is_refused_by_http_status_is_halved(status: int):
    def answer(method: str, params: list[Any]) -> Any:
        if int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) >= 10:
            raise RawAnswer(status, b"too much")
        return []

    with rpc_server(answer) as url:
        end, logs = reader_at(url).read(0, 100)
    assert 0 < end < 10
    assert logs == ()


@pytest.mark.parametrize("words", ["daily request count exceeded, request rate limited", "Too Many Requests"])
def test_asking_too_often_is_not_answered_with_asking_more(words: str):
    asked = []

    def answer(method: str, params: list[Any]) -> Any:
        asked.append(method)
        raise RpcAnswer({"code": -32005, "message": words})

    with rpc_server(answer) as url, pytest.raises(RpcError):
        reader_at(url).read(0, 1_000)
    assert len(asked) == 1


def test_an_answer_that_does_not_come_is_an_error_and_the_next_range_is_half_as_wide():
    asked = []

    def answer(method: str, params: list[Any]) -> Any:
        asked.append(int(params[0]["toBlock"], 16))
        if asked[-1] > 249:
            raise RawAnswer(504, b"")
        return []

    with rpc_server(answer) as url:
        reader = reader_at(url)
        for _ in range(2):
            with pytest.raises(ConnectionFailed):
                reader.read(0, 999)
        assert reader.read(0, 999) == (249, ())
    assert list(dict.fromkeys(asked)) == [999, 499, 249]


def test_a_refused_single_block_is_an_error():
    node = ForkedChain(most=1)
    node.mine(0, 2, 0)
    with pytest.raises(RpcError, match="more than 1 results"):
        list(reader_of(node).ranges(0, 3))
    assert node.ranges[-1] == (2, 2)


def test_every_event_is_read_once_and_in_order_however_narrow_the_ranges(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(log_reader, "_WIDEST", 64)
    node = ForkedChain(widest=7, most=9)
    node.mine(*[3, 0, 1, 2] * 30)
    logs = list(reader_of(node).ranges(0, 120))
    assert [(found.block, found.log_index) for found in logs] == sorted({(e.block, e.log_index) for e in logs})
    assert {(found.block_hash, found.log_index) for found in logs} == node.places(120)


def test_nothing_is_asked_of_an_empty_range():
    node = ForkedChain()
    assert list(reader_of(node).ranges(5, 4)) == []
    assert node.requests == 0


BLOCK = Block(5, "0x" + "66" * 32, "0x" + "65" * 32, 1)


@pytest.mark.parametrize(
    "answered",
    [[log(replace(BLOCK, number=4), 0)], [log(replace(BLOCK, number=8), 0)], [{**log(BLOCK, 0), "removed": True}], {}],
    ids=["before the range", "after it", "removed", "no list"],
)
def test_events_that_were_not_asked_for_are_an_error(answered: Any):
    with rpc_server(lambda method, params: answered) as url, pytest.raises(RpcError):
        reader_at(url).read(5, 7)


def test_events_of_another_block_than_the_one_asked_for_are_an_error():
    other = replace(BLOCK, hash="0x" + "77" * 32)
    with rpc_server(lambda method, params: [log(other, 0)]) as url, pytest.raises(RpcError, match="another"):
        reader_at(url).of_block(5, BLOCK.hash)


def test_events_are_put_in_order_doubled_ones_and_those_of_other_contracts_left_out():
    stranger = {**log(BLOCK, 3), "address": "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512".lower()}
    answered = [log(BLOCK, 2), log(BLOCK, 0), stranger, log(BLOCK, 2)]
    with rpc_server(lambda method, params: answered) as url:
        end, logs = reader_at(url).read(5, 5)
    assert end == 5
    assert [found.log_index for found in logs] == [0, 2]
