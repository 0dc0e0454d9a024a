"""Pictures for `html` pages: inline SVG with a title and a description, drawn by hand so that nothing is installed.

Coordinates are in a drawing 360 units wide, which the page stretches to the width that it has.
"""

from collections.abc import Sequence
from math import log10

from .html import Markup, text

_WIDTH = 360.0
_LABEL = 40  #: characters of a label that fit; the table beside the picture has all of it
_ROW = 38.0
_PLOT = 240.0  #: height of a plot with two axes
_LEFT, _RIGHT, _TOP, _BOTTOM = 56.0, 12.0, 12.0, 44.0

Point = tuple[float, float]


def bar_chart(title: str, description: str, bars: Sequence[tuple[str, float]], *, limit: float | None = None) -> Markup:
    """One horizontal bar for each (label, value); values are finite and not negative. `limit` is a marked line."""
    widest = max([value for _, value in bars] + [limit or 0.0]) or 1.0
    parts = []
    for index, (label, value) in enumerate(bars):
        top = index * _ROW
        parts.append(f'<text x="0" y="{top + 13:.1f}" fill="currentColor">{text(_cut(label))}: {number(value)}</text>')
        parts.append(_rectangle(0, top + 18, value / widest * _WIDTH, 14))
    height = len(bars) * _ROW
    if limit is not None:
        at = min(limit / widest * _WIDTH, _WIDTH - 1)
        parts.append(_line((at, 0), (at, height), "var(--limit)"))
    return _picture(title, description, height, parts)


def histogram(title: str, description: str, counts: Sequence[int], *, low: float, high: float, label: str) -> Markup:
    """How many values lie in each of the equal bins from `low` to `high`; `label` names the values."""
    tallest = max(counts, default=0) or 1
    width, height = _WIDTH - _LEFT - _RIGHT, _PLOT - _TOP - _BOTTOM
    step = width / max(len(counts), 1)
    parts = [
        _rectangle(_LEFT + index * step, _TOP + height * (1 - count / tallest), step * 0.95, height * count / tallest)
        for index, count in enumerate(counts)
    ]
    return _picture(title, description, _PLOT, [*parts, *_axes((low, high), (0, tallest), label, "count")])


def scatter(title: str, description: str, points: Sequence[Point], *, x_label: str, y_label: str) -> Markup:
    """A dot for each (x, y), on equal axes, with the line on which both are equal."""
    values = [value for point in points for value in point]
    low, high = min(values, default=0.0), max(values, default=1.0)
    if low == high:
        low, high = low - 1, high + 1
    width, height = _WIDTH - _LEFT - _RIGHT, _PLOT - _TOP - _BOTTOM

    def at(point: Point) -> Point:
        x, y = ((value - low) / (high - low) for value in point)
        return _LEFT + x * width, _TOP + (1 - y) * height

    dots = [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="var(--accent)" opacity=".6"/>' for x, y in map(at, points)
    ]
    diagonal = _line(at((low, low)), at((high, high)), "var(--limit)")
    return _picture(title, description, _PLOT, [diagonal, *dots, *_axes((low, high), (low, high), x_label, y_label)])


def front_chart(
    title: str,
    description: str,
    points: Sequence[Point],
    *,
    front: Sequence[Point],
    chosen: Point,
    x_label: str,
    y_label: str,
) -> Markup:
    """A dot for each (x, y), both above zero and on logarithmic axes; the `front` is joined, the `chosen` ringed."""
    low_x, high_x = _decades([x for x, _ in points])
    low_y, high_y = _decades([y for _, y in points])
    width, height = _WIDTH - _LEFT - _RIGHT, _PLOT - _TOP - _BOTTOM

    def at(point: Point) -> Point:
        x, y = log10(point[0]), log10(point[1])
        return _LEFT + (x - low_x) / (high_x - low_x) * width, _TOP + (high_y - y) / (high_y - low_y) * height

    dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2" fill="currentColor" opacity=".3"/>' for x, y in map(at, points)]
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(at, front))
    line = f'<polyline points="{joined}" fill="none" stroke="var(--accent)" stroke-width="2"/>'
    x, y = at(chosen)
    ring = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="none" stroke="var(--limit)" stroke-width="2"/>'
    axes = _axes((10**low_x, 10**high_x), (10**low_y, 10**high_y), x_label, y_label)
    return _picture(title, description, _PLOT, [*dots, line, ring, *axes])


def number(value: float) -> str:
    """A number as pictures and tables show it."""
    return f"{value:.4g}"


def _picture(title: str, description: str, height: float, parts: Sequence[str]) -> Markup:
    body = "\n".join(parts)
    return Markup(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:.0f} {max(height, 1):.0f}" role="img" '
        f'aria-label="{text(title)}: {text(description)}">\n'
        f"<title>{text(title)}</title><desc>{text(description)}</desc>\n{body}\n</svg>"
    )


def _axes(x: Point, y: Point, x_label: str, y_label: str) -> list[str]:
    left, right, top, bottom = _LEFT, _WIDTH - _RIGHT, _TOP, _PLOT - _BOTTOM
    return [
        _line((left, top), (left, bottom), "currentColor"),
        _line((left, bottom), (right, bottom), "currentColor"),
        _words(left, bottom + 16, number(x[0]), "start"),
        _words(right, bottom + 16, number(x[1]), "end"),
        _words((left + right) / 2, bottom + 34, x_label, "middle"),
        _words(left - 4, bottom, number(y[0]), "end"),
        _words(left - 4, top + 10, number(y[1]), "end"),
        _words(left - 4, (top + bottom) / 2, y_label, "end"),
    ]


def _decades(values: Sequence[float]) -> Point:
    """The logarithms of the smallest and the largest value, with some room."""
    low, high = log10(min(values)), log10(max(values))
    room = max(0.05 * (high - low), 0.05)
    return low - room, high + room


def _words(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="currentColor">{text(_cut(words))}</text>'


def _line(start: Point, end: Point, color: str) -> str:
    (x1, y1), (x2, y2) = start, end
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}"/>'


def _rectangle(x: float, y: float, width: float, height: float) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="var(--accent)"/>'


def _cut(label: str) -> str:
    return label if len(label) <= _LABEL else label[: _LABEL - 1] + "…"
