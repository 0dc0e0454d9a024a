"""T90: what one node says of a receipt is final only when no other node of the network says otherwise."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.txs import Node, anvil, payment
from zkchain.testing.fault_plan import Rule
from zkchain.testing.fault_proxy import fault_proxy
from zkchain.testing.faults import DropBefore, Fault, Rewrite
from zkchain.testing.rewrites import always, with_field

pytestmark = pytest.mark.anvil
RECEIPT = frozenset({"eth_getTransactionReceipt"})


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with anvil(tmp_path_factory.mktemp("anvil")) as node:
        yield node


@pytest.fixture
def node(running: Node, tmp_path: Path) -> Node:
    return Node(running.url, tmp_path / "accounts")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Rewrite(with_field("status", "0x0")), "with status 0"),
        (Rewrite(with_field("blockHash", "0x" + "11" * 32)), "in block"),
        (Rewrite(always(None)), "no receipt of it yet"),
        (Rewrite(with_field("transactionHash", "0x" + "11" * 32)), "asked for the receipt"),
    ],
    ids=["status", "block", "none", "another one's"],
)
def test_nothing_is_final_while_a_second_node_says_otherwise(node: Node, fault: Fault, said: str):
    with (
        fault_proxy(node.url, Rule(fault=fault, methods=RECEIPT, limit=2)) as second,
        node.manager(fallback_urls=(second.url,)) as manager,
    ):
        (one,) = manager.submit([payment(1)])
        manager.look()
        doubted = manager.entry(one)
        assert (doubted.state, doubted.status) == ("mined", 1)
        assert said in doubted.note
        (entry,) = manager.wait([one])
        assert (entry.state, entry.mined_hash) == ("final", doubted.mined_hash)


def test_a_second_node_that_is_down_keeps_nothing_from_being_final(node: Node):
    with (
        fault_proxy(node.url, Rule(fault=DropBefore(), methods=RECEIPT)) as second,
        node.manager(fallback_urls=(second.url,)) as manager,
    ):
        (entry,) = manager.wait(manager.submit([payment(1)]))
    assert entry.state == "final"
