"""What an audit says of privacy, and of what it has not looked at."""

import re
from dataclasses import replace
from typing import Any

import pytest

from zkchain.chain.training import LedgerEvent
from zkchain.pipeline.training.lineage_page import LATEST, lineage_page, lineage_picture, privacy_of
from zkchain.pipeline.training.trace import charged_until_linked
from zkchain.records import InferenceEvent
from zkchain.training.lineage import (
    DataRoot,
    ProvedUpdate,
    SetupVerdict,
    Traced,
    TracedCircuit,
    TracedDispute,
    TracedRound,
)
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
    circuits=(),
    data=(),
    disputes=(),
    gateway=B,
    answers=(),
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


def test_circuits_are_listed_with_who_checks_their_proofs_and_what_the_registry_has_of_them() -> None:
    step = TracedCircuit(statement="training.step", digest=OTHER, adapter=B, entry="registered")
    bridge = TracedCircuit(statement="training.bridge", digest=MODEL, adapter=None, entry="missing")
    page = lineage_page(replace(TRACED, circuits=(step, bridge)))
    row = '<tr><th scope="row">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>'
    assert row.format("training.step", OTHER, B, "registered") in page
    assert row.format("training.bridge", MODEL, "checked off the chain", "missing") in page


def answered(number: int) -> InferenceEvent:
    return InferenceEvent(
        model_id=MODEL,
        model_name="triage",
        input_commitment=digest("0x" + f"{number:064x}"),
        account=B,
        outputs={"<y>": [0.5, number]},
        tx_hash="0x" + f"{number:08x}" + "7" * 56,
        block=number,
        log_index=0,
    )


def test_the_picture_goes_from_data_to_the_latest_answers() -> None:
    update = ProvedUpdate(client=A, batch=0, commitment=OTHER, epsilon=5, noise="none", tx_hash="0x", gas=1)
    rounds = tuple(
        TracedRound(round=number, before=ZERO_DIGEST, after=OTHER, updates=(update,) * 2, tx_hash="0x", gas=2)
        for number in (1, 2)
    )
    data = DataRoot(client=A, root=OTHER, batches=1, samples=4, epsilon_cap=9)
    few = replace(TRACED, rounds=rounds, data=(data,), answers=tuple(map(answered, range(1, LATEST + 1))))
    picture = lineage_picture(few)
    assert picture.count("<rect") == 1 + 4 + 3 + 1 + LATEST
    assert picture.count("<path") == 4 * 2 + 2 + 1 + LATEST
    assert "earlier ones" not in picture
    many = lineage_page(replace(few, answers=tuple(map(answered, range(1, LATEST + 4)))))
    assert "3 earlier ones" in many
    assert f"the last {LATEST} proved answers" in many
    assert "&lt;y&gt;: 0.5, 11" in many
    assert "0x00000003" not in many


def test_nothing_of_the_picture_lies_outside_of_it() -> None:
    answers = tuple(map(answered, range(1, 30)))
    for traced in (TRACED, replace(TRACED, answers=answers[:1]), replace(TRACED, answers=answers)):
        picture = lineage_picture(traced)
        height = int(picture.split('viewBox="0 0 ')[1].split('"')[0].split()[1])
        tops = [int(found) for found in re.findall(r'<rect x="\d+" y="(\d+)"', picture)]
        assert max(tops) + 20 <= height
