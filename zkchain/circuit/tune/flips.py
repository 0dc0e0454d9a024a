"""What an answer is read as while tuning: the largest of several scores, the side of zero of a single one."""

from collections.abc import Mapping, Sequence
from typing import Any

from ...halo2 import Witnessed
from ..fidelity import References


def label_flips(witnesses: Sequence[Witnessed], references: References, settings: Mapping[str, Any]) -> float:
    """Share of samples for which an output of the circuit is read differently than the float model's."""
    scales = settings["model_output_scales"]
    changed = [
        any(
            _label([felt.to_float(scale=scale) for felt in felts]) != _label(floats)
            for felts, floats, scale in zip(witness.outputs, sample, scales, strict=False)
        )
        for witness, sample in zip(witnesses, references, strict=True)
    ]
    return sum(changed) / max(len(changed), 1)


def _label(values: Sequence[float]) -> int:
    if len(values) == 1:
        return int(values[0] > 0)
    return max(range(len(values)), key=lambda index: values[index], default=0)
