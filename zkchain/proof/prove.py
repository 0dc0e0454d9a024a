"""Make a proof from a bundle and one input."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import EngineRefused, ValueOutOfRange
from ..halo2 import Proved, Prover, Witnessed, within_tables
from ..halo2.engine import CircuitFiles, InputData
from ..progress import Report, silent
from ..records import Binding, Bundle, Proof
from .binding import binding_tag


def make_proof(
    prover: Prover,
    files: CircuitFiles,
    bundle: Bundle,
    data: InputData,
    binding: Binding | None,
    report: Report = silent,
) -> tuple[Proof, Proved]:
    """Prove `data`, one flat list for each input of the user's model, under `binding`.

    Raises ValueOutOfRange naming the input when the circuit cannot hold its values, and EngineError.
    """
    settings = json.loads(Path(files.settings).read_bytes())
    tag = binding_tag(binding) if bundle.binding else None

    def accept(witness: Witnessed) -> None:
        _refuse_out_of_range(witness, settings, bundle, data)

    try:
        proved = prover.prove(files, data, accept, report, tag=tag)
    except EngineRefused as error:
        widest = _widest(bundle, data)
        if widest is None or not error.message.startswith("witness:"):
            raise
        raise ValueOutOfRange(f"{widest}; the circuit cannot hold the result", input=widest) from error
    proof = Proof(
        circuit_digest=bundle.circuit_digest,
        instances=proved.instances,
        proof=proved.proof,
        binding=binding if bundle.binding else None,
    )
    return proof, proved


def _refuse_out_of_range(witness: Witnessed, settings: Mapping[str, Any], bundle: Bundle, data: InputData) -> None:
    """Raise ValueOutOfRange, naming the input, for a witness that the prover would hang on."""
    if not within_tables(witness, settings):
        low, high = settings["run_args"]["lookup_range"]
        what = _widest(bundle, data) or "the input"
        raise ValueOutOfRange(
            f"{what}; intermediate values reach {witness.lookup_low}..{witness.lookup_high}, "
            f"the circuit's tables hold {low}..{high}",
            lookup_low=witness.lookup_low,
            lookup_high=witness.lookup_high,
            allowed_low=low,
            allowed_high=high,
        )


def _widest(bundle: Bundle, data: InputData) -> str | None:
    """Names the input value that lies furthest outside its calibrated range; None when all lie inside."""
    found: tuple[float, str] | None = None
    for tensor, values, (low, high) in zip(bundle.model.inputs, data, bundle.bounds, strict=True):
        span = max(high - low, 1e-9)
        for index, value in enumerate(values):
            excess = max(low - value, value - high) / span
            if excess > 0 and (found is None or excess > found[0]):
                # The value itself stays unsaid: it may be private, and errors end up in logs.
                found = excess, f"input {tensor.name!r}[{index}] is outside its calibrated {low:g} to {high:g}"
    return found[1] if found else None
