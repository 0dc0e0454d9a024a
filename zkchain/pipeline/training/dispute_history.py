"""What a ledger's events say of disputes: who was asked, who answered, who was shut out."""

from collections.abc import Sequence

from ...chain.training import PHASES, LedgerEvent
from ...training.lineage import Outcome, TracedDispute
from ...values import address

_REVEAL = PHASES.index("reveal")
_ENDS: dict[str, Outcome] = {"RoundClosed": "closed", "RoundAborted": "aborted"}


def disputes_in(events: Sequence[LedgerEvent]) -> tuple[TracedDispute, ...]:
    """All disputes, oldest first, in the events of a ledger, which are in order.

    Who is struck is expelled as well; who is expelled alone while a dispute is open was shut out by the coordinator.
    """
    found: list[TracedDispute] = []
    for place, event in enumerate(events):
        if event.name == "PhaseStarted" and event.fields["phase"] == _REVEAL:
            found.append(_dispute(event, events[place + 1 :]))
    return tuple(found)


def _dispute(began: LedgerEvent, later: Sequence[LedgerEvent]) -> TracedDispute:
    during: list[LedgerEvent] = []
    outcome: Outcome = "open"
    for event in later:
        if event.name in _ENDS:
            outcome = _ENDS[event.name]
            break
        during.append(event)
    revealed, struck, expelled = (
        tuple(address(event.fields["client"]) for event in during if event.name == name)
        for name in ("UpdateRevealed", "ClientStruck", "ClientExpelled")
    )
    return TracedDispute(
        round=began.fields["round"],
        revealed=revealed,
        struck=struck,
        expelled=tuple(client for client in expelled if client not in struck),
        outcome=outcome,
        tx_hash=began.tx_hash,
    )
