"""The range of values that a circuit was calibrated on."""

import math
import sys
from collections.abc import Sequence

from ..halo2.engine import InputData


def bounds_of(samples: Sequence[InputData]) -> list[tuple[float, float]]:
    """Lowest and highest value of each input over all samples, moved outward to two significant digits."""
    return [(_outward(low, -1), _outward(high, 1)) for low, high in edges_of(samples)]


def edges_of(samples: Sequence[InputData]) -> list[tuple[float | int, float | int]]:
    """Lowest and highest value of each input over all samples, exactly."""
    columns = [[sample[index] for sample in samples] for index in range(len(samples[0]))]
    return [(min(min(values) for values in column), max(max(values) for values in column)) for column in columns]


def _outward(value: float, direction: int) -> float:
    """`value` moved outward to two significant digits: a bundle must not repeat a private sample exactly."""
    if value == 0:
        return 0.0
    if abs(value) < sys.float_info.min * 100:  # the step would be too small for a float
        return direction * sys.float_info.min * 100
    step = 10.0 ** (math.floor(math.log10(abs(value))) - 1)
    edge = math.ceil(value / step) if direction > 0 else math.floor(value / step)
    return float(f"{edge * step:.12g}")
