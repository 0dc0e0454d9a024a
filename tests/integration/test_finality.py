"""A transaction counts when it is deep enough, and only where it still is: a real node, real reorganisations."""

import threading
from collections.abc import Iterator

import pytest

from tests.support.chains import need, raw
from zkchain.chain.client import Chain, connect
from zkchain.chain.dev_accounts import DEV_ADDRESSES
from zkchain.chain.devnet import start_devnet, stop_devnet
from zkchain.chain.finality import await_depth
from zkchain.chain.signer import dev_signer
from zkchain.chain.transact import send
from zkchain.errors import TransactionUnknown
from zkchain.records import Network

pytestmark = pytest.mark.anvil
OWNER = dev_signer(0)


@pytest.fixture(scope="module")
def url(tmp_path_factory) -> Iterator[str]:
    need("anvil")
    home = tmp_path_factory.mktemp("finality")
    info = start_devnet(home, engine="anvil")
    yield info.rpc_url
    stop_devnet(home)


def chain_at(url: str, confirmations: int | None) -> Chain:
    return connect(Network(name="far", rpc_url=url, chain_id=31337, confirmations=confirmations))


def mined(url: str):
    return send(chain_at(url, 1), OWNER, to=DEV_ADDRESSES[1], data=b"")


def test_one_confirmation_is_the_block_itself(url: str):
    receipt = mined(url)
    assert await_depth(chain_at(url, 1), receipt) == receipt


def test_so_many_blocks_are_waited_for(url: str):
    receipt, chain = mined(url), chain_at(url, 3)
    raw(url, "anvil_mine", "0x1")
    with pytest.raises(TransactionUnknown, match="not confirmed") as caught:
        await_depth(chain, receipt, timeout=0.3, pause=0.05)
    assert caught.value.facts["mined"] is True
    raw(url, "anvil_mine", "0x1")
    assert await_depth(chain, receipt, timeout=5, pause=0.05) == receipt


def test_a_reorganised_transaction_counts_in_its_new_block_only(url: str):
    mark = raw(url, "evm_snapshot")
    receipt, chain = mined(url), chain_at(url, 3)
    transaction = raw(url, "eth_getRawTransactionByHash", receipt.tx_hash)
    assert raw(url, "evm_revert", mark) is True
    raw(url, "anvil_mine", "0x5")  # other blocks take the place of its own
    with pytest.raises(TransactionUnknown) as caught:
        await_depth(chain, receipt, timeout=0.3, pause=0.05)
    assert caught.value.facts["mined"] is False
    raw(url, "eth_sendRawTransaction", transaction)
    raw(url, "anvil_mine", "0x2")
    found = await_depth(chain, receipt, timeout=5, pause=0.05)
    assert found.tx_hash == receipt.tx_hash
    assert found.block == receipt.block + 5
    assert found.block_hash != receipt.block_hash


def test_sending_waits_for_the_confirmations_of_the_network(url: str):
    found = []
    chain = chain_at(url, 2)
    thread = threading.Thread(target=lambda: found.append(send(chain, OWNER, to=DEV_ADDRESSES[1], data=b"")))
    before = chain.block_number()
    thread.start()
    thread.join(2)
    assert thread.is_alive()
    assert chain.block_number() == before + 1
    raw(url, "anvil_mine", "0x1")
    thread.join(20)
    assert [receipt.block for receipt in found] == [before + 1]


def test_a_finalized_transaction_is_below_the_final_block(url: str):
    receipt, chain = mined(url), chain_at(url, None)
    with pytest.raises(TransactionUnknown, match="finalized"):
        await_depth(chain, receipt, timeout=0.3, pause=0.05)
    raw(url, "anvil_mine", "0x80")
    assert chain.finalized_number() >= receipt.block
    assert await_depth(chain, receipt, timeout=5, pause=0.05) == receipt
