"""Several endpoints as one: reads go on elsewhere, a send is made once, and another chain never takes over."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.support.rpc_server import RawAnswer, RpcAnswer, rpc_server
from zkchain.chain.client import Chain, connect
from zkchain.errors import ConnectionFailed, RpcError, WrongChain
from zkchain.records import Network


class Node:
    """Counts what it is asked; may be down, or of another chain."""

    def __init__(self, chain_id: int = 5) -> None:
        self.chain_id, self.down, self.asked = chain_id, False, list[str]()
        self.refusals: list[dict[str, str]] = []  #: headers of the refusals to come

    def __call__(self, method: str, params: list[object]) -> object:
        self.asked.append(method)
        if self.refusals:
            raise RawAnswer(429, b"slow down", self.refusals.pop())
        if self.down:
            raise RawAnswer(503, b"busy")
        if method == "eth_call":
            raise RpcAnswer({"code": -32005, "message": "rate limited"})
        return {"eth_chainId": hex(self.chain_id), "eth_blockNumber": "0x10"}.get(method, "0x" + "11" * 32)


@pytest.fixture
def nodes() -> Iterator[tuple[Node, Node, Chain]]:
    first, second = Node(), Node()
    with ExitStack() as stack:
        urls = [stack.enter_context(rpc_server(node)) for node in (first, second)]
        yield first, second, connect(Network(name="far", rpc_url=urls[0], chain_id=5, fallback_urls=(urls[1],)))


def test_the_first_endpoint_serves_while_it_answers(nodes):
    first, second, chain = nodes
    assert chain.block_number() == 16
    assert first.asked == ["eth_chainId", "eth_blockNumber"]
    assert second.asked == []


def test_when_it_fails_the_next_one_takes_over_and_stays(nodes):
    first, second, chain = nodes
    first.down = True
    assert chain.block_number() == 16
    first.down = False
    assert chain.block_number() == 16
    assert first.asked.count("eth_blockNumber") == 1
    assert second.asked == ["eth_chainId", "eth_blockNumber", "eth_blockNumber"]


def test_an_endpoint_of_another_chain_never_takes_over(nodes):
    first, second, chain = nodes
    first.down, second.chain_id = True, 6
    for _ in range(2):
        with pytest.raises(WrongChain, match="was to take over"):
            chain.block_number()
    assert "eth_blockNumber" not in second.asked


def test_a_send_is_never_made_twice(nodes):
    first, second, chain = nodes
    first.down = True
    with pytest.raises(ConnectionFailed):
        chain.send_raw(b"\x02")
    assert "eth_sendRawTransaction" not in second.asked


def test_an_answer_is_an_answer_even_when_it_is_an_error(nodes):
    _, second, chain = nodes
    with pytest.raises(RpcError, match="rate limited"):
        chain.call(None, b"")
    assert second.asked == []


def test_when_none_answers_that_is_said(nodes):
    first, second, chain = nodes
    first.down = second.down = True
    with pytest.raises(ConnectionFailed) as caught:
        chain.block_number()
    assert caught.value.facts["endpoints"] == 2


def test_a_first_endpoint_that_is_down_does_not_keep_from_connecting():
    up = Node()
    with rpc_server(up) as url:
        chain = connect(Network(name="far", rpc_url="http://127.0.0.1:1", chain_id=5, fallback_urls=(url,)))
        assert chain.block_number() == 16


@pytest.mark.parametrize(("said", "least", "most"), [("1", 1.0, 30.0), ("Fri, 27 Nov 2099 00:00:00 GMT", 0.0, 1.0)])
def test_a_node_that_says_when_to_come_back_is_left_alone_until_then(said: str, least: float, most: float):
    node = Node()
    with rpc_server(node) as url:
        chain = connect(Network(name="far", rpc_url=url, chain_id=5))
        node.refusals = [{"Retry-After": said}]
        began = time.monotonic()
        assert chain.block_number() == 16
    assert least <= time.monotonic() - began < most


def test_who_asks_for_more_time_than_there_is_gets_none():
    node = Node()
    with rpc_server(node) as url:
        chain = connect(Network(name="far", rpc_url=url, chain_id=5))
        node.refusals = [{"Retry-After": "86400"}]
        began = time.monotonic()
        with pytest.raises(ConnectionFailed, match="429"):
            chain.block_number()
    assert time.monotonic() - began < 5
