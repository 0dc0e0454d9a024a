"""A transaction counts when it is deep enough, and only where it still is: a real node, real reorganisations."""

import threading
from collections.abc import Iterator

import pytest

from tests.support.txs import FRIEND, OWNER, Node, anvil, in_block, payment, states, until
from zkchain.chain.training import block_passed, block_stands
from zkchain.chain.transact import send
from zkchain.chain.tx import manager as module
from zkchain.errors import TransactionUnknown

pytestmark = pytest.mark.anvil


@pytest.fixture(scope="module")
def node(tmp_path_factory) -> Iterator[Node]:
    with anvil(tmp_path_factory.mktemp("finality")) as found:
        yield found


def test_one_confirmation_is_the_block_itself(node: Node):
    with node.manager(confirmations=1) as manager:
        (entry,) = manager.wait(manager.submit([payment(1)]))
    assert (entry.state, entry.block) == ("final", node.height)


def test_so_many_blocks_are_waited_for(node: Node):
    with node.manager(confirmations=3) as manager:
        numbers = manager.submit([payment(1)])
        in_block(manager, numbers[0])
        for blocks in range(1, 4):
            manager.look()
            assert states([manager.entry(numbers[0])]) == {"mined" if blocks < 3 else "final"}
            node.mine()


def test_a_reorganised_transaction_counts_in_its_new_block_only(node: Node):
    with node.manager(confirmations=3) as manager:
        mark = node.ask("evm_snapshot")
        (one,) = manager.submit([payment(1)])
        before = in_block(manager, one)
        with node.held_blocks():
            assert node.ask("evm_revert", mark) is True
            node.mine(5)  # other blocks take the place of its own
            until(lambda: not manager.look() and node.nonce("pending") == (before.nonce or 0) + 1)
            assert manager.entry(one).state == "sent"
            node.mine(3)
        (entry,) = manager.wait([one])
    assert (before.state, entry.state) == ("mined", "final")
    assert entry.block == (before.block or 0) + 5
    assert entry.block_hash != before.block_hash


@pytest.mark.parametrize(("confirmations", "blocks"), [(1, 1), (2, 1), (3, 2), (6, 5)])
def test_a_hash_is_drawn_from_a_block_that_stands(node: Node, confirmations: int, blocks: int):
    """T86: who draws from one that is taken back uses another hash than the chain has. A devnet is made to go on."""
    chain, drawn = node.chain(confirmations=confirmations), node.height
    assert [block_stands(chain, drawn) for _ in range(blocks)] == [False] * (blocks - 1) + [True]
    assert node.height == drawn + blocks


def test_without_a_number_of_confirmations_a_hash_is_drawn_from_a_final_block(node: Node):
    chain, drawn = node.chain(confirmations=None), node.height
    assert block_passed(chain, drawn)
    assert not block_stands(chain, drawn)
    until(lambda: block_stands(chain, drawn))
    assert chain.finalized_number() >= drawn


def test_sending_waits_for_the_confirmations_of_the_network(node: Node):
    found = []
    chain = node.chain(confirmations=2)
    thread = threading.Thread(target=lambda: found.append(send(chain, OWNER, to=FRIEND, data=b"")))
    before = chain.block_number()
    thread.start()
    until(lambda: chain.block_number() == before + 1)
    thread.join(2)
    assert thread.is_alive()
    assert chain.block_number() == before + 1
    node.mine()
    thread.join(20)
    assert [receipt.block for receipt in found] == [before + 1]


def test_a_finalized_transaction_is_below_the_final_block(node: Node, monkeypatch):
    with node.manager(confirmations=None) as manager:
        (one,) = manager.submit([payment(1)])
        assert in_block(manager, one).state == "mined"
        monkeypatch.setattr(module, "_FINALITY_SECONDS", 0.2)
        with pytest.raises(TransactionUnknown, match="finalized") as caught:
            manager.wait([one])
        assert caught.value.facts["mined"] is True
        monkeypatch.undo()
        node.mine(128)
        (entry,) = manager.wait([one])
    assert entry.state == "final"
    assert node.chain().finalized_number() >= (entry.block or 0)
