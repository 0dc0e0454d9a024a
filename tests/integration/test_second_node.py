"""T90: what one node says of a receipt is final only when no node of the network says otherwise."""

import pytest

from tests.support.txs import Node, in_block, looked, payment, until
from zkchain.chain.tx import agreement
from zkchain.errors import WrongChain
from zkchain.testing.fault_plan import Rule
from zkchain.testing.fault_proxy import fault_proxy
from zkchain.testing.faults import DropBefore, Fault, Rewrite
from zkchain.testing.rewrites import always, with_field

pytestmark = pytest.mark.anvil
RECEIPT, BLOCK = frozenset({"eth_getTransactionReceipt"}), frozenset({"eth_getBlockByNumber"})
FAILED = Rewrite(with_field("status", "0x0"))
ELSEWHERE = "0x" + "11" * 32


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (FAILED, "with status 0"),
        (Rewrite(with_field("blockHash", ELSEWHERE)), "in block"),
        (Rewrite(with_field("transactionHash", ELSEWHERE)), "asked for the receipt"),
    ],
    ids=["status", "block", "another one's"],
)
def test_nothing_is_final_while_a_second_node_says_otherwise(node: Node, fault: Fault, said: str):
    with (
        fault_proxy(node.url, Rule(fault=fault, methods=RECEIPT)) as second,
        node.manager(fallback_urls=(second.url,)) as manager,
    ):
        (one,) = manager.submit([payment(1)])
        doubted = in_block(manager, one)
        assert (doubted.state, doubted.status) == ("mined", 1)
        until(lambda: said in looked(manager, one).note)  # once the head has reached its block
        second.obey()
        (entry,) = manager.wait([one])
        assert (entry.state, entry.mined_hash, entry.note) == ("final", doubted.mined_hash, "")


def test_the_node_that_told_of_a_receipt_cannot_confirm_itself(node: Node):
    """It lies, and fails right afterwards, so that another node is asked from then on."""
    with (
        fault_proxy(node.url) as liar,
        Node(liar.url, node.journals).manager(fallback_urls=(node.url,)) as manager,
    ):
        height = node.height
        (one,) = manager.submit([payment(1)])
        until(lambda: node.height > height)
        liar.obey(Rule(fault=FAILED, methods=RECEIPT), Rule(fault=DropBefore(), methods=BLOCK, skip=1))
        for _ in range(3):
            manager.look()
        assert manager.entry(one).status == 0  # so the liar said
        assert not manager.entry(one).settled


def test_who_objected_and_falls_silent_still_objects(node: Node):
    rules = (Rule(fault=FAILED, methods=RECEIPT, limit=1), Rule(fault=DropBefore(), methods=RECEIPT))
    with fault_proxy(node.url, *rules) as second, node.manager(fallback_urls=(second.url,)) as manager:
        (one,) = manager.submit([payment(1)])
        in_block(manager, one)
        for _ in range(3):
            manager.look()
        assert manager.entry(one).state == "mined"


def test_a_second_node_that_keeps_no_receipts_agrees_by_its_block(node: Node):
    with (
        fault_proxy(node.url, Rule(fault=Rewrite(always(None)), methods=RECEIPT)) as second,
        node.manager(fallback_urls=(second.url,)) as manager,
    ):
        (entry,) = manager.wait(manager.submit([payment(1)]))
    assert entry.state == "final"


def test_a_second_node_that_is_behind_is_waited_for_but_not_for_ever(node: Node, monkeypatch: pytest.MonkeyPatch):
    nothing = Rewrite(always(None))
    rules = (Rule(fault=nothing, methods=RECEIPT), Rule(fault=nothing, methods=BLOCK))
    with fault_proxy(node.url, *rules) as second, node.manager(fallback_urls=(second.url,)) as manager:
        (one,) = manager.submit([payment(1)])
        assert "has not reached its block" in in_block(manager, one).note
        monkeypatch.setattr(agreement, "_BEHIND_SECONDS", 0.0)
        until(lambda: not manager.look() and manager.entry(one).settled)
        assert manager.entry(one).state == "final"


def test_a_second_node_that_is_down_keeps_nothing_from_being_final(node: Node):
    with (
        fault_proxy(node.url, Rule(fault=DropBefore(), methods=RECEIPT)) as second,
        node.manager(fallback_urls=(second.url,)) as manager,
    ):
        (entry,) = manager.wait(manager.submit([payment(1)]))
        assert second.struck
    assert entry.state == "final"


def test_a_second_node_of_another_chain_is_an_error_and_no_note(node: Node):
    with (
        fault_proxy(node.url, Rule(fault=Rewrite(always("0x1")), methods={"eth_chainId"})) as second,
        node.manager(fallback_urls=(second.url,)) as manager,
    ):
        (one,) = manager.submit([payment(1)])
        with pytest.raises(WrongChain):
            manager.wait([one])
