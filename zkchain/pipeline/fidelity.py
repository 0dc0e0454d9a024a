"""Use case: judge how faithful a bundle's circuit is to its float model, on data and on inputs made to part them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..circuit.bundle import CIRCUIT_MODEL, MODEL, circuit_files, load_bundle
from ..circuit.fidelity import measure_fidelity
from ..circuit.fidelity_page import render_report
from ..circuit.fidelity_report import FidelityBounds, FidelityReport, Violation, violations
from ..circuit.layout import BINDING_INPUT, BINDING_OUTPUT
from ..circuit.probes import Inputs, make_probes
from ..errors import SamplesUnreadable
from ..files import write_atomic
from ..halo2 import Prover
from ..model import evaluate, read_samples, to_input_data
from ..progress import Report, silent
from ..proof.binding import LIMBS, binding_limbs
from ..records import Bundle, Model, TensorSpec
from ..values import Digest, sha256_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FidelityCheck:
    """What was measured, what of it breaks the bounds, and the page that shows it."""

    report: FidelityReport
    bounds: FidelityBounds
    violations: tuple[Violation, ...]
    page: Path | None  #: where the page was written, when it was
    page_sha256: Digest


def check_fidelity(
    folder: Path,
    data: Path,
    *,
    prover: Prover,
    bounds: FidelityBounds | None = None,
    page: Path | None = None,
    report: Report = silent,
) -> FidelityCheck:
    """Measure the bundle at `folder` on the samples at `data` and on inputs made from them.

    The page is written to `page`, within bounds or not; the same bundle, data and bounds give the same bytes.
    Raises BundleError, SampleError, ModelError, EngineError and OSError.
    """
    bundle = load_bundle(folder)
    samples = read_samples(data, bundle.model)
    if not samples:
        raise SamplesUnreadable(f"{data} holds no sample", path=data)
    report("running the float model")
    model = _circuit_model(folder, bundle)
    # The binding passes through the circuit untouched, so the one that is bound to nothing will do.
    limbs = [binding_limbs(None)] if bundle.binding else []
    unbound = [np.asarray([each], dtype=np.int64) for each in limbs]

    def answer(inputs: Sequence[Inputs]) -> Sequence[Inputs]:
        outputs = evaluate(model, [(*sample, *unbound) for sample in inputs])
        return [found[: len(bundle.model.outputs)] for found in outputs]

    measured = measure_fidelity(
        prover,
        folder / CIRCUIT_MODEL,
        circuit_files(folder).settings,
        make_probes(samples, bundle.bounds, answer),
        bundle.model.outputs,
        encode=lambda sample: [*to_input_data(sample), *limbs],
        report=report,
    )
    allowed = bounds or FidelityBounds()
    html = render_report(bundle.model.name, measured, allowed).encode()
    if page is not None:
        write_atomic(page, html)
    return FidelityCheck(
        report=measured,
        bounds=allowed,
        violations=violations(measured, allowed),
        page=page,
        page_sha256=sha256_of(html),
    )


def _circuit_model(folder: Path, bundle: Bundle) -> Model:
    """The model that the bundle carries: the user's, with the binding's tensors when bound."""
    spec = bundle.model
    if bundle.binding:
        shape = (1, LIMBS)
        spec = replace(
            spec,
            inputs=(*spec.inputs, TensorSpec(name=BINDING_INPUT, shape=shape, dtype="int", onnx_type="INT64")),
            outputs=(*spec.outputs, TensorSpec(name=BINDING_OUTPUT, shape=shape, dtype="int", onnx_type="INT64")),
        )
    return Model(spec=spec, onnx=(folder / MODEL).read_bytes())
