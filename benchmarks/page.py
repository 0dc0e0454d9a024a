"""The generated part of benchmarks/README.md, and the chart that it shows."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from zkchain.files import write_atomic

from .plot import chart
from .records import FLAGS, Figures, Results, Row, Side
from .store import read_results
from .summary import METRICS, SMALL_ROWS, compared, ratios, summarise

PAGE = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- results: written by python -m benchmarks.run -->", "<!-- end of results -->"
_WORDS = {
    "prove": "proving time",
    "compile": "compile time",
    "key": "proving key",
    "memory": "memory",
    "error": "mean error",
    "gas": "gas",
}


def write_page(results_path: Path) -> None:
    """Put the results of a file into the page, and its chart beside the file."""
    results = read_results(results_path)
    assert results is not None
    write_atomic(results_path.with_suffix(".svg"), chart(results.rows).encode())
    page = PAGE.read_text(encoding="utf-8")
    write_atomic(PAGE, with_section(page, section(results, results_path.stem)).encode())


def with_section(page: str, text: str) -> str:
    """`page` with `text` between its marks. Raises ValueError when they are missing."""
    head, found, rest = page.partition(BEGIN)
    _, closed, tail = rest.partition(END)
    if not (found and closed):
        raise ValueError("the page has lost the marks of its generated part")
    return f"{head}{BEGIN}\n{text}\n{END}{tail}"


def section(results: Results, stem: str) -> str:
    """Machine, means, one line for each model, and what failed."""
    machine = results.machine
    lines = [
        "",
        f"`results/{stem}.json`: {machine.cpu}, {machine.cores} cores, {machine.memory_gb:g} GB; "
        f"{machine.engine}, Python {machine.python}; {_versions(results.rows)}.",
        "",
        *_means(results.rows),
        "",
        f"![ratios by model](results/{stem}.svg)",
        "",
        *_table(results.rows),
        "",
        *_goals(results.rows),
        *_failures(results.rows),
    ]
    return "\n".join(lines)


def _versions(rows: Sequence[Row]) -> str:
    versions = sorted({row.version for row in rows})
    dates = sorted({row.date[:10] for row in rows})
    busiest = max((row.others for row in rows), default=0.0)
    noise = f"others kept up to {busiest:g} cores busy"
    return f"zkchain {', '.join(versions)}; {', '.join(dates)}; {noise}" if rows else "no row yet"


def _means(rows: Sequence[Row]) -> Iterator[str]:
    yield "| stock / ours, geometric mean (worst) | " + " | ".join(_WORDS[name] for name in METRICS) + " |"
    yield "|---" * (len(METRICS) + 1) + "|"
    groups = (("small", f"< {SMALL_ROWS:,} stock rows"), ("larger", "larger"), ("all", "all"))
    summaries = {side: summarise(rows, side) for side in compared(rows)}
    for side, summary in summaries.items():
        flags = f", `{' '.join(FLAGS[side])}`" if FLAGS[side] else ""
        for key, words in groups:
            group = summary[key]
            if group["models"]:
                cells = [_mean(group["ratios"].get(name)) for name in METRICS]
                yield f"| {group['models']} models, {words}{flags} | " + " | ".join(cells) + " |"
    flips, refused = (_totals(summaries, name) for name in ("flips", "refused"))
    yield ""
    yield (
        f"Answers read differently from the float model's, over all held-out samples: {flips}. Samples that a circuit "
        f"cannot prove: {refused}."
    )


def _totals(summaries: Mapping[Side, dict[str, Any]], name: str) -> str:
    found = {one: count for summary in summaries.values() for one, count in summary["all"][name].items()}
    return ", ".join(f"{side} {count}" for side, count in found.items())


def _mean(found: dict[str, Any] | None) -> str:
    return "" if found is None else f"{found['mean']:.3g} ({found['worst']:.3g}, {found['worst_model']})"


def _table(rows: Sequence[Row]) -> Iterator[str]:
    heads = ("model", "rows", "log2", "prove, s", "key, MB", "memory, MB", "mean error", "flips", "gas", "prove ratio")
    yield "| stock → ours: " + " | ".join(heads) + " |"
    yield "|---" * len(heads) + "|"
    for row in rows:
        pair = [row.stock.figures, row.ours.figures]
        cells = [
            " → ".join("failed" if one is None else cell for one, cell in zip(pair, cells, strict=True))
            for cells in zip(*map(_cells, pair), strict=True)
        ]
        ratio = ratios(row).get("prove")
        yield f"| {row.identity.model} | " + " | ".join(cells) + f" | {'' if ratio is None else f'{ratio:.3g}'} |"


def _cells(figures: Figures | None) -> tuple[str, ...]:
    if figures is None:
        return ("",) * 8
    errors, gas = figures.errors, figures.gas
    return (
        f"{figures.rows:,}",
        f"{figures.logrows}",
        f"{figures.prove_seconds:.2f}",
        f"{figures.proving_key_bytes / 1e6:.1f}",
        f"{figures.peak_rss_bytes / 1e6:.0f}",
        "" if errors is None else f"{errors.mean_abs:.2g}",
        "-" if errors is None or errors.flips is None else f"{errors.flips}",
        "-" if gas is None else f"{gas.verify:,}",
    )


def _goals(rows: Sequence[Row]) -> Iterator[str]:
    """How the sides that were given a goal of their own did, beside ours."""
    sides = compared(rows)
    if len(sides) == 1:
        return
    names = [f"{side}: {name}" for side in sides for name in ("prove", "key", "gas")]
    yield "| stock / side | " + " | ".join(names) + " |"
    yield "|---" * (len(names) + 1) + "|"
    for row in rows:
        found = [ratios(row, side).get(name) for side in sides for name in ("prove", "key", "gas")]
        yield f"| {row.identity.model} | " + " | ".join("" if one is None else f"{one:.3g}" for one in found) + " |"
    yield ""


def _failures(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        for side, outcome in row.outcomes.items():
            if outcome.failed:
                yield f"- {row.identity.model}: {side} failed: {outcome.failed}"
