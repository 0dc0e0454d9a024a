"""Use case: try circuits for a model without making a bundle, and say why the best one is the best."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..circuit.options import CompileOptions
from ..circuit.tune import Tuned, tune
from ..circuit.tune.forms import write_forms
from ..circuit.tune.page import render_page
from ..circuit.tune.race import Track
from ..circuit.tune.settings import fixed_args
from ..config import Config
from ..files import write_atomic, write_json
from ..halo2 import Prover
from ..progress import Report, silent
from ..records import ModelSpec
from ..scratch import scratch_folder
from .request import read_request

#: How long finalists are proved for real, unless the user says otherwise.
TUNE_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TuneResult:
    """The search and where its outcome was written."""

    model: ModelSpec
    tuned: Tuned
    report: Path | None
    settings: Path | None
    seconds: float


def tune_model(
    model_path: Path,
    samples_path: Path,
    *,
    config: Config,
    prover: Prover,
    options: CompileOptions,
    dims: Mapping[str, int] | None = None,
    seconds: float = TUNE_SECONDS,
    report_path: Path | None = None,
    settings_path: Path | None = None,
    report: Report = silent,
) -> TuneResult:
    """Search for the circuit that `options.goal` asks for, and prove the best few for real.

    Raises ModelError, SampleError, CircuitError, EngineError and OSError; nothing is written then.
    """
    started = time.monotonic()
    request = read_request(model_path, samples_path, options, dims, report)
    with scratch_folder(config.home / "tune") as scratch:
        forms = write_forms(scratch, request.forms)
        track = Track(
            prover=prover, home=config.home, inputs=request.trial_inputs, binding=options.binding, report=report
        )
        fixed = fixed_args(options.visibility, binding=options.binding)
        tuned = tune(prover, forms, request.samples, fixed, options.goal, seconds=seconds, track=track, report=report)
    if settings_path is not None:
        write_json(settings_path, tuned.winner.settings)
    if report_path is not None:
        write_atomic(report_path, render_page(request.model.spec.name, options.goal, tuned).encode())
    return TuneResult(
        model=request.model.spec,
        tuned=tuned,
        report=report_path,
        settings=settings_path,
        seconds=time.monotonic() - started,
    )
