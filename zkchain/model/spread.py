"""Samples by what they are for: some calibrate a circuit, others judge it, and a few go beyond both."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..records import ModelSpec
from .samples import Sample

#: From this many samples on, a part of them is held out; fewer all calibrate, and variations of them judge too.
ENOUGH = 8
_HELD_OUT_EVERY = 4
_MOST_CALIBRATION, _MOST_JUDGED, _WIDEST = 32, 16, 2
#: Standard deviation of a variation, as a share of the tensor's range.
_NOISE = 0.05
#: How far beyond the calibrated range a circuit should still prove.
STRETCH = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The parts of a sample file."""

    calibration: tuple[Sample, ...]
    judged: tuple[Sample, ...]
    widest: tuple[Sample, ...]
    stretched: tuple[Sample, ...]


def spread(samples: Sequence[Sample], spec: ModelSpec) -> Spread:
    """Split `samples`; the same samples are split the same way.

    With fewer than `ENOUGH`, variations within their range are judged beside them. The stretched ones are the widest
    samples at 1.5 times their distance from the middle of the range.
    """
    if len(samples) >= ENOUGH:
        judged = samples[_HELD_OUT_EVERY - 1 :: _HELD_OUT_EVERY]
        calibration = [sample for index, sample in enumerate(samples) if index % _HELD_OUT_EVERY != _HELD_OUT_EVERY - 1]
    else:
        calibration, judged = list(samples), [*samples, *_variations(samples, spec)]
    return Spread(
        calibration=tuple(calibration[:_MOST_CALIBRATION]),
        judged=tuple(judged[:_MOST_JUDGED]),
        widest=tuple(_widest(samples)),
        stretched=tuple(_stretched(samples, spec)),
    )


def _variations(samples: Sequence[Sample], spec: ModelSpec) -> list[Sample]:
    random = np.random.default_rng(0)
    found = []
    for number in range(ENOUGH - len(samples)):
        base = samples[number % len(samples)]
        varied = []
        for index, tensor in enumerate(base):
            low, high = _range(samples, index)
            if spec.inputs[index].dtype == "float":
                noise = random.normal(scale=_NOISE * max(high - low, 1e-6), size=tensor.shape)
                varied.append(np.clip(tensor + noise, low, high).astype(tensor.dtype))
            else:
                varied.append(tensor)
        found.append(tuple(varied))
    return found


def _widest(samples: Sequence[Sample]) -> list[Sample]:
    def width(sample: Sample) -> float:
        return float(sum(np.abs(tensor.astype(float)).sum() for tensor in sample))

    return sorted(samples, key=width, reverse=True)[:_WIDEST]


def _stretched(samples: Sequence[Sample], spec: ModelSpec) -> list[Sample]:
    found = []
    for sample in _widest(samples):
        tensors = []
        for index, tensor in enumerate(sample):
            low, high = _range(samples, index)
            middle = (low + high) / 2
            wide = middle + STRETCH * (tensor - middle) if spec.inputs[index].dtype == "float" else tensor
            tensors.append(np.asarray(wide, dtype=tensor.dtype))
        found.append(tuple(tensors))
    return found


def _range(samples: Sequence[Sample], index: int) -> tuple[float, float]:
    return min(float(s[index].min()) for s in samples), max(float(s[index].max()) for s in samples)
