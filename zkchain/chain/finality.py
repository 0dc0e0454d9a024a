"""Wait until a mined transaction counts: deep enough, and still where it was."""

import time

from ..errors import ChainError, TransactionUnknown
from ..progress import Report, silent
from ..records import Receipt
from ..values import digest
from .client import Chain

#: Seconds that a block may take, and that a chain may take to finalise one.
_BLOCK_SECONDS, _FINALITY_SECONDS = 30.0, 1_800.0
_PAUSE = 0.5


def await_depth(
    chain: Chain, receipt: Receipt, report: Report = silent, *, timeout: float | None = None, pause: float = _PAUSE
) -> Receipt:
    """The receipt once its block has the confirmations that the network asks for; one of another block after a reorg.

    Raises TransactionUnknown after `timeout` seconds, by default what so many blocks take at most.
    """
    wanted, tx_hash = chain.network.confirmations, digest(receipt.tx_hash)
    if wanted == 1:
        return receipt
    patience = _FINALITY_SECONDS if wanted is None else _BLOCK_SECONDS * wanted
    end = time.monotonic() + (patience if timeout is None else timeout)
    found: Receipt | None = receipt
    while True:
        try:
            # Asked again each time: after a reorganisation it is in another block, or in none.
            found = chain.receipt(tx_hash)
            depth = 0 if found is None else _depth(chain, found)
            if found is not None and depth >= (wanted or 1):
                return found
            report(f"waiting for confirmations, block {found.block if found else 'unknown'}")
        except ChainError as error:
            report(f"waiting for confirmations: {error.message}")
        if time.monotonic() > end:
            raise TransactionUnknown(
                f"transaction {tx_hash} was mined, but is not confirmed in time ({wanted or 'finalized'})",
                tx_hash=tx_hash,
                mined=found is not None,
            )
        time.sleep(pause)


def _depth(chain: Chain, receipt: Receipt) -> int:
    """Blocks on top of the receipt's, itself included; 0 when the chain has another block in its place."""
    top = chain.finalized_number() if chain.network.confirmations is None else chain.block_number()
    if top < receipt.block or chain.block_hash(receipt.block) != receipt.block_hash:
        return 0
    return top - receipt.block + 1
