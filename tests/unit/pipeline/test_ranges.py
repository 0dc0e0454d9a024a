import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkchain.chain.registry import InstanceRange
from zkchain.errors import UsageError
from zkchain.pipeline.ranges import ranges_of
from zkchain.records import Bundle, Segment

INPUT = Segment(kind="input", tensor="x", start=0, count=2, shape=(1, 2), dtype="float", scale=7, signed=True)
OUTPUT = Segment(kind="output", tensor="y", start=2, count=1, shape=(1, 1), dtype="float", scale=14, signed=True)
TAG = Segment(kind="binding", tensor="", start=3, count=1, shape=(), dtype="int", scale=0, signed=False)


@pytest.fixture(scope="module")
def bundle(tiny_bundle) -> Bundle:
    return replace(tiny_bundle[1], segments=(INPUT, OUTPUT, TAG), bounds=((-0.7, 1.0),))


def test_bounds_are_moved_outward_to_whole_field_elements(bundle: Bundle):
    assert ranges_of(bundle, {"y": (-1.0, 0.5), "x": (-0.701, 0.701)}) == (
        InstanceRange(start=0, count=2, low=-90, high=90),
        InstanceRange(start=2, count=1, low=-(2**14), high=2**13),
    )


def test_without_numbers_an_input_keeps_to_what_it_was_calibrated_on(bundle: Bundle):
    assert ranges_of(bundle, {"x": None}) == (InstanceRange(start=0, count=2, low=-90, high=128),)
    assert ranges_of(bundle, {}) == ()


@given(low=st.floats(-1e6, 1e6), high=st.floats(-1e6, 1e6), share=st.floats(0, 1))
def test_no_value_between_the_bounds_is_left_out(bundle: Bundle, low: float, high: float, share: float):
    low, high = sorted((low, high))
    (found,) = ranges_of(bundle, {"x": (low, high)})
    value = min(max(low + share * (high - low), low), high)
    assert found.low <= round(value * 2**7) <= found.high


@pytest.mark.parametrize(
    ("bounds", "reason"),
    [
        ({"z": (0, 1)}, "show the tensors x, y"),
        ({"tag": (0, 1)}, "no range"),
        ({"x": (1, 0)}, "is empty"),
        ({"x": (0, math.nan)}, "is empty"),
        ({"x": (-math.inf, 0)}, "is empty"),
        ({"x": (-1e30, 0)}, "wider"),
        ({"y": None}, "an output"),
    ],
)
def test_what_is_no_range_is_refused(bundle: Bundle, bounds, reason: str):
    with pytest.raises(UsageError, match=reason):
        ranges_of(bundle, bounds)
