"""Use case: an ONNX file and samples become a bundle."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..circuit.build import MAX_CALIBRATION_SAMPLES, CompileRequest, build_bundle, concatenate
from ..circuit.options import CompileOptions, refuse_empty_statements
from ..circuit.trial import synthetic_inputs
from ..config import Config
from ..errors import SamplesUnreadable
from ..halo2 import Prover
from ..model import check_operators, evaluate, load_model, read_samples, to_input_data, with_binding
from ..progress import Report, silent
from ..proof.binding import LIMB_BITS, LIMBS, binding_limbs
from ..records import Bundle
from .blame import blaming

#: The widest limb: calibrating with it makes the circuit hold every binding.
_WIDEST_LIMB = (1 << LIMB_BITS) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A bundle and where it lies."""

    folder: Path
    bundle: Bundle
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
    refuse_empty_statements(chosen)
    model = load_model(model_path, dims=dims)
    check_operators(model)
    samples = read_samples(samples_path, model.spec)
    if not samples:
        raise SamplesUnreadable(f"{samples_path} holds no sample", path=samples_path)
    circuit_model = with_binding(model) if chosen.binding else model
    report("running the float model")
    outputs = evaluate(model, samples)
    data = [to_input_data(sample) for sample in samples]
    widest = [[_WIDEST_LIMB] * LIMBS] if chosen.binding else []
    unbound = [list(binding_limbs(None))] if chosen.binding else []
    request = CompileRequest(
        model=model,
        circuit_model=circuit_model,
        inputs=[[*sample, *widest] for sample in data],
        trial_inputs=[[*made_up, *unbound] for made_up in synthetic_inputs(data)],
        references=[[tensor.ravel().astype(float).tolist() for tensor in sample] for sample in outputs],
        options=chosen,
    )
    folder = out if out is not None else Path(f"{model_path.stem}.bundle")
    with blaming(model, concatenate(data[:MAX_CALIBRATION_SAMPLES]), prover):
        bundle = build_bundle(
            request, prover=prover, home=config.home, out=folder.absolute(), replace_other=replace_other, report=report
        )
    return Compiled(folder=folder, bundle=bundle, seconds=time.monotonic() - started)
