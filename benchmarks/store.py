"""The results file: read, resume, write."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from zkchain.files import parse_json, write_json

from .records import Identity, Machine, Results, Row, Side
from .summary import compared, ratios, summarise


class OtherMachine(Exception):
    """The file holds figures of another machine, which cannot stand beside ours."""


def read_results(path: Path) -> Results | None:
    """The file's results; None when there is no file, or it is of another shape and so cannot be resumed."""
    if not path.is_file():
        return None
    try:
        found = parse_json(path.read_bytes())
        rows = tuple({key: value for key, value in row.items() if key != "ratios"} for row in found["rows"])
        return Results.from_json({"machine": found["machine"], "rows": list(rows)})
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def resumed(path: Path, machine: Machine) -> Results:
    """What a run on `machine` goes on from. Raises OtherMachine."""
    found = read_results(path)
    if found is None:
        return Results(machine=machine)
    if found.machine != machine:
        raise OtherMachine(f"{path} was measured on {found.machine.cpu} ({', '.join(found.machine.packages)})")
    return found


def measured_row(results: Results, identity: Identity) -> Row | None:
    """The row that answers `identity`, so that nothing has to be measured."""
    return next((row for row in results.rows if row.identity == identity), None)


def with_row(results: Results, row: Row, order: Sequence[str]) -> Results:
    """`results` with `row` in place of the same model's older one, in the order of the model names `order`."""
    others = [old for old in results.rows if old.identity.model != row.identity.model]
    place = {name: index for index, name in enumerate(order)}
    rows = sorted([*others, row], key=lambda one: place.get(one.identity.model, len(place)))
    return replace(results, rows=tuple(rows))


def write_results(path: Path, results: Results) -> None:
    """Write the results with each row's ratios and the summaries, by side."""
    rows = [row.to_json() | {"ratios": {side: _ratios(row, side) for side in compared([row])}} for row in results.rows]
    summaries = {side: summarise(results.rows, side) for side in compared(results.rows)}
    write_json(path, {"machine": results.machine.to_json(), "rows": rows, "summary": summaries})


def _ratios(row: Row, side: Side) -> dict[str, float]:
    return {name: float(f"{value:.4g}") for name, value in ratios(row, side).items()}
