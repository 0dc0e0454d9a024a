"""Use case: judge how faithful a bundle's circuit is to its float model, on data and on inputs made to part them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..circuit.bundle import CIRCUIT_MODEL, MODEL, circuit_files, load_bundle
from ..circuit.fidelity import measure_fidelity
from ..circuit.fidelity_page import render_report
from ..circuit.fidelity_report import FidelityBounds, FidelityReport, Violation, violations
from ..circuit.probes import Inputs, make_probes
from ..errors import SamplesUnreadable
from ..files import write_atomic
from ..halo2 import Prover
from ..model import evaluate, read_samples, to_input_data
from ..progress import Report, silent
from ..records import Model
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
    model = Model(spec=bundle.model, onnx=(folder / MODEL).read_bytes())

    def answer(inputs: Sequence[Inputs]) -> Sequence[Inputs]:
        return evaluate(model, inputs)

    measured = measure_fidelity(
        prover,
        folder / CIRCUIT_MODEL,
        circuit_files(folder).settings,
        make_probes(samples, bundle.bounds, answer),
        bundle.model.outputs,
        encode=to_input_data,
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
