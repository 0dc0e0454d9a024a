"""Samples by their use: held out where there are enough, varied where there are few, stretched where they may be."""

import numpy as np
import pytest

from zkchain.model import spread
from zkchain.records import ModelSpec, TensorSpec


def spec(*kinds):
    return ModelSpec(
        name="m",
        digest="0x" + "00" * 32,
        inputs=tuple(
            TensorSpec(name=f"x{i}", shape=(1, 3), dtype=kind, onnx_type="FLOAT") for i, kind in enumerate(kinds)
        ),
        outputs=(),
        opset=18,
        operators=(),
        parameters=0,
    )


def floats(count):
    return [(np.random.default_rng(i).normal(size=(1, 3)).astype(np.float32),) for i in range(count)]


@pytest.mark.parametrize("count", [8, 20, 200])
def test_enough_samples_are_held_out_from_calibration(count):
    parts = spread(floats(count), spec("float"))
    calibrated = {sample[0].tobytes() for sample in parts.calibration}
    assert parts.judged
    assert not any(sample[0].tobytes() in calibrated for sample in parts.judged)
    assert len(parts.calibration) <= 32
    assert len(parts.judged) <= 16


@pytest.mark.parametrize("count", [1, 3, 7])
def test_few_samples_are_all_judged_beside_variations_within_their_range(count):
    samples = floats(count)
    parts = spread(samples, spec("float"))
    assert len(parts.calibration) == count
    assert len(parts.judged) == 8
    low, high = min(s[0].min() for s in samples), max(s[0].max() for s in samples)
    assert all(low <= sample[0].min() and sample[0].max() <= high for sample in parts.judged)


def test_stretched_samples_go_one_and_a_half_times_as_far_from_the_middle():
    samples = [(np.asarray([[-1, 0, 3]], np.float32),), (np.asarray([[0, 0, 1]], np.float32),)]
    parts = spread(samples, spec("float"))
    np.testing.assert_allclose(parts.stretched[0][0], [[-2, -0.5, 4]])


def test_whole_numbers_are_neither_varied_nor_stretched():
    samples = [(np.asarray([[1, 2, 3]]),)]
    parts = spread(samples, spec("int"))
    for sample in (*parts.judged, *parts.stretched, *parts.widest):
        np.testing.assert_array_equal(sample[0], samples[0][0])


def test_the_same_samples_are_split_the_same_way():
    one, other = (spread(floats(3), spec("float")) for _ in range(2))
    for a, b in zip(one.judged, other.judged, strict=True):
        np.testing.assert_array_equal(a[0], b[0])
