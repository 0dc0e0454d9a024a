"""Settings for a circuit as the user wants them chosen: tuned, pinned, or by ezkl's own pipeline."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import EngineRefused, FidelityViolated
from ..files import write_json
from ..halo2 import InputData, Prover, Witnessed
from ..progress import Report, silent
from ..records import Fidelity
from .fidelity import compare
from .options import CompileOptions
from .tune import SampleSets, tune
from .tune.flips import label_flips
from .tune.forms import Form
from .tune.layouts import lookup_range, single_block
from .tune.numerics import lookup_span
from .tune.race import Track
from .tune.settings import CELLS, canonical, fixed_args, stock_settings
from .tune.steps import Surveys

#: Trying candidates stops after this many seconds in one stage; the first of each stage is always tried.
_STAGE_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What to compile: settings and the form of the model that they are for, with the errors on the judged samples."""

    settings: dict[str, Any]
    fidelity: Fidelity
    model: Path


def settle(
    prover: Prover,
    forms: Sequence[Form],
    samples: SampleSets,
    options: CompileOptions,
    track: Track | None = None,
    report: Report = silent,
    known: Surveys | None = None,
) -> Settled:
    """Calibrated settings and their errors on the judged samples; with a `track`, the best few are proved for real.

    Raises FidelityViolated when the options name a bound and it is not met, and EngineError.
    """
    if not options.stock and not options.pinned:
        fixed = fixed_args(options.visibility, binding=options.binding)
        seconds = options.tune_seconds or 0.0
        winner = tune(
            prover, forms, samples, fixed, options.goal, seconds=seconds, track=track, report=report, known=known
        ).winner
        path = next(form.path for form in forms if form.name == winner.candidate.form)
        return Settled(settings=winner.settings, fidelity=winner.fidelity, model=path)
    model = forms[0].path
    if options.stock:
        settings, witnesses = _stock(prover, model, samples, options, report)
    else:
        model, settings, witnesses = _pinned(prover, forms, samples, options, report)
    fidelity = compare(witnesses, samples.references, settings)
    flips = label_flips(witnesses, samples.references, settings)
    bound = options.goal.bound()
    if not bound.holds(fidelity, flips, room=1.0):
        raise FidelityViolated(
            f"the largest error is {fidelity.max_abs_error:.3g} and {flips:.2%} of the labels change; "
            f"allowed are {bound.max_abs_error} and {bound.flips}",
            max_abs_error=fidelity.max_abs_error,
            flips=flips,
        )
    return Settled(settings=settings, fidelity=fidelity, model=model)


def concatenate(inputs: Sequence[InputData]) -> list[list[float | int]]:
    """Several samples in ezkl's form for calibration: the tensors of one input, one after the other."""
    return [[value for sample in inputs for value in sample[index]] for index in range(len(inputs[0]))]


def _stock(
    prover: Prover, model: Path, samples: SampleSets, options: CompileOptions, report: Report
) -> tuple[dict[str, Any], tuple[Witnessed, ...]]:
    fixed = fixed_args(options.visibility, binding=options.binding)
    settings = stock_settings(prover, model, concatenate(samples.calibration), fixed, report)
    trial = model.with_name("trial-settings.json")
    write_json(trial, settings)
    return settings, prover.witness(model, trial, samples.judged, report)


def _pinned(
    prover: Prover, forms: Sequence[Form], samples: SampleSets, options: CompileOptions, report: Report
) -> tuple[Path, dict[str, Any], tuple[Witnessed, ...]]:
    """The pinned run arguments as they are; a table range or size that is not pinned is measured."""
    pins = {name: json.loads(text) for name, text in options.pinned}
    cells = pins.pop(CELLS, None)
    variant = {**fixed_args(options.visibility, binding=options.binding), **pins}
    model = _pinned_form(prover, forms, variant, cells, report)
    (found,) = prover.survey(model, [variant], [*samples.calibration, *samples.judged], _STAGE_SECONDS, report)
    if found.refusal:
        raise EngineRefused(f"the pinned settings do not fit: {found.refusal}", operation="survey")
    # What is not pinned follows from what was met: the table's range, and from that how many rows hold it.
    variant["lookup_range"] = pins.get("lookup_range", list(lookup_range(lookup_span(found.witnesses))))
    if "logrows" not in pins:
        run_args = {**found.settings["run_args"], "lookup_range": variant["lookup_range"]}
        variant["logrows"] = single_block({**found.settings, "run_args": run_args})
    (sized,) = prover.survey(model, [variant], [], _STAGE_SECONDS, report)
    return model, canonical(sized.settings), found.witnesses[len(samples.calibration) :]


def _pinned_form(
    prover: Prover, forms: Sequence[Form], variant: Mapping[str, object], cells: int | None, report: Report
) -> Path:
    """The form that takes exactly as many cells as the settings say; the model itself when none does."""
    for form in forms if cells else ():
        (found,) = prover.survey(form.path, [variant], [], _STAGE_SECONDS, report)
        if not found.refusal and found.settings[CELLS] == cells:
            return form.path
    return forms[0].path
