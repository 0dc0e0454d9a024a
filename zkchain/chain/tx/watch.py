"""Bring a journal up to what the chain says: one look at a time, at all open transactions of an account at once."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from ...errors import ChainError, WrongChain
from ...records import Network
from ...values import Digest
from ..broadcast import Outcome, hand_over
from ..client import Chain, Head
from ..signer import SignedTx
from .agreement import Objections, has_receipt_somewhere, objection_to
from .entry import Entry, State
from .journal import Journal
from .ledger import annotate, mark_mined, mark_sent, mark_settled, mark_unmined
from .queries import entry_of, open_entries
from .receipts import Blocks, find_receipt

#: Seconds between two publications of the same bytes, at first and at most.
_FIRST_REPUBLISH, _LAST_REPUBLISH = 1.0, 30.0
#: Looks that must agree, and their distance in seconds, before a nonce counts as a foreign transaction's: one node of
#: several behind a URL may know the account's nonce before another has the receipt.
_DOUBTS, _DOUBT_SECONDS = 3, 0.5


@dataclass(slots=True)
class Memory:
    """What a watcher remembers between looks: no harm is done when it is lost."""

    published: dict[Digest, tuple[float, float]] = field(default_factory=dict)  #: when last, and the pause until next
    doubts: dict[int, tuple[int, float]] = field(default_factory=dict)
    trouble: dict[int, str] = field(default_factory=dict)
    objections: Objections = field(default_factory=Objections)
    gap: tuple[int, float] | None = None  #: a nonce that nobody seems to have, and since when


@dataclass(frozen=True, slots=True)
class Sight:
    """What one look found: the head, the account's nonces, and which of its transactions are stuck where."""

    head: Head
    mined: int  #: nonces below are in blocks
    pending: int  #: nonces below are in blocks or in the node's pool
    stuck: tuple[Entry, ...]  #: signed and not mined, lowest nonce first


def look(chain: Chain, journal: Journal, memory: Memory) -> Sight:
    """Look at the chain once and write down what changed; publish again what the node has lost.

    Raises ChainError when the node cannot be asked at all; trouble with one transaction is kept in its note.
    """
    chain.check_chain_id()  # what another chain says of our nonces means nothing
    head = chain.fresh_head()
    mined = chain.mined_nonce(journal.account)
    final = chain.finalized_number() if chain.network.confirmations is None else head.number
    blocks = Blocks(chain)
    stuck = []
    for entry in open_entries(journal):
        if not entry.current:
            continue  # nobody has signed it yet
        if entry.state == "planned" and time.time() - entry.current[-1].created > _FIRST_REPUBLISH:
            mark_sent(journal, [entry.id])  # its process ended between signing and sending
        try:
            if _is_stuck(chain, journal, memory, entry, blocks, head, mined, final):
                stuck.append(entry)
        except WrongChain:
            raise  # what another chain says is not a matter of one transaction
        except ChainError as error:
            _note(journal, memory, entry, error.message)
    pending = max(mined, chain.nonce(journal.account)) if stuck else mined
    _publish(chain, journal, memory, stuck, pending)
    return Sight(head, mined, pending, tuple(stuck))


def _is_stuck(
    chain: Chain, journal: Journal, memory: Memory, entry: Entry, blocks: Blocks, head: Head, mined: int, final: int
) -> bool:
    """Whether a signed transaction is in no block; what became of it otherwise is written down."""
    assert entry.nonce is not None
    if entry.state == "mined" and _keeps_its_block(entry, blocks, head, chain.network):
        _settle(chain, journal, memory, entry, final)
        return False
    if entry.nonce < mined:
        _seek(chain, journal, memory, entry, blocks, final)
        return False
    if entry.state == "mined":
        mark_unmined(journal, entry.id)
    return True


def _keeps_its_block(entry: Entry, blocks: Blocks, head: Head, network: Network) -> bool:
    """Whether the chain still has the block that it was found in.

    A head below that block is a node that lags, where chains do not shrink; a devnet's can be rolled back.
    """
    assert entry.block is not None
    if head.number < entry.block:
        return not network.devnet
    return blocks.hash_of(entry.block) == entry.block_hash


def _seek(chain: Chain, journal: Journal, memory: Memory, entry: Entry, blocks: Blocks, final: int) -> None:
    """Its nonce is used: find the attempt that was mined, or learn that none was."""
    receipt = find_receipt(chain, journal.account, entry, blocks)
    if receipt is not None:
        memory.doubts.pop(entry.id, None)
        mark_mined(journal, entry.id, receipt)
        _settle(chain, journal, memory, entry_of(journal, entry.id), final)
        return
    if entry.state == "mined":
        mark_unmined(journal, entry.id)
    confirmed = final if chain.network.confirmations is None else final - (chain.network.confirmations - 1)
    if confirmed < 0 or entry.nonce is None or chain.mined_nonce(journal.account, confirmed) <= entry.nonce:
        return  # whoever used it may yet lose it
    times, last = memory.doubts.get(entry.id, (0, 0.0))
    now = time.monotonic()
    if now - last >= _DOUBT_SECONDS:
        memory.doubts[entry.id] = (times + 1, now)
    if times + 1 >= _DOUBTS and not has_receipt_somewhere(chain, entry):
        annotate(journal, entry.id, "a transaction that is not in this journal has its nonce")
        mark_settled(journal, entry.id, "replaced")


def _settle(chain: Chain, journal: Journal, memory: Memory, entry: Entry, final: int) -> None:
    """Its block counts once it is deep enough, or finalized, and no other endpoint of the network knows better."""
    if entry.block is None:
        return  # another process has found it gone meanwhile
    if final - entry.block + 1 >= (chain.network.confirmations or 1):
        objection = objection_to(chain, entry, memory.objections)
        if objection:
            _note(journal, memory, entry, objection)
            return
        mark_settled(journal, entry.id, _end_of(entry), block_hash=entry.block_hash)


def _end_of(entry: Entry) -> State:
    mined = next((attempt for attempt in entry.attempts if attempt.hash == entry.mined_hash), None)
    if mined is not None and mined.kind == "cancel":
        return "cancelled"
    return "final" if entry.status == 1 else "reverted"


def _publish(chain: Chain, journal: Journal, memory: Memory, stuck: Sequence[Entry], pending: int) -> None:
    """Hand the node what it does not have: everything from its first unknown nonce on, with growing pauses.

    A nonce below is in its pool. All the same it is published now and then: pools of several nodes differ.
    """
    now = time.monotonic()
    for entry in stuck:
        assert entry.nonce is not None
        attempt = entry.current[-1]
        fresh = max(0.0, _FIRST_REPUBLISH - (time.time() - attempt.created))  # whoever signed it is just sending it
        last, pause = memory.published.setdefault(attempt.hash, (now, fresh))
        if now - last < (pause if entry.nonce >= pending else _LAST_REPUBLISH):
            continue
        outcome, trouble = hand_over(chain, SignedTx(attempt.raw, attempt.hash))
        memory.published[attempt.hash] = (now, min(max(2 * pause, _FIRST_REPUBLISH), _LAST_REPUBLISH))
        if trouble is not None and outcome is not Outcome.TAKEN:
            _note(journal, memory, entry, trouble.message)


def _note(journal: Journal, memory: Memory, entry: Entry, trouble: str) -> None:
    """Keep the latest trouble, for whoever waits in this process or another."""
    if memory.trouble.get(entry.id) != trouble:
        memory.trouble[entry.id] = trouble
        annotate(journal, entry.id, trouble)
