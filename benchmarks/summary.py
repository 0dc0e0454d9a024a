"""Ratios and their means. A ratio is stock over ours: above 1, ours is better."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .records import Figures, Row

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


def ratios(row: Row) -> dict[str, float]:
    """Stock over ours by metric; what either side lacks, or has as zero, is left out."""
    stock, ours = row.stock.figures, row.ours.figures
    if stock is None or ours is None:
        return {}
    pairs = ((name, read(stock), read(ours)) for name, read in METRICS.items())
    return {name: first / second for name, first, second in pairs if first and second}


def geometric_mean(values: Sequence[float]) -> float | None:
    """Of positive numbers; None for none."""
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def summarise(rows: Iterable[Row]) -> dict[str, Any]:
    """Means and worst ratios of the small models, the larger ones and all, and which models failed."""
    listed = tuple(rows)
    compared = [row for row in listed if row.stock.figures is not None and row.ours.figures is not None]
    return {
        "small": _group([row for row in compared if _stock_rows(row) < SMALL_ROWS]),
        "larger": _group([row for row in compared if _stock_rows(row) >= SMALL_ROWS]),
        "all": _group(compared),
        "failed": {
            side: {row.identity.model: outcome.failed for row in listed if (outcome := getattr(row, side)).failed}
            for side in ("stock", "ours")
        },
    }


def _stock_rows(row: Row) -> int:
    return row.stock.figures.rows if row.stock.figures is not None else 0


def _group(rows: Sequence[Row]) -> dict[str, Any]:
    found = {row.identity.model: ratios(row) for row in rows}
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
    return {"models": len(rows), "ratios": metrics, "flips": _total(rows, "flips"), "refused": _total(rows, "refused")}


def _total(rows: Sequence[Row], name: str) -> dict[str, int]:
    totals = {}
    for side in ("stock", "ours"):
        figures = [getattr(row, side).figures for row in rows]
        totals[side] = sum(getattr(one.errors, name) or 0 for one in figures if one is not None and one.errors)
    return totals


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
