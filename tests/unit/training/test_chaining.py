"""Data that were committed to for other circuits: each condition has its words."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.support.federations import small_layout
from zkchain.errors import ChainingBroken, DataMismatch
from zkchain.training.circuits import TrainingCircuits
from zkchain.training.committing import check_openings
from zkchain.training.dataset import DataStatement, Openings
from zkchain.values import digest

LAYOUT, K = small_layout(), 13
SRS, ROOT = digest("0x" + "5a" * 32), digest("0x" + "7b" * 32)
CIRCUITS = cast("TrainingCircuits", SimpleNamespace(layout=LAYOUT, logrows=K, srs=SimpleNamespace(sha256=SRS)))
STATEMENT = DataStatement(root=ROOT, batches=2, samples=8, uses=LAYOUT.uses, scale=LAYOUT.scale, logrows=K, srs=SRS)
OPENINGS = Openings(
    statement=STATEMENT, source=ROOT, vectors=((0,) * LAYOUT.data_length,) * 2, points=(b"", b""), present=(4, 4)
)


def test_data_of_the_federations_own_circuits_serve() -> None:
    check_openings(OPENINGS, CIRCUITS, rounds=2)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"scale": 11}, "with scale 11, the federation has 10"),
        ({"logrows": 14}, "with logrows 14, the federation has 13"),
        ({"srs": ROOT}, f"with reference string {ROOT}, the federation has {SRS}"),
        ({"uses": 2}, "with uses of a batch 2, the federation has 1"),
    ],
)
def test_data_of_other_circuits_are_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ChainingBroken, match=f"the data was committed {said}") as caught:
        check_openings(replace(OPENINGS, statement=replace(STATEMENT, **changed)), CIRCUITS, rounds=2)
    assert "register the data anew" in caught.value.remedy


def test_batches_of_another_size_are_refused() -> None:
    longer = replace(OPENINGS, vectors=((0,) * (LAYOUT.data_length + 1),) * 2)
    with pytest.raises(ChainingBroken, match="with numbers in a batch"):
        check_openings(longer, CIRCUITS, rounds=2)


def test_data_that_do_not_last_are_refused() -> None:
    with pytest.raises(DataMismatch, match="enough for 2 rounds; the plan has 3"):
        check_openings(OPENINGS, CIRCUITS, rounds=3)
