"""The page about the command line says what the commands say."""

import dataclasses

import pytest

from scripts.write_cli_reference import MARK, PAGE, reference
from zkchain.pipeline.training.hosts import Certified
from zkchain.pipeline.training.publish import Published
from zkchain.pipeline.training.register import Registered
from zkchain.pipeline.training.rehearsal import Rehearsed, RehearsedRound
from zkchain.pipeline.training.revealing import Revealed
from zkchain.pipeline.training.rounds import Disputed, RoundClosed, Struck, Taken
from zkchain.pipeline.training.run import Trained
from zkchain.pipeline.training.verify import Checked, Verified
from zkchain.record import Record
from zkchain.training.lineage import (
    DataRoot,
    ProvedUpdate,
    Registration,
    Traced,
    TracedCircuit,
    TracedDispute,
    TracedRound,
)

from .test_main import LEAVES

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_generated_part_is_current():
    written, mark, generated = TEXT.partition(MARK)
    assert written
    assert mark + generated == reference()


def test_every_command_option_and_example_is_there():
    _, _, generated = TEXT.partition(MARK)
    for path, command in LEAVES:
        section = generated.split(f"## zkchain {' '.join(path)}\n")[1].split("\n## ")[0]
        for parameter in (one for one in command.params if not getattr(one, "hidden", False)):
            assert (parameter.opts[0] if parameter.param_type_name == "option" else parameter.name.upper()) in section
        assert all(example in section for example in command.examples)


def row_of(command: str) -> str:
    written, _, _ = TEXT.partition(MARK)
    (found,) = (line for line in written.splitlines() if line.startswith("| `") and f"`{command}`" in line[:50])
    return found


@pytest.mark.parametrize(
    ("command", "records"),
    [
        ("train register", [Registered]),
        ("train certify", [Certified]),
        ("train run", [Trained, RoundClosed, Rehearsed, RehearsedRound]),
        ("train coordinator", [Trained, RoundClosed]),
        ("train client", [Taken]),
        ("train dispute", [Disputed]),
        ("train reveal", [Revealed]),
        ("train strike", [Struck]),
        ("train verify", [Verified, Checked]),
        ("train audit", [Traced, TracedRound, ProvedUpdate, DataRoot, Registration, TracedDispute, TracedCircuit]),
        ("train publish", [Published]),
    ],
)
def test_the_table_has_every_key_that_a_training_command_prints(command: str, records: list[type[Record]]) -> None:
    names = {field.name for record in records for field in dataclasses.fields(record)}  # type: ignore[arg-type]
    row = row_of(command)
    assert [name for name in sorted(names) if f"`{name}`" not in row] == []


def test_the_table_has_a_row_for_every_command_of_training_and_encryption() -> None:
    for path, _ in LEAVES:
        if path[0] in ("train", "he"):
            assert row_of(" ".join(path))
