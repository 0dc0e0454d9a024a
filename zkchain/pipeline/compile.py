"""Use case: an ONNX file and samples become a bundle."""

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..circuit.budget import Budget, Limits, budget_of
from ..circuit.build import build_bundle
from ..circuit.bundle import SETTINGS
from ..circuit.options import CompileOptions
from ..circuit.settle import concatenate
from ..circuit.speed import known_speed
from ..config import Config
from ..files import parse_json
from ..halo2 import Prover
from ..progress import Report, silent
from ..records import Bundle
from .blame import blaming
from .inputs import InputCost, choose_input
from .request import read_request


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A bundle and where it lies."""

    folder: Path
    bundle: Bundle
    budget: Budget  #: what was predicted, with the seconds of this machine where its speed is known
    inputs: tuple[InputCost, ...] = ()  #: ways to name the input, the chosen one first, when gas decided
    seconds: float


def compile_model(
    model_path: Path,
    samples_path: Path,
    *,
    config: Config,
    prover: Prover,
    out: Path | None = None,
    options: CompileOptions | None = None,
    dims: Mapping[str, int] | None = None,
    replace_other: bool = False,
    report: Report = silent,
) -> Compiled:
    """Compile the model at `model_path`, calibrated on `samples_path`, to a bundle at `out`.

    `out` is <model>.bundle in the working directory when not given. Raises ModelError, SampleError,
    CircuitError, EngineError, SrsError, BundleError and UsageError; nothing is left at `out` then.
    """
    started = time.monotonic()
    chosen = options or CompileOptions()
    inputs: tuple[InputCost, ...] = ()
    if chosen.input_by_gas:
        request, inputs = choose_input(
            model_path, samples_path, chosen, dims, prover=prover, home=config.home, report=report
        )
    else:
        request = read_request(model_path, samples_path, chosen, dims, report)
    folder = out if out is not None else Path(f"{model_path.stem}.bundle")
    own = [sample[: len(request.model.spec.inputs)] for sample in request.samples.calibration]
    with blaming(request.model, concatenate(own), prover):
        bundle = build_bundle(
            request,
            prover=prover,
            home=config.home,
            out=folder.absolute(),
            limits=_limits(config, folder.absolute()),
            replace_other=replace_other,
            report=report,
        )
    settings = parse_json((folder / SETTINGS).read_bytes())
    budget = budget_of(settings, speed=known_speed(config.home) or 1.0)
    return Compiled(folder=folder, bundle=bundle, budget=budget, inputs=inputs, seconds=time.monotonic() - started)


def _limits(config: Config, out: Path) -> Limits:
    """Ethereum's, and what this machine has to give."""
    place = next(folder for folder in out.parents if folder.is_dir())
    return Limits(memory_bytes=config.memory_limit_bytes, disk_bytes=shutil.disk_usage(place).free)
