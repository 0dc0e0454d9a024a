"""Fees that rise while transactions wait, and replacements under the rules of geth's pool."""

import tempfile
import time
from pathlib import Path

from zkchain.chain.client import Chain, connect
from zkchain.chain.signer import dev_signer
from zkchain.chain.tx.entry import Intent
from zkchain.chain.tx.manager import Manager, open_manager
from zkchain.testing.fault_proxy import FaultProxy, fault_proxy

from .node import FRIEND, Node, counted, mining, running_node
from .processes import PATIENCE
from .score import Row, judged
from .worker import network_at, payload

GWEI = 10**9
ACCOUNT = dev_signer(0)
_UNDERPRICED = "replacement transaction underpriced"


def _intents(count: int, first: int = 0) -> list[Intent]:
    return [Intent(to=FRIEND, data=payload(0, number), key=str(number)) for number in range(first, first + count)]


def _chain(proxy: FaultProxy, home: str, cap: int) -> Chain:
    return connect(network_at(proxy.url, max_fee_wei=cap, confirmations=2), journals=Path(home))


class _BaseFee:
    """Keeps the base fee where it is wanted; a block without transactions would lower it."""

    def __init__(self, node: Node) -> None:
        self._node, self.gwei = node, 1

    def __call__(self) -> None:
        self._node.ask("anvil_setNextBlockBaseFeePerGas", hex(self.gwei * GWEI))

    def settle(self, gwei: int) -> None:
        """Have the chain's history say so, and whoever asked before ask again."""
        self.gwei = gwei
        for _ in range(3):
            self()
            self._node.ask("evm_mine")
        time.sleep(1.1)


#: The base fee at which a batch is sent, and the one at which it is to be mined, in gwei. A transaction offers about
#: twice the base fee, so it survives the first two; the third has to be paid more for, and the last is over the cap.
_SPIKES = ((1, 2), (2, 4), (1, 4), (4, 20))
_CAP = 10


def spiked(batch: int = 20, *, seconds: float = PATIENCE) -> Row:
    """The base fee doubles while transactions wait, doubles again, rises fourfold, goes over the cap, and falls."""
    began, ids = time.monotonic(), list[int]()
    with (
        tempfile.TemporaryDirectory(prefix="fees-") as home,
        running_node("--no-mining") as node,
        fault_proxy(node.network.rpc_url, strict=True) as proxy,
    ):
        assert proxy.pool is not None
        base = _BaseFee(node)
        with open_manager(_chain(proxy, home, _CAP * GWEI), ACCOUNT, patience=30.0) as manager:
            for low, high in _SPIKES:
                base.settle(low)
                sent = manager.submit(_intents(batch, len(ids)))
                ids += sent
                base.gwei = high
                with mining(node, 0.3, base):
                    if high > _CAP:
                        _looked(manager, 3.0)
                        base.gwei = 1
                    manager.wait(sent, timeout=seconds)
            entries = [manager.entry(one) for one in ids]
        landed, offers = node.landed(ACCOUNT.address), [sent.max_fee for sent in proxy.pool.asked]
    found = counted(landed, {"0x" + payload(0, number).hex() for number in range(len(ids))})
    return judged(
        "base fee doubles, doubles again, rises fourfold, goes over the cap and falls",
        "all land, nothing is offered above the cap",
        {
            "sent": len(ids),
            "final": sum(entry.state == "final" for entry in entries),
            **found,
            "raised offers": sum(len(entry.attempts) - 1 for entry in entries),
            "highest offer, Mwei": max(offers) // 10**6,
            "offers above the cap": sum(offer > _CAP * GWEI for offer in offers),
        },
        {"landed": len(ids), "landed twice": 0, "final": len(ids), "gaps": 0, "offers above the cap": 0},
        began,
    )


def _looked(manager: Manager, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        manager.look()
        time.sleep(0.1)


def replaced(count: int = 10, rounds: int = 6, *, seconds: float = PATIENCE) -> Row:
    """Nothing is mined, and everything is paid more for, again and again, in front of geth's rules."""
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="fees-") as home,
        running_node("--no-mining") as node,
        fault_proxy(node.network.rpc_url, strict=True) as proxy,
    ):
        assert proxy.pool is not None
        with open_manager(_chain(proxy, home, 10_000 * GWEI), ACCOUNT, patience=0.2) as manager:
            ids = manager.submit(_intents(count))
            for _ in range(rounds):
                for one in ids[1:]:
                    manager.speed_up(one)
                _looked(manager, 0.5)  # the lowest is paid more for by itself
            manager.cancel(ids[-1])
            with mining(node, 0.2):
                entries = manager.wait(ids, timeout=seconds)
        tried, refused = proxy.pool.replacements, proxy.pool.refused.count(_UNDERPRICED)
        landed = node.landed(ACCOUNT.address)
    nonces = counted(landed, set())
    wanted = (count - 1) * rounds + 2
    return judged(
        "replacements in front of geth's rules",
        "all of them accepted at the first try",
        {
            "replacements": tried,
            "refused": refused,
            "too few": int(tried < wanted),
            "settled": sum(entry.state in ("final", "cancelled") for entry in entries),
            "nonces": nonces["nonces"],
            "gaps": nonces["gaps"],
        },
        {"refused": 0, "too few": 0, "settled": count, "nonces": count, "gaps": 0},
        began,
    )
