"""An endpoint that serves another chain than it should: how much was signed for it?"""

import random
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zkchain.chain.client import connect
from zkchain.chain.dev_accounts import DEV_ADDRESSES, dev_key
from zkchain.chain.signer import KeySigner, SignedTx
from zkchain.chain.tx.entry import Intent
from zkchain.chain.tx.manager import open_manager
from zkchain.errors import WrongChain
from zkchain.testing.fault_plan import Rule
from zkchain.testing.fault_proxy import fault_proxy
from zkchain.testing.faults import Rewrite
from zkchain.testing.rewrites import always

from .node import FRIEND, Node, running_node
from .score import Row, judged
from .worker import network_at, payload


class _Counted(KeySigner):
    """The first development account's signer, which counts what it signs."""

    def __init__(self) -> None:
        super().__init__(dev_key(0))
        self.signed = 0

    def sign_typed(self, typed: Mapping[str, Any]) -> bytes:
        """Sign structured data, and count it."""
        self.signed += 1
        return super().sign_typed(typed)

    def sign(self, tx: Mapping[str, Any]) -> SignedTx:
        """Sign, and count it."""
        self.signed += 1
        return super().sign(tx)


def wrong_chain(trials: int = 100) -> Row:
    """The endpoint changes chains before the connection, after it, and after transactions that were right."""
    began, drawn = time.monotonic(), random.Random(3)
    refused = signed = sent = 0
    with running_node() as node:
        for trial in range(trials):
            honest = trial % 4 - 1
            other = drawn.choice([1, 10, 137, 1337, 8453, 42161, drawn.randint(2**20, 2**40)])
            before = int(node.ask("eth_getTransactionCount", DEV_ADDRESSES[0], "pending"), 16)
            was_refused, signatures = _trial(node, trial, honest, other)
            after = int(node.ask("eth_getTransactionCount", DEV_ADDRESSES[0], "pending"), 16)
            refused += was_refused
            signed += signatures
            sent += after - before - max(honest, 0)
    return judged(
        f"{trials} endpoints of another chain, from the start or changed later",
        "refused before the first signature, always",
        {"refused": refused, "signatures": signed, "sent": sent},
        {"refused": trials, "signatures": 0, "sent": 0},
        began,
    )


def _trial(node: Node, trial: int, honest: int, other: int) -> tuple[bool, int]:
    """Whether it was refused, and what was signed after the endpoint changed; -1 `honest`: it was never right."""
    lie = Rule(fault=Rewrite(always(hex(other))), methods={"eth_chainId"})
    signer = _Counted()
    with tempfile.TemporaryDirectory(prefix="chains-") as home, fault_proxy(node.network.rpc_url) as proxy:
        if honest < 0:
            proxy.obey(lie)
        try:
            chain = connect(network_at(proxy.url), journals=Path(home))
            with open_manager(chain, signer) as manager:
                for number in range(honest):
                    manager.wait(manager.submit([Intent(to=FRIEND, data=payload(trial, number))]))
                proxy.obey(lie)
                signer.signed = 0
                manager.submit([Intent(to=FRIEND, data=payload(trial, honest))])
        except WrongChain:
            return True, signer.signed
    return False, signer.signed
