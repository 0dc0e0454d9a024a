"""What `models`, `permit` and `submit` of several proofs print."""

import re
from dataclasses import replace
from pathlib import Path

import click
import pytest

from zkchain.chain.batch import Outcome
from zkchain.chain.ownership import IdStatus
from zkchain.cli import answers, models, permit
from zkchain.cli.main import cli
from zkchain.cli.output import Screen
from zkchain.cli.parameters import parse_account, parse_ranges
from zkchain.errors import AlreadyRecorded, UsageError
from zkchain.pipeline.models import ModelChange
from zkchain.pipeline.permit import Permitted
from zkchain.pipeline.submit import SubmittedMany
from zkchain.records import InferenceEvent, Permit, Receipt
from zkchain.values import ZERO_ADDRESS, ZERO_DIGEST, address, digest

ID, OTHER = (digest(f"0x{byte * 32}") for byte in ("5e", "6f"))
WHO = address("0x" + "11" * 20)
RECEIPT = Receipt(tx_hash=ID, block=7, block_hash=OTHER, gas_used=1_234, status=1, contract_address=None, sender=WHO)
STATUS = IdStatus(
    model_id=ID,
    owner=WHO,
    offered_to=ZERO_ADDRESS,
    guardian=ZERO_ADDRESS,
    stopped=False,
    version_id=ID,
    next_version_id=ZERO_DIGEST,
    next_at=0,
)
EVENT = InferenceEvent(
    model_id=ID,
    model_name="credit",
    input_commitment=OTHER,
    account=WHO,
    outputs={"y": [0.5]},
    tx_hash=ID,
    block=7,
    log_index=0,
)
PERMIT = Permit(
    chain_id=31337,
    gateway=WHO,
    model_id=ID,
    statement=OTHER,
    account=WHO,
    relayer=ZERO_ADDRESS,
    deadline=9,
    signature=b"\x01\x02",
)


def documented(answer: answers.Answer, command: str) -> bool:
    page = (Path(__file__).parents[3] / "docs" / "cli.md").read_text()
    (row,) = [line for line in page.splitlines() if line.startswith(f"| `{command}` |")]
    return set(answer.facts) <= set(re.findall(r"`(\w+)`", row))


def text(answer: answers.Answer) -> str:
    return "\n".join(line if isinstance(line, str) else " ".join(line) for line in answer.lines)


def test_a_model_that_was_asked_for_and_one_that_changed():
    shown = models._answer(ModelChange(receipt=None, status=STATUS))
    assert documented(shown, "models")
    assert shown.facts["tx_hash"] is None
    assert "guardian nobody" in text(shown)
    assert "stands for" not in text(shown)
    changed = models._answer(ModelChange(receipt=RECEIPT, status=STATUS))
    assert changed.facts["gas_used"] == 1_234
    assert "1,234 gas" in text(changed)


def test_a_model_says_for_which_version_it_stands_and_will_stand():
    moving = replace(STATUS, offered_to=WHO, version_id=OTHER, next_version_id=ID, next_at=5, stopped=True)
    found = text(models._answer(ModelChange(receipt=None, status=moving)))
    for words in ("offered to " + WHO, "STOPPED", f"stands for {OTHER}", f"will stand for {ID}, from 5"):
        assert words in found
    nowhere = replace(STATUS, version_id=ZERO_DIGEST)
    assert "no version" in text(models._answer(ModelChange(receipt=None, status=nowhere)))


def test_a_permit(tmp_path: Path):
    shown = permit._answer(Permitted(path=tmp_path / "p.json", permit=PERMIT))
    assert documented(shown, "permit")
    assert shown.facts["signature"] == "0x0102"
    assert "relayer anyone" in text(shown)


def test_several_proofs_with_one_that_was_refused_are_a_negative_verdict():
    refusal = AlreadyRecorded("the proof was refused")
    outcomes = (Outcome(event=EVENT, refusal=None), Outcome(event=None, refusal=refusal))
    shown = answers.submitted_many(
        SubmittedMany(paths=(Path("a.json"), Path("b.json")), receipt=RECEIPT, outcomes=outcomes)
    )
    assert documented(shown, "submit")
    assert not shown.good
    first, second = shown.facts["results"]
    assert (first["accepted"], first["refusal"]) == (True, None)
    assert (second["accepted"], second["event"], second["refusal"]["error"]) == (
        False,
        None,
        "transaction.already_recorded",
    )
    assert "1 of 2 proofs accepted; 1,234 gas" in text(shown)
    none = answers.submitted_many(SubmittedMany(paths=(Path("b.json"),), receipt=None, outcomes=outcomes[1:]))
    assert (none.facts["tx_hash"], none.good) == (None, False)
    assert "nothing was sent" in text(none)


def test_nothing_is_stopped_without_a_yes():
    with pytest.raises(UsageError, match="for ever"):
        cli.main(
            ["models", "stop", "credit", "--network", "local"], obj=Screen(json_wanted=False), standalone_mode=False
        )


def test_a_permit_is_for_one_proof():
    with pytest.raises(UsageError, match="one proof"):
        cli.main(
            ["submit", "a", "b", "--network", "local", "--permit", "p"],
            obj=Screen(json_wanted=False),
            standalone_mode=False,
        )


def test_ranges_are_by_tensor_with_or_without_numbers():
    def parsed(*values: str):
        return parse_ranges(click.Context(click.Command("x")), click.Option(["--range"]), values)

    assert parsed("x", "y=-1:2.5", "a=b=0:1", "c=d") == {"x": None, "y": (-1.0, 2.5), "a=b": (0.0, 1.0), "c=d": None}
    for wrong in (("y=1:z",), ("y=1:2:3",), ("y=:",), ("x", "x"), ("=0:1",), ("",)):
        with pytest.raises(click.BadParameter):
            parsed(*wrong)


def test_nobody_is_said_in_words():
    context, parameter = click.Context(click.Command("x")), click.Argument(["account"])
    assert parse_account(context, parameter, "none") is None
    assert parse_account(context, parameter, WHO) == WHO
    for wrong in (ZERO_ADDRESS, "0x12", "nobody"):
        with pytest.raises(click.BadParameter):
            parse_account(context, parameter, wrong)
