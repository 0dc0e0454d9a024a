"""The smoke test itself: it must fail for every verifier that is not strict."""

from collections.abc import Callable

import pytest

from tests.support.rpc_server import RpcAnswer, rpc_server
from zkchain.chain.client import Chain
from zkchain.chain.layouts import Statement, canonical, negative_vectors
from zkchain.chain.pool import Pool
from zkchain.chain.rpc import open_endpoint
from zkchain.chain.smoke import smoke_test, verifier_at
from zkchain.errors import RpcError, SmokeTestFailed
from zkchain.records import Network
from zkchain.values import Address, FieldElement

KEYS = [None, (b"\x11" * 32, b"\x22" * 32)]
VERIFIER = Address("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266")


def statement(key: tuple[bytes, ...] | None) -> Statement:
    return Statement(bytes(range(64)), (FieldElement(5), FieldElement(6)), key)


@pytest.mark.parametrize("key", KEYS, ids=["own", "shared"])
def test_a_strict_verifier_passes(key):
    honest = canonical(statement(key))
    assert smoke_test(lambda data: data == honest, statement(key)) == len(negative_vectors(statement(key)))


@pytest.mark.parametrize("key", KEYS, ids=["own", "shared"])
def test_accepting_any_single_vector_fails(key):
    honest = canonical(statement(key))
    for vector in negative_vectors(statement(key)):
        with pytest.raises(SmokeTestFailed) as caught:
            smoke_test(lambda data, bad=vector.calldata: data in (honest, bad), statement(key))
        assert caught.value.facts["vector"] == vector.name


@pytest.mark.parametrize("key", KEYS, ids=["own", "shared"])
def test_a_verifier_that_refuses_all_or_accepts_all_fails(key):
    with pytest.raises(SmokeTestFailed, match="honest"):
        smoke_test(lambda _: False, statement(key))
    with pytest.raises(SmokeTestFailed, match="accepted"):
        smoke_test(lambda _: True, statement(key))


def judged(answer: Callable[[], str]) -> bool:
    with rpc_server(lambda method, params: answer()) as url:
        network = Network(name="test", rpc_url=url, chain_id=1)
        return verifier_at(Chain(network, Pool([open_endpoint(network, 5)], network.chain_id)), VERIFIER)(b"")


def test_one_is_yes_zero_and_a_revert_are_no():
    def revert() -> str:
        raise RpcAnswer({"code": 3, "message": "execution reverted", "data": "0x"})

    word = "00" * 31
    assert judged(lambda: f"0x{word}01") is True
    assert judged(lambda: f"0x{word}01{'ab' * 64}") is True  # the shared verifier says more behind it
    assert judged(lambda: f"0x{word}00") is False
    assert judged(revert) is False


@pytest.mark.parametrize("data", ["0x", "0x01", "0x" + "00" * 31 + "02", "0x" + "ff" * 32, "0x" + "00" * 31])
def test_an_answer_that_is_no_verdict_fails(data: str):
    """T19"""
    with pytest.raises(SmokeTestFailed, match="no verdict"):
        judged(lambda: data)


def test_a_node_that_is_down_is_no_refusal():
    def tired() -> str:
        raise RpcAnswer({"code": -32005, "message": "rate limited"})

    with pytest.raises(RpcError):
        judged(tired)
