"""Rewrites that always pay: the same answers by fewer nodes, or the model as it is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.zoo import PROVING
from tests.support.zoo_graphs import graph, node, random_weights, single
from zkchain.model import evaluate, simplified
from zkchain.model.load import normalise

_SCALE = (1 + np.arange(3, dtype=np.float32)) / 2
_SHIFT = np.asarray([0.5, -1, 2], np.float32)


def model_of(nodes, weights, *, inputs=(2, 4), outputs=("y",), opset=18):
    made = graph(nodes, {"x": inputs}, dict.fromkeys(outputs), weights, opset=opset)
    return normalise(made, "model", {})


def assert_simplified(whole, *, gone=()):
    found = simplified(whole)
    assert found is not whole
    assert not set(gone) & {name for name, _ in found.spec.operators}
    assert found.spec.inputs == whole.spec.inputs
    assert found.spec.outputs == whole.spec.outputs
    sample = (np.random.default_rng(3).normal(size=whole.spec.inputs[0].shape).astype(np.float32),)
    for one, other in zip(evaluate(whole, [sample])[0], evaluate(found, [sample])[0], strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-4, atol=1e-5)
    return found


def product(operator, **attributes):
    """A product with a bias, by Gemm or by MatMul and Add, from x to h."""
    transposed = attributes.get("transB", 0)
    weights = {"w": random_weights(*((3, 4) if transposed else (4, 3))), "c": random_weights(3, seed=1)}
    if operator == "Gemm":
        return [node("Gemm", ["x", "w", "c"], ["h"], **attributes)], weights
    return [node("MatMul", ["x", "w"], ["g"]), node("Add", ["g", "c"], ["h"])], weights


@pytest.mark.parametrize("last", ["Mul", "Div", "Add", "Sub"])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("operator", "attributes"),
    [("MatMul", {}), ("Gemm", {}), ("Gemm", {"transB": 1}), ("Gemm", {"alpha": 0.5, "beta": 2.0})],
)
def test_a_scale_or_shift_after_a_product_goes_into_it(operator, attributes, last, turned):
    nodes, weights = product(operator, **attributes)
    whole = model_of([*nodes, node(last, ["k", "h"] if turned else ["h", "k"], ["y"])], {**weights, "k": _SCALE})
    if last == "Div" and turned:
        found = simplified(whole)
        assert "Div" in dict(found.spec.operators)
    else:
        found = assert_simplified(whole, gone=[last] if last not in ("Add", "Sub") else ["Sub", "Gemm"])
        assert dict(found.spec.operators) == {"MatMul": 1, "Add": 1}


def test_a_batch_normalisation_after_a_product_goes_into_it():
    nodes, weights = product("Gemm")
    parts = {"s": _SCALE, "b": _SHIFT, "m": _SHIFT, "v": _SCALE}
    whole = model_of([*nodes, node("BatchNormalization", ["h", *parts], ["y"])], {**weights, **parts})
    assert_simplified(whole, gone=["BatchNormalization"])


def test_a_scaler_before_a_product_goes_into_it():
    weights = {"m": np.asarray([1, 0, -1, 0.5], np.float32), "d": np.asarray([2, 0.5, 1, 3], np.float32)}
    nodes, own = product("Gemm")
    nodes[0].input[0] = "e"
    scaler = [node("Sub", ["x", "m"], ["d0"]), node("Div", ["d0", "d"], ["e"])]
    assert_simplified(model_of([*scaler, *nodes], {**weights, **own}, outputs=("h",)), gone=["Sub", "Div"])


@pytest.mark.parametrize("scale", [0.001, 1000.0])
def test_a_scaler_that_would_cost_digits_stays(scale):
    nodes, weights = product("Gemm")
    nodes[0].input[0] = "e"
    whole = model_of([node("Mul", ["x", "k"], ["e"]), *nodes], {**weights, "k": np.float32(scale)}, outputs=("h",))
    assert simplified(whole) is whole


@pytest.mark.parametrize(
    ("nodes", "outputs"),
    [
        ([node("Mul", ["h", "k"], ["y"])], ("h", "y")),
        ([node("Mul", ["h", "k"], ["m"]), node("Add", ["m", "h"], ["y"])], ("y",)),
        ([node("Mul", ["h", "h"], ["y"])], ("y",)),
        ([node("Mul", ["h", "column"], ["y"])], ("y",)),
    ],
    ids=["the product is an output", "the product is used twice", "the scale is computed", "another axis"],
)
def test_what_is_used_otherwise_is_not_folded(nodes, outputs):
    made, weights = product("Gemm")
    constants = {"k": _SCALE, "column": np.asarray([[2], [3]], np.float32)}
    whole = model_of([*made, *nodes], {**weights, **constants}, outputs=outputs)
    assert simplified(whole) is whole


def test_a_product_and_a_shift_are_all_that_there_is():
    nodes, weights = product("MatMul")
    whole = model_of(nodes, weights, outputs=("h",))
    assert simplified(whole) is whole


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_max_pool_is_found_by_comparing(data):
    rank = data.draw(st.integers(1, 2))
    kernel = [data.draw(st.integers(1, 3)) for _ in range(rank)]
    pads = [data.draw(st.integers(0, size - 1)) for size in kernel * 2]
    strides = [data.draw(st.integers(1, 3)) for _ in range(rank)]
    shape = (1, 2, *(data.draw(st.integers(3, 6)) for _ in range(rank)))
    whole = normalise(single("MaxPool", shape, kernel_shape=kernel, pads=pads, strides=strides)(), "model", {})
    assert_simplified(whole, gone=["MaxPool"])


@pytest.mark.parametrize("attributes", [{"ceil_mode": 1}, {"dilations": [2, 2]}, {"auto_pad": "SAME_LOWER"}])
def test_other_pools_stay(attributes):
    whole = normalise(single("MaxPool", (1, 1, 6, 6), kernel_shape=[2, 2], strides=[2, 2], **attributes)(), "model", {})
    assert simplified(whole) is whole


def test_maxima_are_taken_before_relu():
    nodes = [node("Relu", ["x"], ["r"]), node("MaxPool", ["r"], ["y"], kernel_shape=[2, 2], strides=[2, 2])]
    found = assert_simplified(model_of(nodes, {}, inputs=(1, 2, 4, 4)), gone=["MaxPool"])
    assert "Relu x1 is computed after the maximum" in found.spec.notes


def test_a_relu_that_something_else_uses_stays_before_the_pool():
    nodes = [
        node("Relu", ["x"], ["r"]),
        node("MaxPool", ["r"], ["y"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Neg", ["r"], ["z"]),
    ]
    found = assert_simplified(model_of(nodes, {}, inputs=(1, 2, 4, 4), outputs=("y", "z")))
    assert "Relu x1 is computed after the maximum" not in found.spec.notes


_CONV = {"w": random_weights(3, 2, 2, 2), "c": random_weights(3, seed=1)}
_WINDOW = {"kernel_shape": [2, 2], "strides": [2, 2]}


def averaged(*between, product=None, outputs=("y",), **pool):
    """An average over windows of x, what is given, and a product by weights."""
    nodes = [node("AveragePool", ["x"], ["h"], **{**_WINDOW, **pool}), *between]
    product = product or node("Conv", [nodes[-1].output[0], "w", "c"], ["y"], kernel_shape=[2, 2])
    return model_of([*nodes, product], _CONV, inputs=(1, 2, 6, 6), outputs=outputs)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 3), min_size=2, max_size=2), st.lists(st.integers(1, 2), min_size=2, max_size=2))
def test_an_average_before_a_product_is_a_sum_where_weights_can_take_the_division(kernel, strides):
    whole = averaged(kernel_shape=kernel, strides=strides)
    if 1 < kernel[0] * kernel[1] <= 4:
        assert_simplified(whole, gone=["AveragePool"])
    else:
        assert simplified(whole) is whole


@pytest.mark.parametrize("operator", ["Gemm", "MatMul"])
def test_the_division_passes_what_scales_with_its_input(operator):
    nodes = [
        node("Relu", ["x"], ["r"]),
        node("AveragePool", ["r"], ["h"], **_WINDOW),
        node("LeakyRelu", ["h"], ["l"], alpha=0.1),
        node("AveragePool", ["l"], ["k"], **_WINDOW),
        node("Flatten", ["k"], ["f"]),
        node(operator, ["f", "w", "c"][: 3 if operator == "Gemm" else 2], ["y"]),
    ]
    whole = model_of(nodes, {"w": random_weights(8, 3), "c": random_weights(3, seed=1)}, inputs=(1, 2, 8, 8))
    found = assert_simplified(whole, gone=["AveragePool"])
    assert "AveragePool x2 is computed as a sum, its division by the weights behind it" in found.spec.notes


@pytest.mark.parametrize(
    "whole",
    [
        averaged(pads=[1, 1, 1, 1], count_include_pad=1),
        averaged(ceil_mode=1),
        averaged(node("Tanh", ["h"], ["t"])),
        averaged(outputs=("y", "h")),
        averaged(product=node("Add", ["h", "h"], ["y"])),
    ],
    ids=["padded", "rounded up", "no scale passes", "an output", "no product"],
)
def test_other_averages_stay(whole):
    assert "AveragePool" in dict(simplified(whole).spec.operators)


def test_weights_that_something_else_uses_are_not_scaled_for_it():
    nodes = [
        node("AveragePool", ["x"], ["h"], **_WINDOW),
        node("Conv", ["h", "w", "c"], ["y"], kernel_shape=[2, 2]),
        node("Conv", ["x", "w", "c"], ["z"], kernel_shape=[2, 2]),
    ]
    assert_simplified(model_of(nodes, _CONV, inputs=(1, 2, 6, 6), outputs=("y", "z")), gone=["AveragePool"])


@pytest.mark.parametrize("entry", [entry for entry in PROVING if not entry.external], ids=lambda entry: entry.name)
def test_a_zoo_model_answers_as_before(entry):
    whole = normalise(entry.build(), "model", entry.dims)
    found = simplified(whole)
    for sample in entry.samples(4, seed=2):
        ordered = tuple(sample[tensor.name].reshape(tensor.shape) for tensor in whole.spec.inputs)
        for one, other in zip(evaluate(whole, [ordered])[0], evaluate(found, [ordered])[0], strict=True):
            np.testing.assert_allclose(other.astype(float), one.astype(float), rtol=1e-4, atol=1e-4)
