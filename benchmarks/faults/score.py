"""One line of the scorecard, and the table of all."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from zkchain.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Record):
    """What a fault did. `found` has what was counted, `cause` why it does not pass; empty when it does."""

    name: str
    goal: str
    found: dict[str, int]
    passed: bool
    cause: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured(Record):
    """A row, of which zkchain, and how many cores other processes kept busy meanwhile."""

    row: Row
    zkchain: str
    others: float


def judged(
    name: str, goal: str, found: Mapping[str, int], wanted: Mapping[str, int], began: float, trouble: str = ""
) -> Row:
    """A row that passes when every figure is the wanted one; the others are shown only.

    `trouble` is what a worker said, which explains a row that does not pass.
    """
    wrong = [f"{key} is {found[key]}, not {value}" for key, value in wanted.items() if found[key] != value]
    if wrong and trouble:
        wrong.append(trouble[:300])
    return Row(
        name=name,
        goal=goal,
        found=dict(found),
        passed=not wrong,
        cause="; ".join(wrong),
        seconds=round(time.monotonic() - began, 1),
    )


def attempted(name: str, run: Callable[[], Row]) -> Row:
    """The row of a scenario. One that ends in an error fails, and the error is its cause."""
    began = time.monotonic()
    try:
        return run()
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is what the row is about
        return Row(
            name=name,
            goal="",
            found={},
            passed=False,
            cause=f"{type(error).__name__}: {error}"[:500],
            seconds=round(time.monotonic() - began, 1),
        )


def table(rows: list[Row]) -> str:
    """All rows, for a terminal and for a page."""
    lines = ["| fault | goal | found | seconds | |", "| --- | --- | --- | ---: | --- |"]
    for row in rows:
        found = ", ".join(f"{key} {value:,}" for key, value in sorted(row.found.items()))
        verdict = "passed" if row.passed else f"**failed**: {row.cause}"
        lines.append(f"| {row.name} | {row.goal} | {found} | {row.seconds} | {verdict} |")
    return "\n".join(lines)
