"""What each endpoint of a network says of a transaction: one alone can be wrong, be behind, or lie."""

import time
from dataclasses import dataclass, field

from ..client import Chain
from .entry import Entry

#: Seconds for which a mined transaction waits for an endpoint that has not reached its block. One that stands still
#: keeps nothing open for ever.
_BEHIND_SECONDS = 60.0


@dataclass(slots=True)
class Objections:
    """What endpoints objected to and have not taken back, and since when they are behind; by transaction and place."""

    raised: dict[tuple[int, int], str] = field(default_factory=dict)
    behind: dict[tuple[int, int], float] = field(default_factory=dict)


def objection_to(chain: Chain, entry: Entry, known: Objections) -> str:
    """Why a mined transaction is not final yet for some endpoint; empty when none that answers objects.

    All are asked, the one that told of the receipt too, for nobody knows any more which that was. Who objected and then
    falls silent still objects. Raises WrongChain, and RpcError for an answer that makes no sense.
    """
    if chain.endpoints == 1:
        return ""
    assert entry.mined_hash is not None
    assert entry.block is not None
    found = chain.receipts(entry.mined_hash)
    hashes = chain.hashes_at(entry.block) if None in found.values() else {}
    for at, receipt in found.items():
        place, words = (entry.id, at), ""
        if receipt is not None:
            known.behind.pop(place, None)
            if (receipt.block_hash, receipt.status) != (entry.block_hash, entry.status):
                words = f"another endpoint of the network has it in block {receipt.block} with status {receipt.status}"
        elif hashes.get(at) is None:
            since = known.behind.setdefault(place, time.monotonic())
            if time.monotonic() - since < _BEHIND_SECONDS:
                return "another endpoint of the network has not reached its block"
            continue  # it knows nothing, which takes no objection back
        elif hashes[at] != entry.block_hash:
            words = "another endpoint of the network has another block in its place"
        if words:
            known.raised[place] = words
        else:
            known.raised.pop(place, None)
    return next((words for (one, _), words in known.raised.items() if one == entry.id), "")


def has_receipt_somewhere(chain: Chain, entry: Entry) -> bool:
    """Whether any endpoint has a receipt of any attempt: then no foreign transaction has its nonce."""
    if chain.endpoints == 1:
        return False
    return any(any(chain.receipts(attempt.hash).values()) for attempt in entry.current)
