"""`python -m benchmarks.plot FILE.json`: a bar chart of ratios as SVG, written by hand so that nothing is installed."""

import argparse
import math
from collections.abc import Sequence
from html import escape
from pathlib import Path

from .records import Row
from .store import read_results
from .summary import ratios

#: Metric, its colour, and its words. The error stands beside the speed because one is bought with the other.
BARS = (
    ("prove", "#2f6f4f", "proving time"),
    ("key", "#c58b2a", "proving key"),
    ("memory", "#7a8ca3", "memory"),
    ("error", "#a33b3b", "mean error"),
)
_LEFT, _WIDTH, _RIGHT, _BAR, _GAP, _TOP = 170, 560, 60, 9, 10, 50


def chart(rows: Sequence[Row]) -> str:
    """Stock over ours by model on a logarithmic axis; models that failed on either side are left out."""
    found = [(row.identity.model, ratios(row)) for row in rows]
    shown = [(name, of) for name, of in found if any(metric in of for metric, _, _ in BARS)]
    values = [of[metric] for _, of in shown for metric, _, _ in BARS if metric in of]
    low = min(-1, math.floor(math.log10(min(values, default=1.0))))
    high = max(1, math.ceil(math.log10(max(values, default=1.0))))
    step = _BAR * len(BARS) + _GAP
    height = _TOP + step * len(shown) + 30

    def across(value: float) -> float:
        return _LEFT + _WIDTH * (math.log10(value) - low) / (high - low)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDTH + _RIGHT}" height="{height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{_LEFT + _WIDTH + _RIGHT}" height="{height}" fill="white"/>',
        f'<text x="{_LEFT}" y="18">times better than ezkl\'s defaults (log scale; left of 1: worse)</text>',
    ]
    for index, (_, colour, words) in enumerate(BARS):
        at = _LEFT + 130 * index
        parts.append(f'<rect x="{at}" y="27" width="10" height="10" fill="{colour}"/>')
        parts.append(f'<text x="{at + 15}" y="36">{words}</text>')
    for power in range(low, high + 1):
        line = across(10.0**power)
        dark = "#333" if power == 0 else "#ddd"
        parts.append(f'<line x1="{line:.1f}" x2="{line:.1f}" y1="{_TOP - 6}" y2="{height - 20}" stroke="{dark}"/>')
        parts.append(f'<text x="{line:.1f}" y="{height - 6}" text-anchor="middle">{10.0**power:g}</text>')
    for index, (name, of) in enumerate(shown):
        top = _TOP + step * index
        middle = top + _BAR * len(BARS) // 2 + 4
        parts.append(f'<text x="{_LEFT - 8}" y="{middle}" text-anchor="end">{escape(name)}</text>')
        for bar, (metric, colour, _) in enumerate(BARS):
            if metric in of:
                parts += _bar(across(1), across(of[metric]), top + _BAR * bar, colour, of[metric])
    return "\n".join([*parts, "</svg>", ""])


def _bar(one: float, end: float, top: int, colour: str, value: float) -> list[str]:
    start, width = min(one, end), abs(end - one)
    label = max(one, end) + 4
    return [
        f'<rect x="{start:.1f}" y="{top}" width="{width:.1f}" height="{_BAR - 1}" fill="{colour}"/>',
        f'<text x="{label:.1f}" y="{top + _BAR - 1}" font-size="9">{value:.3g}</text>',
    ]


def main() -> int:
    """Write FILE.svg beside FILE.json."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plot", description=__doc__)
    parser.add_argument("file", type=Path)
    path: Path = parser.parse_args().file
    results = read_results(path)
    if results is None:
        parser.error(f"{path} holds no results")
    path.with_suffix(".svg").write_text(chart(results.rows), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
