"""The form with narrow tables answers as the model it is of, or does not exist."""

import itertools

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.support.zoo_graphs import graph, node, single
from zkchain.model import evaluate, with_narrow_tables
from zkchain.model.load import normalise

_SHAPE = (2, 3)
_LAYERS = {"LSTM": 4, "GRU": 3, "RNN": 1}
_STATES = {"LSTM": ["y", "h", "c"], "GRU": ["y", "h"], "RNN": ["y", "h"]}


def operators(model):
    return {name for name, _ in model.spec.operators}


def assert_narrow(model, *samples, within=1e-5):
    """The narrow form, after a comparison of its answers with the model's."""
    whole = normalise(model, "model", {})
    narrow = with_narrow_tables(whole)
    assert narrow is not None
    assert narrow.spec.inputs == whole.spec.inputs
    assert narrow.spec.outputs == whole.spec.outputs
    for one, other in zip(evaluate(whole, samples), evaluate(narrow, samples), strict=True):
        for expected, found in zip(one, other, strict=True):
            np.testing.assert_allclose(found, expected, rtol=within, atol=within)
    return narrow


def values(shape):
    return arrays(np.float32, shape, elements=st.floats(-30, 30, width=32))


@pytest.mark.parametrize("operator", ["Elu", "Exp", "LogSoftmax", "Sigmoid", "Softmax", "Softplus", "Tanh"])
@settings(max_examples=40, deadline=None)
@given(x=values(_SHAPE))
def test_any_input_has_the_answer_of_the_whole_form(operator, x):
    narrow = assert_narrow(single(operator, _SHAPE)(), (x,), within=2e-5)
    assert not operators(narrow) & {"Elu", "Exp", "Sigmoid", "Softmax", "Softplus", "Tanh"}


@settings(max_examples=40, deadline=None)
@given(x=values(_SHAPE))
def test_erf_is_followed_to_four_digits(x):
    assert_narrow(single("Erf", _SHAPE)(), (x,), within=5e-5)


@pytest.mark.parametrize("alpha", [0.1, 1.0, 3.0])
def test_the_slope_of_elu(alpha):
    assert_narrow(single("Elu", _SHAPE, alpha=alpha)(), (np.linspace(-9, 9, 6).reshape(_SHAPE).astype(np.float32),))


@pytest.mark.parametrize(("axis", "size"), [*itertools.product([0, 1, 2, -1], [1, 2, 3, 5, 8])])
def test_softmax_along_any_axis_of_any_size(axis, size):
    shape = [2, 2, 2]
    shape[axis] = size
    x = np.random.default_rng(size).normal(size=shape).astype(np.float32) * 5
    narrow = assert_narrow(single("Softmax", tuple(shape), axis=axis)(), (x,))
    assert not operators(narrow) & {"ReduceMax", "Max"}


@pytest.mark.parametrize("opset", [9, 11, 12, 13, 17, 20])
@pytest.mark.parametrize("operator", ["Softmax", "LogSoftmax"])
def test_softmax_of_any_opset(opset, operator):
    model = single(operator, (2, 3, 2), axis=1)()
    model.opset_import[0].version = opset
    assert_narrow(model, (np.random.default_rng(0).normal(size=(2, 3, 2)).astype(np.float32),))


def layer(operator, direction, *, states, **attributes):
    """A recurrent layer of 4 steps, batches of 2 and 3 hidden values."""
    ways, gates, hidden, width = 1 + (direction == "bidirectional"), _LAYERS[operator], 3, 2
    random = np.random.default_rng(1)
    shapes = {"w": (ways, gates * hidden, width), "r": (ways, gates * hidden, hidden), "b": (ways, 2 * gates * hidden)}
    weights = {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    inputs, names = {"x": (4, 2, width)}, ["x", "w", "r", "b"]
    if states:
        own = ["h0", "c0"][: len(_STATES[operator]) - 1]
        inputs |= dict.fromkeys(own, (ways, 2, hidden))
        names += ["", *own]
    outputs = {name: (4, ways, 2, hidden) if name == "y" else (ways, 2, hidden) for name in _STATES[operator]}
    made = node(operator, names, list(outputs), direction=direction, hidden_size=hidden, **attributes)
    samples = tuple(random.normal(size=shape).astype(np.float32) for shape in inputs.values())
    return graph([made], inputs, outputs, weights), samples


@pytest.mark.parametrize("states", [False, True])
@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize(
    ("operator", "attributes"),
    [("LSTM", {}), ("GRU", {}), ("GRU", {"linear_before_reset": 1}), ("RNN", {}), ("LSTM", {"input_forget": 0})],
)
def test_recurrent_layers_are_written_out(operator, attributes, direction, states):
    model, sample = layer(operator, direction, states=states, **attributes)
    assert operator not in operators(assert_narrow(model, sample))


@pytest.mark.parametrize(
    "attributes",
    [{"clip": 1.0}, {"input_forget": 1}, {"activations": ["HardSigmoid", "Tanh", "Tanh"]}],
    ids=lambda given: next(iter(given)),
)
def test_a_layer_that_is_not_written_out_stays_as_it_is(attributes):
    model, _ = layer("LSTM", "forward", states=False, **attributes)
    assert with_narrow_tables(normalise(model, "model", {})) is None


@pytest.mark.parametrize("operator", ["Relu", "Neg", "Sqrt"])
def test_a_model_without_exponentials_has_no_narrow_form(operator):
    assert with_narrow_tables(normalise(single(operator, _SHAPE)(), "model", {})) is None


def test_a_layer_without_exponentials_has_no_narrow_form():
    model, _ = layer("RNN", "forward", states=False, activations=["Relu"])
    assert with_narrow_tables(normalise(model, "model", {})) is None


def test_doubles_are_left_alone():
    x = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.DOUBLE, _SHAPE)
    y = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.DOUBLE, _SHAPE)
    made = onnx.helper.make_graph([node("Tanh", ["x"], ["y"])], "g", [x], [y])
    model = onnx.helper.make_model(made, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    assert with_narrow_tables(normalise(model, "model", {})) is None


def test_the_same_model_has_the_same_narrow_form():
    whole = normalise(layer("LSTM", "bidirectional", states=True)[0], "model", {})
    assert with_narrow_tables(whole).onnx == with_narrow_tables(whole).onnx
