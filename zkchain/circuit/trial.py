"""What a circuit proves before it is used: an input that is nobody's.

A bundle carries this proof to every chain it is deployed on, so a user's sample, or the model's answer to it, must
not be in it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import EngineRefused
from ..halo2 import Proved, Prover, Witnessed, within_tables
from ..halo2.engine import CircuitFiles, InputData
from ..progress import Report, silent
from ..values import FieldElement
from .bounds import bounds_of, edges_of

#: From this many samples on, the extremes of an element are those of a crowd.
_MANY_SAMPLES = 8


def synthetic_inputs(samples: Sequence[InputData]) -> list[InputData]:
    """Inputs within the samples' range that are none of them, the best first.

    A ramp over a whole tensor's range tells nothing of any sample, but models whose columns differ in scale do not
    take it. Points between each element's own extremes suit those, and tell little where there are many samples.
    """
    ramps, blends = _ramps(samples), _blends(samples)
    return [*blends, *ramps] if len(samples) >= _MANY_SAMPLES else [*ramps, *blends]


def prove_trial(
    prover: Prover,
    files: CircuitFiles,
    candidates: Sequence[InputData],
    settings: Mapping[str, Any],
    report: Report = silent,
    *,
    binding: bool,
) -> Proved:
    """A checked proof of the first candidate that the circuit holds; where proofs carry a binding, bound to nothing.

    Raises EngineError when it holds none.
    """
    tag = FieldElement(0) if binding else None

    def accept(witness: Witnessed) -> None:
        if not within_tables(witness, settings):
            raise EngineRefused("the trial input leaves the circuit's tables", operation="prove")

    *others, last = candidates
    for candidate in others:
        try:
            return prover.prove(files, candidate, accept, report, tag=tag)
        except EngineRefused:
            continue
    return prover.prove(files, last, accept, report, tag=tag)


def _ramps(samples: Sequence[InputData]) -> list[InputData]:
    sizes = [len(tensor) for tensor in samples[0]]
    edges = [
        exact if _whole(exact) else rounded
        for exact, rounded in zip(edges_of(samples), bounds_of(samples), strict=True)
    ]
    rising = [
        [_between(edge, (index + 0.5) / size) for index in range(size)] for edge, size in zip(edges, sizes, strict=True)
    ]
    return [rising, [tensor[::-1] for tensor in rising]]


def _blends(samples: Sequence[InputData]) -> list[InputData]:
    """Each element between its own extremes: in the middle, then nearer to one and the other by turns."""
    columns = [list(zip(*(sample[index] for sample in samples), strict=True)) for index in range(len(samples[0]))]
    edges = [[(min(values), max(values)) for values in column] for column in columns]
    middle = [[_between(edge, 0.5) for edge in tensor] for tensor in edges]
    turns = [[_between(edge, (0.3, 0.7)[index % 2]) for index, edge in enumerate(tensor)] for tensor in edges]
    return [middle, turns]


def _between(edge: tuple[float, float], share: float) -> float | int:
    """The point at `share` of the way: whole between whole numbers, else coarse, to repeat no sample's digits."""
    low, high = edge
    value = low + (high - low) * share
    return round(value) if _whole(edge) else float(f"{value:.3g}")


def _whole(edge: tuple[float, float]) -> bool:
    return all(isinstance(value, int) for value in edge)
