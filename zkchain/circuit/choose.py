"""Choose run arguments: the scale by measured error, then the layout by predicted cost.

This is the plain chooser: a few known-good candidates, each laid out and calibrated for real. Figures behind it:
a range table of 2**14 rows makes every small circuit at least 2**15 rows, while base 128 with 4 legs covers the
same 2**28 range with a 2**7 table; a second block of inner columns costs about a third more per row.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import EngineRefused
from ..halo2 import Prover
from ..halo2.engine import InputData
from ..progress import Report, silent
from ..records import Fidelity, Visibility

#: (decomposition base, legs, inner columns); every pair covers at least the 2**28 range of ezkl's default.
LAYOUTS = ((128, 4, 1), (128, 4, 2), (1024, 3, 1), (1024, 3, 2), (16384, 2, 1), (16384, 2, 2))
#: Wider ranges, for models whose intermediate values leave 2**28.
WIDE_LAYOUTS = ((128, 5, 1), (1024, 4, 1), (16384, 3, 1))
#: Fixed-point scales in bits, tried from cheap to precise.
SCALES = (7, 10, 13)
#: A scale is good enough when the largest error is below this share of the largest output (at least 1).
TOLERANCE = 0.01
#: Above this many rows, laying a circuit out takes seconds, so fewer candidates are tried.
_MANY_ROWS = 200_000

Measure = Callable[[Mapping[str, Any]], Fidelity]


def stock_settings(
    prover: Prover, model: Path, data: InputData, visibility: Visibility, report: Report = silent
) -> dict[str, Any]:
    """ezkl's own pipeline: default run arguments, then `calibrate_settings` with target resources."""
    return canonical(prover.make_settings(model, _visibility_args(visibility), data, {}, report))


def choose_settings(
    prover: Prover,
    model: Path,
    data: InputData,
    visibility: Visibility,
    measure: Measure,
    largest_output: float,
    report: Report = silent,
) -> dict[str, Any]:
    """Calibrated settings for `model`. `measure` runs the circuit on the samples and compares with the float model.

    Raises EngineError when no candidate can be laid out.
    """

    def lay_out(layout: tuple[int, int, int], scale: int) -> dict[str, Any]:
        run_args = {**_visibility_args(visibility), **_layout_args(layout), "input_scale": scale, "param_scale": scale}
        calibration = {
            "lookup_safety_margin": 2.0,
            "scales": [scale],
            "scale_rebase_multiplier": [1],
            "max_logrows": None,
        }
        return canonical(prover.make_settings(model, run_args, data, calibration, report))

    scale, best, wide = _choose_scale(lay_out, measure, largest_output, report)
    others: Sequence[tuple[int, int, int]] = WIDE_LAYOUTS[1:] if wide else LAYOUTS[1:]
    if best["num_rows"] > _MANY_ROWS:
        others = others[-1:]
    for layout in others:
        if least_cost(layout) >= predicted_cost(best):
            continue
        report(f"trying base {layout[0]}, {layout[1]} legs, {layout[2]} column(s)")
        try:
            candidate = lay_out(layout, scale)
        except EngineRefused:
            continue
        if predicted_cost(candidate) < predicted_cost(best):
            best = candidate
    return best


def predicted_cost(settings: Mapping[str, Any]) -> float:
    """Relative proving cost: rows of the evaluation domain times the weight of the columns."""
    arguments = settings["run_args"]
    return float(2 ** arguments["logrows"] * _column_weight(arguments["num_inner_cols"]))


def least_cost(layout: tuple[int, int, int]) -> float:
    """What a layout costs at the very least: its range table of `base` rows and the blinding rows have to fit."""
    base, _, columns = layout
    return float(2 ** base.bit_length() * _column_weight(columns))


def _column_weight(columns: int) -> float:
    return 1 + 0.37 * (columns - 1)


def canonical(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings without their timestamp and with their unordered lists sorted: the same choice, the same keys.

    ezkl fills these lists from hash sets, and their order decides the order of columns in the verifying key.
    """
    fixed = dict(settings)
    fixed["timestamp"] = 0
    for name in ("required_lookups", "required_range_checks"):
        fixed[name] = sorted(fixed[name], key=repr)
    return fixed


def _choose_scale(
    lay_out: Callable[[tuple[int, int, int], int], dict[str, Any]],
    measure: Measure,
    largest_output: float,
    report: Report,
) -> tuple[int, dict[str, Any], bool]:
    """The cheapest scale that is precise enough, else the most precise one; whether it needed a wide layout."""
    tried: list[tuple[float, int, dict[str, Any], bool]] = []
    refusal: EngineRefused | None = None
    for scale in SCALES:
        report(f"trying scale 2^{scale}")
        for layout in (LAYOUTS[0], WIDE_LAYOUTS[0]):
            try:
                settings = lay_out(layout, scale)
                error = measure(settings).max_abs_error
            except EngineRefused as found:
                refusal = found
                continue
            tried.append((error, scale, settings, layout in WIDE_LAYOUTS))
            if error <= TOLERANCE * max(1.0, largest_output):
                return scale, settings, layout in WIDE_LAYOUTS
            break
    if not tried:
        assert refusal is not None
        raise refusal
    _, scale, settings, wide = min(tried, key=lambda item: item[0])
    return scale, settings, wide


def _visibility_args(visibility: Visibility) -> dict[str, object]:
    return {
        "input_visibility": visibility.input,
        "output_visibility": visibility.output,
        "param_visibility": visibility.params,
    }


def _layout_args(layout: Sequence[int]) -> dict[str, object]:
    base, legs, columns = layout
    return {"decomp_base": base, "decomp_legs": legs, "num_inner_cols": columns}
