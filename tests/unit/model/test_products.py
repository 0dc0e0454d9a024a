"""Convolutions as matrix products: the same answers, or left as they are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.zoo_graphs import graph, node, random_weights, single
from zkchain.model import evaluate, with_matrix_products
from zkchain.model.load import normalise


def convolution(shape, kernel, *, bias=True, opset=18, **attributes):
    """One convolution, normalised; its filters are 3."""
    weights = [random_weights(3, shape[1], *kernel), *([random_weights(3, seed=1)] if bias else [])]
    return normalise(single("Conv", shape, weights, opset=opset, **attributes)(), "model", {})


def assert_same(whole):
    products = with_matrix_products(whole)
    assert "Conv" not in dict(products.spec.operators)
    assert products.spec.outputs == whole.spec.outputs
    sample = (np.random.default_rng(2).normal(size=whole.spec.inputs[0].shape).astype(np.float32),)
    for one, other in zip(evaluate(whole, [sample])[0], evaluate(products, [sample])[0], strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-4, atol=1e-5)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_convolution_of_one_sample_has_the_same_answers(data):
    rank = data.draw(st.integers(1, 3))
    kernel = [data.draw(st.integers(1, 3)) for _ in range(rank)]
    sizes = [data.draw(st.integers(size + 2, 7)) for size in kernel]
    pads = [data.draw(st.integers(0, 2)) for _ in range(2 * rank)]
    strides = [data.draw(st.integers(1, 3)) for _ in range(rank)]
    shape = (1, data.draw(st.integers(1, 3)), *sizes)
    places = [
        (size + before + after - width) // step + 1
        for size, width, step, before, after in zip(sizes, kernel, strides, pads[:rank], pads[rank:], strict=True)
    ]
    whole = convolution(shape, kernel, bias=data.draw(st.booleans()), pads=pads, strides=strides)
    if np.prod(places) == 1:
        assert with_matrix_products(whole) is whole  # a vector times a matrix is not checked for less
    else:
        assert_same(whole)


@pytest.mark.parametrize("opset", [9, 11, 13, 20])
def test_padding_of_any_opset(opset):
    assert_same(convolution((1, 2, 5, 5), (3, 3), opset=opset, pads=[1, 0, 2, 1]))


def test_dilated_filters():
    assert_same(convolution((1, 2, 7, 7), (2, 2), dilations=[2, 3]))


@pytest.mark.parametrize(
    ("shape", "attributes"),
    [
        ((2, 2, 5, 5), {}),
        ((1, 2, 5, 5), {"auto_pad": "SAME_UPPER"}),
        ((1, 2, 3, 3), {}),
    ],
    ids=["a batch", "padding to be worked out", "one place"],
)
def test_other_convolutions_stay(shape, attributes):
    whole = convolution(shape, (3, 3), **attributes)
    assert with_matrix_products(whole) is whole


def test_groups_stay():
    weights = {"w": random_weights(4, 1, 3, 3)}
    made = graph([node("Conv", ["x", "w"], ["y"], group=4)], {"x": (1, 4, 5, 5)}, {"y": None}, weights)
    whole = normalise(made, "model", {})
    assert with_matrix_products(whole) is whole


def test_a_model_without_convolutions_is_its_own_form():
    whole = normalise(single("Relu", (1, 3))(), "model", {})
    assert with_matrix_products(whole) is whole
