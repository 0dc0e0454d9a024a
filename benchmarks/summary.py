"""Ratios and their means. A ratio is stock over ours: above 1, ours is better."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .records import SIDES, Figures, Row, Side

#: Models of fewer stock rows are small.
SMALL_ROWS = 5000


def _error(figures: Figures) -> float | None:
    return None if figures.errors is None else figures.errors.mean_abs


def _gas(figures: Figures) -> float | None:
    return None if figures.gas is None else figures.gas.verify


#: What is compared, and where it stands.
METRICS: Mapping[str, Callable[[Figures], float | None]] = {
    "prove": lambda figures: figures.prove_seconds,
    "compile": lambda figures: figures.compile_seconds,
    "key": lambda figures: figures.proving_key_bytes,
    "memory": lambda figures: figures.peak_rss_bytes,
    "error": _error,
    "gas": _gas,
}


def ratios(row: Row, side: Side = "ours") -> dict[str, float]:
    """Stock over `side` by metric; what either lacks, or has as zero, is left out."""
    stock, ours = row.stock.figures, _figures(row, side)
    if stock is None or ours is None:
        return {}
    pairs = ((name, read(stock), read(ours)) for name, read in METRICS.items())
    return {name: first / second for name, first, second in pairs if first and second}


def compared(rows: Sequence[Row]) -> tuple[Side, ...]:
    """The sides that stand beside stock in any of `rows`; ours always does."""
    return tuple(
        side for side in SIDES if side == "ours" or (side != "stock" and any(side in r.outcomes for r in rows))
    )


def geometric_mean(values: Sequence[float]) -> float | None:
    """Of positive numbers; None for none."""
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def summarise(rows: Iterable[Row], side: Side = "ours") -> dict[str, Any]:
    """Means and worst ratios of the small models, the larger ones and all, and which models failed."""
    listed = tuple(rows)
    compared = [row for row in listed if row.stock.figures is not None and _figures(row, side) is not None]
    pair: tuple[Side, Side] = ("stock", side)
    return {
        "small": _group([row for row in compared if _stock_rows(row) < SMALL_ROWS], side),
        "larger": _group([row for row in compared if _stock_rows(row) >= SMALL_ROWS], side),
        "all": _group(compared, side),
        "failed": {
            one: {row.identity.model: row.outcomes[one].failed for row in listed if _failed(row, one)} for one in pair
        },
    }


def _figures(row: Row, side: Side) -> Figures | None:
    return row.outcomes[side].figures if side in row.outcomes else None


def _failed(row: Row, side: Side) -> bool:
    return side in row.outcomes and bool(row.outcomes[side].failed)


def _stock_rows(row: Row) -> int:
    return row.stock.figures.rows if row.stock.figures is not None else 0


def _group(rows: Sequence[Row], side: Side) -> dict[str, Any]:
    found = {row.identity.model: ratios(row, side) for row in rows}
    metrics = {}
    for name in METRICS:
        values = {model: of[name] for model, of in found.items() if name in of}
        if values:
            worst = min(values, key=lambda model: values[model])
            metrics[name] = {
                "models": len(values),
                "mean": _rounded(geometric_mean(list(values.values()))),
                "worst": _rounded(values[worst]),
                "worst_model": worst,
            }
    totals = {name: {one: _total(rows, one, name) for one in ("stock", side)} for name in ("flips", "refused")}
    return {"models": len(rows), "ratios": metrics, **totals}


def _total(rows: Sequence[Row], side: Side, name: str) -> int:
    figures = [_figures(row, side) for row in rows]
    return sum(getattr(one.errors, name) or 0 for one in figures if one is not None and one.errors)


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
