"""A fidelity report as a page: every picture with the same in words beside it."""

from collections.abc import Sequence

from ..charts import bar_chart, histogram, number, scatter
from ..html import Markup, figure, page, paragraph, section, table
from .fidelity_report import (
    JUDGED,
    FidelityBounds,
    FidelityReport,
    OutputFidelity,
    SectionFidelity,
    SectionName,
    violations,
)

#: Outputs of a section that get pictures, those with the largest errors; the table has all.
_PICTURED = 4
_KINDS: dict[SectionName, tuple[str, str]] = {
    "data": ("The data", "The samples that were given."),
    "ties": (
        "Ties",
        "The samples nearest to another label, and blends of two samples on both sides of the point where the float "
        "model changes its answer. Flips are expected here.",
    ),
    "random": ("Random inputs", "Seeded, uniform within the calibrated range of each input, and of each element."),
    "corners": ("Corners", "Every element at the lowest or the highest of its calibrated range."),
    "outside": ("Outside", "Corners of one and a half times the calibrated range. Nothing was promised here."),
}


def render_report(name: str, report: FidelityReport, bounds: FidelityBounds) -> str:
    """The whole page as HTML, the same for the same report and bounds; `name` is the model's."""
    sections = [_summary(report, bounds), _headroom(report), *(_section(found) for found in report.sections)]
    return page(f"Fidelity of {name}", sections)


def _summary(report: FidelityReport, bounds: FidelityBounds) -> Markup:
    rows = [
        (
            _KINDS[found.name][0],
            f"{found.samples:,}",
            f"{found.answered:,}",
            number(found.errors.max),
            number(found.errors.mean),
            number(found.errors.p99),
            f"{found.flipped:,}",
            f"{found.unexplained:,}",
        )
        for found in report.sections
    ]
    headers = (
        "inputs", "tried", "provable", "max error", "mean error", "99 % below", "labels flipped", "unexplained"
    )  # fmt: skip
    return section(
        "Summary",
        paragraph(
            "The circuit computes in fixed point what the float model computes in floating point. Errors are absolute "
            "and in each output's own units. A label is the largest of several numbers, or the sign of a single one; "
            "a flip is unexplained when the errors on the data are too small to cause it."
        ),
        table("Float model against circuit", headers, rows),
        *_verdict(report, bounds),
    )


def _verdict(report: FidelityReport, bounds: FidelityBounds) -> list[Markup]:
    if bounds == FidelityBounds():
        return [paragraph("No bounds were given to judge by.")]
    allowed = [
        words
        for words, value in (
            (f"errors of at most {bounds.max_error}", bounds.max_error),
            (f"flips of at most {bounds.max_flip} of the samples", bounds.max_flip),
        )
        if value is not None
    ]
    broken = violations(report, bounds)
    judged = ", ".join(_KINDS[name][0].lower() for name in JUDGED)
    verdict = paragraph(f"Judged on {judged}: {' and '.join(allowed)}. {'Not within' if broken else 'Within'} bounds.")
    if not broken:
        return [verdict]
    rows = [(_KINDS[item.section][0], item.measure, number(item.found), number(item.allowed)) for item in broken]
    return [verdict, table("Bounds that do not hold", ("inputs", "measure", "found", "allowed"), rows)]


def _headroom(report: FidelityReport) -> Markup:
    """How much of the circuit's tables each section uses: beyond 100 % nothing can be proved."""
    tables = report.tables
    words = paragraph(
        f"Magnitudes of up to 2^{tables.decomposed_bits:.1f} can be taken apart into digits, in fixed-point units; "
        "an input that leads beyond is refused."
    )
    if tables.lookup is None:
        return section("Headroom", words, paragraph("The circuit looks nothing up, so no table limits it."))
    low, high = tables.lookup
    used = {
        found.name: max(_share(found.lookup_high, high), _share(found.lookup_low, low)) for found in report.sections
    }
    bars = [(f"{_KINDS[name][0]}, percent", share * 100) for name, share in used.items()]
    rows = [
        (_KINDS[found.name][0], f"{found.lookup_low:,} to {found.lookup_high:,}", f"{used[found.name] * 100:.1f} %")
        for found in report.sections
    ]
    held = f"{low:,} to {high:,}"
    picture = bar_chart(
        "Share of the lookup tables used", f"Values met against {held}. The line marks 100 percent.", bars, limit=100.0
    )
    beside = table(f"Lookup tables hold {held}", ("inputs", "values met", "used"), rows)
    return section("Headroom", words, figure(picture, beside))


def _share(seen: int, edge: int) -> float:
    """How far `seen` goes of the way from 0 to `edge`; 0 on the other side of 0."""
    return max(seen / edge, 0.0) if edge else float(seen != 0)


def _section(found: SectionFidelity) -> Markup:
    title, what = _KINDS[found.name]
    parts = [paragraph(what)]
    if found.answered < found.samples:
        parts.append(
            paragraph(
                f"Of {found.samples:,} inputs, {found.beyond_tables:,} leave the circuit's tables and "
                f"{found.refused:,} are refused outright: no proof can be made of them."
            )
        )
    if not found.outputs:
        parts.append(paragraph("There is nothing to compare."))
        return section(title, *parts)
    parts.append(_errors(title, found.outputs))
    worst = sorted(found.outputs, key=lambda output: -output.errors.max)[:_PICTURED]
    parts += [_output(title, output) for output in worst]
    return section(title, *parts)


def _errors(title: str, outputs: Sequence[OutputFidelity]) -> Markup:
    rows = [
        (
            output.name,
            *(number(getattr(output.errors, part)) for part in ("max", "mean", "median", "p95", "p99")),
            f"{number(output.float_low)} to {number(output.float_high)}",
            f"{number(output.circuit_low)} to {number(output.circuit_high)}",
            f"{output.flipped:,}",
        )
        for output in outputs
    ]
    headers = ("output", "max", "mean", "median", "95 % below", "99 % below", "float range", "circuit range", "flipped")
    bars = [
        (f"{output.name}, {words}", value)
        for output in outputs
        for words, value in (("max", output.errors.max), ("mean", output.errors.mean))
    ]
    description = "Largest and mean absolute error of each output."
    return figure(
        bar_chart(f"{title}: errors by output", description, bars),
        table(f"{title}: absolute errors by output", headers, rows),
    )


def _output(title: str, output: OutputFidelity) -> Markup:
    low, high = 0.0, output.errors.max or 1.0
    step = (high - low) / len(output.histogram)
    rows = [
        (f"{number(index * step)} to {number((index + 1) * step)}", f"{count:,}")
        for index, count in enumerate(output.histogram)
        if count
    ]
    return section(
        output.name,
        figure(
            histogram(
                f"{title}, {output.name}: errors",
                "How many elements have which absolute error; the table below has the counts.",
                output.histogram,
                low=low,
                high=high,
                label="absolute error",
            ),
            table(f"{title}, {output.name}: elements by absolute error", ("absolute error", "elements"), rows),
        ),
        figure(
            scatter(
                f"{title}, {output.name}: float against circuit",
                f"{len(output.points)} answers of the circuit over those of the float model. "
                "On the line both are equal; the table above has the errors and ranges.",
                output.points,
                x_label="float model",
                y_label="circuit",
            )
        ),
        level=3,
    )
