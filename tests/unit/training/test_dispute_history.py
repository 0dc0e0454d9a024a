"""Disputes as they are read back from a ledger's events."""

from typing import Any

from zkchain.chain.training import PHASES, LedgerEvent, updates_of
from zkchain.pipeline.training.dispute_history import disputes_in
from zkchain.values import address

A, B, C = (address("0x" + f"{number:040x}") for number in (10, 11, 12))


def said(name: str, **fields: Any) -> LedgerEvent:
    return LedgerEvent(name=name, block=1, tx_hash="0x" + "1" * 64, fields=fields)


def phase(number: int, name: str) -> LedgerEvent:
    return said("PhaseStarted", round=number, phase=PHASES.index(name), deadline=1)


def test_a_round_without_trouble_has_no_dispute() -> None:
    assert disputes_in([phase(1, "join"), phase(1, "submit"), said("RoundClosed", round=1)]) == ()


def test_who_is_struck_is_not_counted_as_expelled_and_who_is_expelled_later_has_no_part_in_it() -> None:
    (case,) = disputes_in(
        [
            said("ClientExpelled", client=C),
            phase(3, "reveal"),
            said("UpdateRevealed", round=3, client=A, chunk=0, scalars=[1]),
            said("ClientStruck", round=3, client=B),
            said("ClientExpelled", client=B),
            said("ClientExpelled", client=A),
            said("RoundClosed", round=3),
            said("ClientExpelled", client=C),
        ]
    )
    assert (case.round, case.revealed, case.struck, case.expelled, case.outcome) == (3, (A,), (B,), (A,), "closed")


def test_each_dispute_has_its_own_end() -> None:
    events = [phase(1, "reveal"), said("RoundAborted", round=1, phase=4), phase(2, "reveal")]
    assert [(case.round, case.outcome) for case in disputes_in(events)] == [(1, "aborted"), (2, "open")]


def test_updates_of_those_who_were_struck_do_not_count() -> None:
    events = [
        said("UpdateProved", round=1, client=C),
        said("UpdateProved", round=1, client=A),
        said("UpdateProved", round=1, client=B),
        said("ClientStruck", round=1, client=B),
        said("UpdateProved", round=2, client=B),
    ]
    assert [event.fields["client"] for event in updates_of(events, 1)] == [A, C]
    assert [event.fields["client"] for event in updates_of(events, 2)] == [B]
