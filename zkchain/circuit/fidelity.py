"""How far the circuit's answers are from the float model's."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..halo2 import Witnessed
from ..records import Fidelity

#: For each sample, for each output of the user's model, its elements in order.
References = Sequence[Sequence[Sequence[float]]]


def compare(witnesses: Sequence[Witnessed], references: References, settings: Mapping[str, Any]) -> Fidelity:
    """Absolute errors of fixed-point outputs; circuit outputs beyond the references are not the model's."""
    scales = settings["model_output_scales"]
    errors = [
        abs(found.to_float(scale=scale) - expected)
        for witness, sample in zip(witnesses, references, strict=True)
        for felts, floats, scale in zip(witness.outputs, sample, scales, strict=False)
        for found, expected in zip(felts, floats, strict=True)
    ]
    return Fidelity(
        samples=len(witnesses), max_abs_error=max(errors, default=0.0), mean_abs_error=sum(errors) / max(len(errors), 1)
    )


def largest_output(references: References) -> float:
    """Largest magnitude among all reference outputs."""
    return max((abs(value) for sample in references for tensor in sample for value in tensor), default=0.0)
