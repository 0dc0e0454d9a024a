"""What a circuit proves before it is used: an input that is nobody's.

A bundle carries this proof to every chain it is deployed on, so a user's sample, or the model's answer to it, must
not be in it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..errors import EngineRefused
from ..halo2 import Proved, Prover, Witnessed, within_tables
from ..halo2.engine import CircuitFiles, InputData
from ..progress import Report, silent
from .bounds import bounds_of, edges_of


def synthetic_inputs(samples: Sequence[InputData]) -> Iterator[InputData]:
    """Inputs within the samples' range that are none of them, the likeliest to be accepted first.

    A ramp varies, as a normalisation needs; the others suit models that sort, count or look up what they are given.
    """
    whole = [all(isinstance(value, int) for value in tensor) for tensor in samples[0]]
    edges = [
        exact if ints else rounded
        for ints, exact, rounded in zip(whole, edges_of(samples), bounds_of(samples), strict=True)
    ]
    sizes = [len(tensor) for tensor in samples[0]]
    for shape in (_ramp, _fall, _middle, _low):
        yield [shape(low, high, size) for (low, high), size in zip(edges, sizes, strict=True)]


def prove_trial(
    prover: Prover,
    files: CircuitFiles,
    candidates: Sequence[InputData],
    settings: Mapping[str, Any],
    report: Report = silent,
) -> Proved:
    """A checked proof of the first candidate that the circuit holds. Raises EngineError when it holds none."""

    def accept(witness: Witnessed) -> None:
        if not within_tables(witness, settings):
            raise EngineRefused("the trial input leaves the circuit's tables", operation="prove")

    *others, last = candidates
    for candidate in others:
        try:
            return prover.prove(files, candidate, accept, report)
        except EngineRefused:
            continue
    return prover.prove(files, last, accept, report)


def _ramp(low: float, high: float, size: int) -> list[float | int]:
    return [_between(low, high, (index + 0.5) / size) for index in range(size)]


def _fall(low: float, high: float, size: int) -> list[float | int]:
    return _ramp(low, high, size)[::-1]


def _middle(low: float, high: float, size: int) -> list[float | int]:
    return [_between(low, high, 0.5)] * size


def _low(low: float, high: float, size: int) -> list[float | int]:
    return [_between(low, high, 0.25)] * size


def _between(low: float, high: float, share: float) -> float | int:
    """The point at `share` of the way; whole between whole numbers."""
    value = low + (high - low) * share
    return round(value) if isinstance(low, int) and isinstance(high, int) else value
