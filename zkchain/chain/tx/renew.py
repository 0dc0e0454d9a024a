"""Sign again under the same nonce: to pay more, or to cancel; and fill nonces that nobody uses."""

import time

from ...errors import FeeOverCap, TransactionError
from ..broadcast import Outcome, hand_over, refusal
from ..fees import Fees, bumped
from ..prepare import gas_limit
from ..signer import SignedTx
from .desk import Desk
from .entry import Attempt, Entry, Intent, Kind
from .launch import launch, sign_for
from .ledger import LeaseLost, add, annotate, save_attempts
from .watch import Sight

#: Seconds that a transaction may wait in the pool at the price it offers.
PATIENCE = 30.0
#: Seconds that a gap must be seen: a node that lags does not know of nonces that are used.
_GAP_SECONDS = 2.0


def renew(desk: Desk, entry: Entry, *, cancel: bool = False, block: int = 0) -> Attempt:
    """Replace the transaction by one that pays more, at the prices of `block` or later, or by an empty one.

    Raises FeeOverCap when the network's caps do not allow it, NonceTaken when its nonce is used meanwhile, LeaseLost
    when another process has found it mined meanwhile, and then nothing is sent; WrongChain, TransactionError, RpcError
    and InsufficientFunds.
    """
    last = entry.current[-1]
    terms_fees: Fees | None
    try:
        terms_fees = desk.terms(block).fees
    except FeeOverCap:
        terms_fees = None
    fees = bumped(last.fees, terms_fees, desk.chain.network)
    kind: Kind = "cancel" if cancel or last.kind == "cancel" else "bump"
    gas = None
    if kind == "cancel":
        gas = gas_limit(desk.chain, desk.chain.head(), desk.account, desk.account, b"", None, ())
    desk.chain.check_chain_id()
    attempt = sign_for(desk, entry, fees, kind, gas=gas)
    save_attempts(desk.journal, [(entry, attempt)], desk.owner)
    outcome, trouble = hand_over(desk.chain, SignedTx(attempt.raw, attempt.hash))
    if trouble is not None and outcome in (Outcome.NONCE, Outcome.FUNDS, Outcome.REFUSED):
        raise refusal(outcome, trouble)
    return attempt


def keep_moving(desk: Desk, sight: Sight, patience: float = PATIENCE) -> str:
    """Pay more for what has waited too long, and fill a gap that keeps the rest from being mined.

    Returns what stands in the way; empty when nothing does. Raises ChainError.
    """
    trouble = _fill(desk, sight)
    for place, entry in enumerate(sight.stuck):
        last = entry.current[-1]
        assert entry.nonce is not None
        priced_out = sight.head.base_fee is not None and not last.legacy and last.max_fee < sight.head.base_fee
        # The lowest keeps all others waiting; whether those pay enough is not known before it is mined.
        waited = place == 0 and time.time() - last.created > patience
        if entry.state != "sent" or not (priced_out or waited):
            continue
        try:
            renew(desk, entry, block=sight.head.number)
        except LeaseLost:
            continue  # whoever shares the journal knows more than this sight of it
        except TransactionError as error:
            trouble = error.message
            annotate(desk.journal, entry.id, error.message)
    return trouble


def _fill(desk: Desk, sight: Sight) -> str:
    """Use the node's first unknown nonce when nobody does, though a higher one was sent."""
    memory, nonce = desk.memory, sight.pending
    held = {entry.nonce for entry in sight.stuck}
    if nonce in held or max((entry.nonce or 0 for entry in sight.stuck), default=0) < nonce:
        memory.gap = None
        return ""
    now = time.monotonic()
    if memory.gap is None or memory.gap[0] != nonce:
        memory.gap = (nonce, now)
    if now - memory.gap[1] < _GAP_SECONDS:
        return ""
    memory.gap = None
    gas = gas_limit(desk.chain, sight.head, desk.account, desk.account, b"", None, ())
    filler = Intent(to=desk.account, data=b"", label=f"fills the gap at nonce {nonce}")
    entry, _ = add(desk.journal, filler, gas, desk.owner)
    launch(desk, [entry.id])  # which takes the lowest free nonce, as always
    return f"nobody uses nonce {nonce}; an empty transaction fills the gap"
