"""From planned to sent: lease nonces, sign, save on disk, and only then send."""

import time
from collections.abc import Sequence

from ...errors import ChainError
from ..broadcast import Outcome, hand_over, refusal, sign_checked
from ..fees import Fees
from ..prepare import transaction
from ..signer import SignedTx
from .desk import Desk
from .entry import Attempt, Entry, Kind
from .ledger import LeaseLost, annotate, discard, forget, lease, mark_sent, save_attempts
from .queries import settled_from

#: Times that a signature may come too late for its lease.
_TRIES = 3


def launch(desk: Desk, ids: Sequence[int]) -> None:
    """Send the transactions that are planned and may be signed here; leave the others to whoever may.

    When it raises, what was not handed to a node is forgotten and its nonce free again; what was is in the journal.
    Raises WrongChain before anything is signed, FeeOverCap, TransactionError, InsufficientFunds, RpcError.
    """
    for attempt in range(_TRIES):
        try:
            signed = _signed(desk, ids)
            save_attempts(desk.journal, signed, desk.owner)
        except LeaseLost:
            if attempt + 1 < _TRIES:
                continue
            raise ChainError("the signer takes longer than a nonce is kept for it") from None
        except BaseException:
            discard(desk.journal, ids, desk.owner)
            raise
        _send(desk, signed)
        return


def sign_for(desk: Desk, entry: Entry, fees: Fees, kind: Kind, *, gas: int | None = None) -> Attempt:
    """Sign `entry` under its nonce; an empty transaction to the account itself when the kind is "cancel"."""
    assert entry.nonce is not None
    to, data = (desk.account, b"") if kind == "cancel" else (entry.recipient, entry.data)
    limit = entry.gas if gas is None else gas
    tx = transaction(desk.chain.network.chain_id, entry.nonce, to, data, limit, fees)
    signed = sign_checked(desk.signing(), tx)
    return Attempt(
        hash=signed.hash,
        nonce=entry.nonce,
        kind=kind,
        raw=signed.raw,
        max_fee=fees.max_fee,
        tip=fees.tip,
        legacy=fees.legacy,
        created=time.time(),
    )


def _signed(desk: Desk, ids: Sequence[int]) -> list[tuple[Entry, Attempt]]:
    desk.signing()
    pending = desk.chain.nonce(desk.account)
    if desk.chain.network.devnet:
        _forget_what_the_chain_forgot(desk, pending)
    leased = lease(desk.journal, ids, desk.owner, pending)
    fees = desk.terms().fees
    desk.chain.check_chain_id()
    return [(entry, sign_for(desk, entry, fees, "send")) for entry in leased]


def _send(desk: Desk, signed: Sequence[tuple[Entry, Attempt]]) -> None:
    with_node, notes = [], dict[int, str]()
    try:
        for entry, attempt in signed:
            outcome, trouble = hand_over(desk.chain, SignedTx(attempt.raw, attempt.hash))
            if trouble is not None and outcome in (Outcome.FUNDS, Outcome.REFUSED):
                # Nothing after it can be mined before its nonce is used.
                raise refusal(outcome, trouble)  # noqa: TRY301 - what was not sent is given up below
            with_node.append(entry.id)
            if trouble is not None and outcome is not Outcome.TAKEN:
                notes[entry.id] = trouble.message
    except BaseException:
        discard(desk.journal, [entry.id for entry, _ in signed if entry.id not in with_node], desk.owner)
        raise
    finally:
        mark_sent(desk.journal, with_node)
        for one, words in notes.items():
            annotate(desk.journal, one, words)


def _forget_what_the_chain_forgot(desk: Desk, pending: int) -> None:
    """A devnet can be rolled back: settled transactions whose nonces it no longer counts are as if never sent."""
    known = settled_from(desk.journal, pending)
    gone = [entry.id for entry in known if entry.mined_hash and not desk.chain.knows(entry.mined_hash)]
    if gone:
        forget(desk.journal, gone)
