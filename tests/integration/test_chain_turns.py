"""One account, several senders at once: each transaction gets a nonce of its own, or a typed refusal."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_chain_transact import FRIEND, through
from tests.support.chains import network_of
from tests.support.rpc_server import RpcAnswer
from zkchain.chain.client import Chain, connect
from zkchain.chain.devnet_state import DevnetInfo
from zkchain.chain.signer import KeySigner, dev_signer
from zkchain.chain.transact import broadcast, prepare, send, sign_checked
from zkchain.errors import NonceTaken

OWNER = dev_signer(0)
#: Seconds that a sender waits for the others before it goes on alone.
PATIENCE = 1.0


def together(devnet: DevnetInfo, journals: Path | None, senders: int) -> list[object]:
    """What becomes of senders that read their nonces at the same time, where nothing keeps them from it."""
    barrier = threading.Barrier(senders)

    def held(method: str, params: list[Any], ask: Any) -> Any:
        if method == "eth_sendRawTransaction":
            with contextlib.suppress(threading.BrokenBarrierError):
                barrier.wait(PATIENCE)
        return ask()

    def one(sender: int) -> object:
        chain = connect(proxied.network, journals=journals)
        try:  # each with data of its own: equal transactions would be one
            return send(chain, OWNER, to=FRIEND, data=bytes([sender + 1])).status
        except NonceTaken as error:
            return error.code

    with through(devnet.rpc_url, held) as proxied, ThreadPoolExecutor(senders) as pool:
        return sorted(pool.map(one, range(senders)), key=str)


@pytest.mark.usefixtures("chain")
def test_senders_of_one_account_share_its_nonces_out(devnet: DevnetInfo, tmp_path: Path):
    before = connect(network_of(devnet)).nonce(OWNER.address)
    assert together(devnet, tmp_path, 3) == [1, 1, 1]
    assert connect(network_of(devnet)).nonce(OWNER.address) == before + 3


@pytest.mark.usefixtures("chain")
def test_of_senders_that_share_no_journal_the_late_one_takes_another_nonce(devnet: DevnetInfo):
    """T80"""
    before = connect(network_of(devnet)).nonce(OWNER.address)
    assert together(devnet, None, 2) == [1, 1]
    assert connect(network_of(devnet)).nonce(OWNER.address) == before + 2


WORDS = ["nonce too low", "Nonce is too low: 3", "OldNonce", "replacement transaction underpriced"]


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("fields", [{"code": -32000}, {"code": 3, "data": "0x"}], ids=["plain", "as a revert"])
def test_what_nodes_say_of_a_used_nonce_is_one_typed_error(
    devnet: DevnetInfo, chain: Chain, signer: KeySigner, words: str, fields: dict[str, Any]
):
    def refuse(method: str, params: list[Any], ask: Any) -> Any:
        if method == "eth_sendRawTransaction":
            raise RpcAnswer({**fields, "message": words})
        return ask()

    signed = sign_checked(signer, prepare(chain, signer.address, to=FRIEND, data=b"", gas=None, abis=()))
    with through(devnet.rpc_url, refuse) as proxied, pytest.raises(NonceTaken, match=words) as caught:
        broadcast(proxied, signed)
    assert caught.value.remedy


def test_a_node_that_has_the_transaction_already_is_waited_for(devnet: DevnetInfo, chain: Chain, signer: KeySigner):
    def repeat(method: str, params: list[Any], ask: Any) -> Any:
        if method == "eth_sendRawTransaction":
            ask()
            raise RpcAnswer({"code": -32000, "message": "already known"})
        return ask()

    with through(devnet.rpc_url, repeat) as proxied:
        assert send(proxied, signer, to=FRIEND, data=b"").status == 1
