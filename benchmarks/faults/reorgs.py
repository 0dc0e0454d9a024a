"""Reorganisations while transactions are on their way: nothing may be called final that does not stay."""

import random
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from zkchain.chain.client import connect
from zkchain.chain.signer import dev_signer
from zkchain.chain.tx.entry import Intent
from zkchain.chain.tx.manager import open_manager
from zkchain.errors import TransactionUnknown

from .node import FRIEND, Node, counted, mining, running_node
from .processes import PATIENCE
from .score import Row, judged
from .worker import network_at, payload

DEEPEST = 6
_CONFIRMATIONS = DEEPEST + 2
_BLOCK_SECONDS = 0.1
_EVERY = 8


class _Reorganiser:
    """Every few blocks, the chain goes back a random number of blocks, and its transactions are gone."""

    def __init__(self, node: Node, count: int, seed: int) -> None:
        self._node, self._left = node, count
        self._random = random.Random(seed)
        self._blocks = 0
        self.done = self.undone = 0

    def __call__(self) -> None:
        self._blocks += 1
        if self._left == 0 or self._blocks % _EVERY:
            return
        depth = self._random.randint(1, DEEPEST)
        if self._node.height() <= depth:
            return
        before = len(self._node.landed(dev_signer(0).address, self._node.height() - depth))
        self._node.ask("anvil_reorg", depth, [])
        self._left, self.done = self._left - 1, self.done + 1
        self.undone += before

    @property
    def over(self) -> bool:
        """Whether all have happened."""
        return self._left == 0


def reorganised(count: int = 50, *, seconds: float = PATIENCE) -> Row:
    """Send all the time while the chain is reorganised again and again."""
    began, account = time.monotonic(), dev_signer(0).address
    with tempfile.TemporaryDirectory(prefix="reorgs-") as home, running_node("--no-mining") as node:
        reorganiser = _Reorganiser(node, count, seed=5)
        chain = connect(network_at(node.network.rpc_url, confirmations=_CONFIRMATIONS), journals=Path(home))
        ids: list[int] = []
        with mining(node, _BLOCK_SECONDS, reorganiser), open_manager(chain, dev_signer(0)) as manager:
            deadline = time.monotonic() + seconds
            while not reorganiser.over and time.monotonic() < deadline:
                intent = Intent(to=FRIEND, data=payload(0, len(ids)), key=str(len(ids)))
                ids += manager.submit([intent])
                manager.look()
                time.sleep(_BLOCK_SECONDS)
            with suppress(TransactionUnknown):  # those that are not final are counted below
                manager.wait(ids, timeout=seconds)
            entries = [manager.entry(one) for one in ids]
        landed = node.landed(account)
    there = {(item.hash, item.block_hash) for item in landed}
    final = [entry for entry in entries if entry.state == "final"]
    found = counted(landed, {"0x" + payload(0, number).hex() for number in range(len(ids))})
    return judged(
        f"{count} random reorgs, 1 to {DEEPEST} blocks deep",
        "none called final that does not stay, all landed again",
        {
            "reorgs": reorganiser.done,
            "transactions undone": reorganiser.undone,
            "sent": len(ids),
            "final": len(final),
            "false final": sum((entry.mined_hash, entry.block_hash) not in there for entry in final),
            **found,
        },
        {
            "reorgs": count,
            "final": len(ids),
            "false final": 0,
            "landed": len(ids),
            "landed twice": 0,
            "gaps": 0,
        },
        began,
    )
