"""Layouts of one choice of numbers: how values are decomposed, how many columns, how many rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from ...record import Record
from ..shape import BLINDING_ROWS, TABLE_SPARE_ROWS

#: Digits that a decomposition may have. Every digit takes cells and time; fewer need a wider table.
LEGS = range(2, 9)
#: Rows of the widest table of digits, which is ezkl's default.
WIDEST_BASE = 16384
#: More inner columns than two raise the degree of the constraints, and with it the cost of every column.
INNER = (1, 2)
#: Legs at which a layout is measured; what lies between follows, for rows grow evenly with legs.
_PROBED = (2, 8)
_LEAST_LOGROWS, _MOST_LOGROWS = 6, 24
#: A lookup's table is this many times the range seen, as ezkl's calibration makes it.
MARGIN = 2
#: A table may be split over so many columns. Each adds to the degree of the constraints, and beyond some number of
#: them (53 were tried) ezkl makes proofs that do not hold.
MOST_SPLITS = 4
#: Half a bit more than values need at 1.5 times the calibrated range, so that inputs at twice the range are held.
SPARE_BITS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Layout(Record):
    """How a circuit is laid out."""

    base: int
    legs: int
    inner: int
    freivalds: bool
    logrows: int

    def run_args(self) -> dict[str, object]:
        """As ezkl takes them."""
        return {
            "decomp_base": self.base,
            "decomp_legs": self.legs,
            "num_inner_cols": self.inner,
            "disable_freivalds": not self.freivalds,
            "logrows": self.logrows,
        }


def least_base(legs: int, bits: float) -> int:
    """The smallest base to which `legs` digits hold `bits` bits. It need not be a power of two."""
    base: int = max(round(2.0 ** (bits / legs)) - 1, 2)
    while base**legs < 2.0**bits:
        base += 1
    return base


def widest_base(least: int, logrows: int) -> int:
    """The largest base that takes no more columns of 2**`logrows` rows than `least` does: room that costs nothing."""
    column = (1 << logrows) - BLINDING_ROWS - TABLE_SPARE_ROWS
    columns = -(-least // column)
    widest: int = max(least, min(columns * column, WIDEST_BASE))
    return widest


def probes(freivalds: Sequence[bool]) -> list[dict[str, object]]:
    """Run arguments whose sizes tell those of every layout."""
    return [
        {"decomp_base": 128, "decomp_legs": legs, "num_inner_cols": inner, "disable_freivalds": not on}
        for on in freivalds
        for inner in INNER
        for legs in _PROBED
    ]


def layouts(
    probed: Sequence[Mapping[str, Any]],
    freivalds: Sequence[bool],
    bits: float,
    lookups: tuple[int, int],
) -> Iterator[tuple[Layout, dict[str, Any]]]:
    """Every layout worth a look, with settings as ezkl would make them, estimated from those of `probes`."""
    found = iter(probed)
    first, last = lookup_range(lookups)
    whole = _indivisible(probed[0])
    for on in freivalds:
        for inner in INNER:
            few, many = next(found), next(found)
            for legs in LEGS:
                least = least_base(legs, bits)
                if least > WIDEST_BASE:
                    continue
                assignments = _between(int(few["total_assignments"]), int(many["total_assignments"]), legs)
                for logrows in _sizes(assignments // inner, max(least, last - first), whole):
                    base = widest_base(least, logrows)
                    layout = Layout(base=base, legs=legs, inner=inner, freivalds=on, logrows=logrows)
                    yield layout, _estimate(few, layout, assignments, lookups)


def lookup_range(span: tuple[int, int]) -> tuple[int, int]:
    """The table for the values seen: `MARGIN` times as wide on both sides of zero."""
    low, high = span
    return (MARGIN * min(low, 0) - 1, MARGIN * max(high, 0) + 1)


def single_block(settings: Mapping[str, Any]) -> int:
    """The smallest size that holds the rows, the instances and every table in one block of columns each."""
    low, high = settings["run_args"]["lookup_range"]
    tables: list[int] = [last - first for first, last in settings["required_range_checks"]]
    if settings["required_lookups"]:
        tables.append(high - low)
    rows = int(settings["total_assignments"]) // int(settings["run_args"]["num_inner_cols"])
    return max(_logrows(max(rows, _indivisible(settings), *tables)), _LEAST_LOGROWS)


def _between(few: int, many: int, legs: int) -> int:
    low, high = _PROBED
    return few + (many - few) * (legs - low) // (high - low)


def _indivisible(settings: Mapping[str, Any]) -> int:
    """Rows that cannot flow over into another block: instances, hashes, sorts and tables that the input fills."""
    instances: int = sum(prod(shape) for shape in settings["model_instance_shapes"])
    modules = settings["module_sizes"]
    hashes: int = int(modules["poseidon"][0]) + sum(modules["polycommit"])
    sorts = (settings[name] for name in ("total_shuffle_col_size", "total_dynamic_col_size", "max_dynamic_input_len"))
    return max([instances, hashes, *map(int, sorts)])


def _sizes(rows: int, table: int, whole: int) -> range:
    """From what a sixteenth of the rows needs, up to what all of them and the widest table need in one column each."""
    least = max(_logrows(whole), _logrows(table // MOST_SPLITS), _LEAST_LOGROWS)
    most = max(_logrows(max(rows, table)), least)
    return range(max(_logrows(rows) - 4, least), min(most, _MOST_LOGROWS) + 1)


def _logrows(rows: int) -> int:
    return (rows + BLINDING_ROWS).bit_length()


def _estimate(
    measured: Mapping[str, Any], layout: Layout, assignments: int, lookups: tuple[int, int]
) -> dict[str, Any]:
    checks = [[low, high] if high != 127 else [0, layout.base - 1] for low, high in measured["required_range_checks"]]
    run_args = {**measured["run_args"], **layout.run_args(), "lookup_range": list(lookup_range(lookups))}
    return {
        **measured,
        "run_args": run_args,
        "required_range_checks": checks,
        "einsum_params": {**measured["einsum_params"], "equations": _equations(measured, layout.legs)},
        "total_assignments": assignments,
        "num_rows": assignments // layout.inner,
    }


def _equations(measured: Mapping[str, Any], legs: int) -> list[Any]:
    """Freivalds' check reduces the digits of decompositions too: a dot product along the last axis, one digit each."""
    found = []
    for equation, sizes in measured["einsum_params"]["equations"]:
        left, _, right = equation.partition("->")
        first, _, second = left.partition(",")
        digits = first != "" and first == second == right + first[-1] and sizes.get(first[-1]) == _PROBED[0]
        found.append([equation, {**sizes, first[-1]: legs} if digits else sizes])
    return found
