"""Largest and smallest elements by comparing: the same answers, ties included, without an operator that sorts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.zoo_graphs import INT, graph, node
from zkchain.model import evaluate, simplified
from zkchain.model.load import normalise

_SHAPES = [((2, 5), 1), ((2, 5), 0), ((3, 4, 7), 2), ((1, 1), 1), ((2, 1), 1), ((1, 10), -1), ((6,), 0)]
_SORTED = {"ArgMax", "ArgMin", "ReduceMax", "ReduceMin", "Max", "Min", "Clip"}


def both(nodes, shape, weights=None, *, opset=18, kinds=None):
    made = graph(nodes, {"x": shape}, {"y": None}, weights or {}, opset=opset, kinds=kinds)
    whole = normalise(made, "model", {})
    found = simplified(whole)
    assert found is not whole
    assert not _SORTED & {name for name, _ in found.spec.operators}
    assert found.spec.outputs == whole.spec.outputs
    return whole, found


def assert_equal_answers(whole, found, samples, **tolerance):
    for one, other in zip(evaluate(whole, samples), evaluate(found, samples), strict=True):
        np.testing.assert_allclose(other[0], one[0], **tolerance)


def with_ties(shape, count=12):
    random = np.random.default_rng(5)
    return [(random.integers(-2, 3, shape).astype(np.float32),) for _ in range(count)]


@pytest.mark.parametrize("operator", ["ArgMax", "ArgMin"])
@pytest.mark.parametrize("keepdims", [0, 1])
@pytest.mark.parametrize(("shape", "axis"), _SHAPES)
def test_of_equals_the_first_place_is_the_answer(operator, shape, axis, keepdims):
    whole, found = both([node(operator, ["x"], ["y"], axis=axis, keepdims=keepdims)], shape, kinds={"y": INT})
    assert_equal_answers(whole, found, with_ties(shape), rtol=0)


@pytest.mark.parametrize("labels", [[3, -1, 7, 0, 9], [0, 1, 2, 3, 4]])
def test_a_label_is_carried_along_instead_of_looked_up(labels):
    nodes = [node("ArgMax", ["x"], ["place"], axis=1, keepdims=0), node("Gather", ["labels", "place"], ["y"])]
    whole, found = both(nodes, (2, 5), {"labels": np.asarray(labels, np.int64)}, kinds={"y": INT})
    assert "ArgMax" in dict(whole.spec.operators)
    assert_equal_answers(whole, found, with_ties((2, 5)), rtol=0)


def test_a_place_that_others_use_too_is_kept():
    nodes = [
        node("ArgMax", ["x"], ["place"], axis=1, keepdims=0),
        node("Gather", ["labels", "place"], ["label"]),
        node("Add", ["label", "place"], ["y"]),
    ]
    whole, found = both(nodes, (2, 5), {"labels": np.asarray([3, -1, 7, 0, 9], np.int64)}, kinds={"y": INT})
    assert_equal_answers(whole, found, with_ties((2, 5)), rtol=0)


def test_the_last_of_equals_is_left_to_the_engine():
    last = node("ArgMax", ["x"], ["y"], axis=1, select_last_index=1)
    made = graph([last], {"x": (2, 5)}, {"y": None}, kinds={"y": INT})
    whole = normalise(made, "model", {})
    assert simplified(whole) is whole


@pytest.mark.parametrize("operator", ["ReduceMax", "ReduceMin"])
@pytest.mark.parametrize("keepdims", [0, 1])
@pytest.mark.parametrize(("axes", "opset"), [([1], 18), ([0, -1], 18), ([], 18), ([1], 13), ([0, 1], 13), ([], 13)])
def test_extremes_of_axes(operator, keepdims, axes, opset):
    attributes, weights, inputs = {"keepdims": keepdims}, {}, ["x"]
    if axes and opset >= 18:
        weights, inputs = {"axes": np.asarray(axes, np.int64)}, ["x", "axes"]
    elif axes:
        attributes["axes"] = axes
    whole, found = both([node(operator, inputs, ["y"], **attributes)], (3, 5, 2), weights, opset=opset)
    assert_equal_answers(whole, found, with_ties((3, 5, 2)), rtol=1e-6)


@pytest.mark.parametrize("operator", ["Max", "Min"])
def test_extremes_of_several_tensors(operator):
    weights = {"a": np.asarray([0.5, -1.5, 2], np.float32), "b": np.asarray(0.25, np.float32)}
    whole, found = both([node(operator, ["x", "a", "b"], ["y"])], (2, 3), weights)
    assert_equal_answers(whole, found, with_ties((2, 3)), rtol=1e-6)


@given(low=st.none() | st.floats(-4, 0, width=32), high=st.none() | st.floats(0, 4, width=32))
def test_clip_with_either_bound_both_or_none(low, high):
    bounds = {name: np.float32(value) for name, value in (("low", low), ("high", high)) if value is not None}
    inputs = ["x", "low" if low is not None else "", *(["high"] if high is not None else [])]
    whole, found = both([node("Clip", inputs, ["y"])], (2, 3), bounds)
    samples = [(np.random.default_rng(7).normal(size=(2, 3), scale=4).astype(np.float32),)]
    assert_equal_answers(whole, found, samples, rtol=1e-6, atol=1e-6)


def test_a_clip_bounded_by_attributes():
    whole, found = both([node("Clip", ["x"], ["y"], min=-0.5, max=1.0)], (2, 3), opset=10)
    assert_equal_answers(whole, found, with_ties((2, 3)), rtol=1e-6)
