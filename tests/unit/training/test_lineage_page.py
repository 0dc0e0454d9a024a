"""What an audit says of privacy, and of what it has not looked at."""

from dataclasses import replace
from typing import Any

import pytest

from zkchain.chain.training import LedgerEvent
from zkchain.pipeline.training.lineage_page import lineage_page, privacy_of
from zkchain.pipeline.training.trace import charged_until_linked
from zkchain.training.lineage import SetupVerdict, Traced, TracedDispute
from zkchain.values import ZERO_DIGEST, address, digest

A, B = (address("0x" + f"{number:040x}") for number in (10, 11))
MODEL, OTHER = digest("0x" + "22" * 32), digest("0x" + "33" * 32)


def said(name: str, **fields: Any) -> LedgerEvent:
    return LedgerEvent(name=name, block=1, tx_hash="0x" + "1" * 64, fields=fields)


def proved(number: int, epsilon: int) -> LedgerEvent:
    return said("UpdateProved", round=number, client=A, epsilon=epsilon)


def linked(model: str) -> LedgerEvent:
    return said("ModelLinked", modelId=int(model, 16), round=1)


TRACED = Traced(
    model_id=MODEL,
    ledger=A,
    round=1,
    model=ZERO_DIGEST,
    poseidon="0x1",
    rounds=(),
    data=(),
    disputes=(),
    answers=0,
    epsilon=1_500_000_000,
    setup="compared",
    unchecked=(),
    problems=(),
)


def test_an_aborted_round_has_cost_epsilon_and_what_came_after_the_link_has_not() -> None:
    events = [proved(1, 5), said("RoundClosed", round=1), proved(2, 9), said("RoundAborted", round=2), linked(MODEL)]
    assert charged_until_linked([*events, proved(3, 11)], MODEL) == 9
    assert charged_until_linked([linked(OTHER), *events, proved(3, 11), linked(OTHER)], MODEL) == 9
    assert charged_until_linked([linked(MODEL)], MODEL) is None


def test_the_owners_of_revealed_updates_are_said_to_be_worse_off() -> None:
    assert privacy_of(TRACED) == "1.500000"
    case = TracedDispute(round=1, revealed=(A, B), struck=(), expelled=(), outcome="aborted", tx_hash="0x")
    known = replace(TRACED, disputes=(case, replace(case, revealed=(A,))))
    assert privacy_of(known).startswith("1.500000, but not for the owners of the 3 updates that were revealed")
    assert "3 updates that were revealed" in lineage_page(known)
    nobody = replace(TRACED, disputes=(replace(case, revealed=()),))
    assert privacy_of(nobody) == "1.500000"


@pytest.mark.parametrize(
    ("setup", "problems", "says"),
    [
        ("compared", (), "Every line was checked"),
        ("compared", ("a round is missing",), "Not every line holds"),
        ("wrong", ("the ledger's setup: blank",), "Not every line holds"),
        ("none", (), "The picture is what the ledger says"),
    ],
)
def test_the_page_says_that_all_was_checked_only_where_the_setup_was_and_nothing_is_wrong(
    setup: SetupVerdict, problems: tuple[str, ...], says: str
) -> None:
    page = lineage_page(replace(TRACED, setup=setup, problems=problems, unchecked=("the proofs",)))
    assert says in page
    assert ("Every line was checked" in page) == (setup == "compared" and not problems)
    assert "Not checked: the proofs." in page
