"""Chains of affine operators fold into one matrix, which gives what onnxruntime gives; the rest is refused by name."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from tests.support.he_models import model
from zkchain.errors import ModelInvalid, TooDeep, UnsupportedOperator, UnsupportedType
from zkchain.model import evaluate, load_model
from zkchain.model.load import normalise
from zkchain.training.he.affine import Affine, variables
from zkchain.training.he.measure import finish, rows_of
from zkchain.training.he.network import described, read_network

WIDTH = 6


class Chain:
    """Appends nodes to one tensor of which the shape is kept."""

    def __init__(self) -> None:
        self.nodes, self.weights, self.name, self.shape = [], {}, "x", (1, WIDTH)
        self._drawn = np.random.default_rng(5)

    def weight(self, shape, *, whole=None):
        name = f"{'i_' if whole is not None else 'w_'}{len(self.weights)}"
        self.weights[name] = whole if whole is not None else self._drawn.uniform(0.5, 1.5, shape)
        return name

    def add(self, operator, inputs, shape=None, **attributes):
        output = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        self.name, self.shape = output, shape or self.shape

    def model(self):
        made = model(
            [*self.nodes, helper.make_node("Identity", [self.name], ["y"])], self.weights, [1, WIDTH], self.shape
        )
        return normalise(made, "chain", {})


STEPS = {
    "add": lambda c: c.add("Add", [c.name, c.weight((WIDTH,))]),
    "add one": lambda c: c.add("Add", [c.weight(()), c.name]),
    "sum": lambda c: c.add("Sum", [c.name, c.weight((1, 1)), c.name]),
    "sub": lambda c: c.add("Sub", [c.name, c.weight((1, WIDTH))]),
    "sub from": lambda c: c.add("Sub", [c.weight((WIDTH,)), c.name]),
    "mul": lambda c: c.add("Mul", [c.weight((WIDTH,)), c.name]),
    "div": lambda c: c.add("Div", [c.name, c.weight((WIDTH,))]),
    "neg": lambda c: c.add("Neg", [c.name]),
    "twice": lambda c: c.add("Add", [c.name, c.name]),
    "dropout": lambda c: c.add("Dropout", [c.name]),
    "matmul": lambda c: c.add("MatMul", [c.name, c.weight((WIDTH, WIDTH))]),
    "matmul left": lambda c: c.add("MatMul", [c.weight((1, 1)), c.name]),
    "gemm": lambda c: c.add(
        "Gemm", [c.name, c.weight((WIDTH, WIDTH)), c.weight((WIDTH,))], alpha=0.5, beta=2.0, transB=1
    ),
    "gemm bare": lambda c: c.add("Gemm", [c.name, c.weight((WIDTH, WIDTH))]),
    "norm": lambda c: c.add("BatchNormalization", [c.name, *(c.weight((WIDTH,)) for _ in range(4))]),
    "flatten": lambda c: c.add("Flatten", [c.name]),
    "gather": lambda c: c.add("Gather", [c.name, c.weight(None, whole=[3, 1, 0, 2, 5, 4])], axis=1),
    "gather last": lambda c: c.add("Gather", [c.name, c.weight(None, whole=[-1, 1, 0, 2, 5, 4])], axis=-1),
    "cast": lambda c: (
        c.add("Cast", [c.name], to=TensorProto.DOUBLE),
        c.add("Cast", [c.name], to=TensorProto.FLOAT),
    ),
    "round trip": lambda c: (
        c.add("Reshape", [c.name, c.weight(None, whole=[2, 3])], (2, 3)),
        c.add("Transpose", [c.name], (3, 2)),
        c.add("MatMul", [c.name, c.weight((2, 2))]),
        c.add("Reshape", [c.name, c.weight(None, whole=[1, WIDTH])], (1, WIDTH)),
    ),
    "in and out": lambda c: (
        c.add("Unsqueeze", [c.name, c.weight(None, whole=[0])], (1, 1, WIDTH)),
        c.add("Squeeze", [c.name, c.weight(None, whole=[1])], (1, WIDTH)),
    ),
    "concat": lambda c: (
        c.add("Concat", [c.name, c.weight((1, 2))], (1, WIDTH + 2), axis=-1),
        c.add("MatMul", [c.name, c.weight((WIDTH + 2, WIDTH))], (1, WIDTH)),
    ),
}


def check_against_onnxruntime(made, network):
    rows = np.random.default_rng(1).normal(size=(3, WIDTH)).astype(np.float32)
    *_, scores = network.pre_activations(rows.astype(np.float64))
    wanted = evaluate(made, [(row[None],) for row in rows])
    for got, expected in zip(finish(network, scores), wanted, strict=True):
        assert np.allclose(got[0], expected[0], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("step", STEPS)
def test_every_affine_operator_is_folded(step):
    chain = Chain()
    STEPS[step](chain)
    made = chain.model()
    network = read_network(made)
    assert [layer.activation for layer in network.layers] == [None]
    check_against_onnxruntime(made, network)


@given(st.lists(st.sampled_from(sorted(STEPS)), min_size=2, max_size=6))
@settings(max_examples=25, deadline=None)
def test_chains_of_affine_operators_are_one_layer(steps):
    chain = Chain()
    for step in steps:
        STEPS[step](chain)
    made = chain.model()
    network = read_network(made)
    assert len(network.layers) == 1
    check_against_onnxruntime(made, network)


@pytest.mark.parametrize(
    ("name", "activation"),
    [("Relu", "Relu"), ("Tanh", "Tanh"), ("Sigmoid", "Sigmoid"), ("Mul", "Square"), ("Pow", "Square")],
)
def test_activations_part_the_layers(name, activation):
    chain = Chain()
    STEPS["matmul"](chain)
    second = {"Mul": [chain.name], "Pow": [chain.weight((1,))]}.get(name, [])
    if name == "Pow":
        chain.weights[second[0]] = np.array([2.0])
    chain.add(name, [chain.name, *second])
    STEPS["gemm"](chain)
    made = chain.model()
    network = read_network(made)
    assert [layer.activation for layer in network.layers] == [activation, None]
    assert described(network)[0] == {"inputs": WIDTH, "outputs": WIDTH, "activation": activation}
    check_against_onnxruntime(made, network)


@pytest.mark.parametrize(
    "closing",
    [
        [("Sigmoid", {})],
        [("Softmax", {"axis": 1})],
        [("LogSoftmax", {"axis": 1})],
        [("Relu", {})],
        [("Tanh", {}), ("Neg", {})],
        [("Softmax", {"axis": 1}), ("Abs", {})],
    ],
    ids=lambda closing: closing[0][0],
)
def test_what_follows_the_last_weights_is_left_to_the_client(closing):
    chain = Chain()
    STEPS["matmul"](chain)
    for operator, attributes in closing:
        chain.add(operator, [chain.name], **attributes)
    made = chain.model()
    network = read_network(made)
    assert len(network.layers) == 1
    check_against_onnxruntime(made, network)


def test_scores_and_what_is_made_of_them_can_both_be_outputs():
    chain = Chain()
    STEPS["matmul"](chain)
    nodes = [
        *chain.nodes,
        helper.make_node("Identity", [chain.name], ["y"]),
        helper.make_node("ArgMax", ["y"], ["label"], axis=1),
    ]
    proto = model(nodes, chain.weights, [1, WIDTH], [1, WIDTH])
    proto.graph.output.append(helper.make_tensor_value_info("label", TensorProto.INT64, [1, 1]))
    made = normalise(proto, "two", {})
    network = read_network(made)
    rows = np.random.default_rng(2).normal(size=(4, WIDTH)).astype(np.float32)
    *_, scores = network.pre_activations(rows.astype(np.float64))
    wanted = evaluate(made, [(row[None],) for row in rows])
    for got, expected in zip(finish(network, scores), wanted, strict=True):
        assert np.allclose(got[0], expected[0], atol=1e-5)
        assert got[1].tolist() == expected[1].tolist()


REFUSED = {
    "Erf": lambda c: (c.add("Erf", [c.name]), STEPS["matmul"](c)),
    "Exp": lambda c: (c.add("Exp", [c.name]), STEPS["matmul"](c)),
    "Pow": lambda c: (c.add("Pow", [c.name, c.weight((1,))]), STEPS["matmul"](c)),
    "Softmax": lambda c: (c.add("Softmax", [c.name]), STEPS["matmul"](c)),
    "Div": lambda c: (c.add("Div", [c.weight((WIDTH,)), c.name]), STEPS["matmul"](c)),
    "ReduceMax": lambda c: (
        c.add("ReduceMax", [c.name], (1, 1), axes=[1]),
        c.add("MatMul", [c.name, c.weight((1, WIDTH))], (1, WIDTH)),
    ),
}


@pytest.mark.parametrize("operator", REFUSED)
def test_an_operator_that_cannot_be_encrypted_is_named(operator):
    chain = Chain()
    STEPS["matmul"](chain)
    REFUSED[operator](chain)
    with pytest.raises(UnsupportedOperator, match=operator) as refused:
        read_network(chain.model())
    assert refused.value.facts["operator"] == operator


def test_a_connection_past_an_activation_is_refused():
    chain = Chain()
    STEPS["matmul"](chain)
    before = chain.name
    chain.add("Relu", [before])
    chain.add("Add", [chain.name, before])
    STEPS["matmul"](chain)
    with pytest.raises(UnsupportedOperator, match="Add"):
        read_network(chain.model())


def test_an_output_from_before_an_activation_is_refused():
    chain = Chain()
    STEPS["matmul"](chain)
    chain.nodes.append(helper.make_node("Identity", [chain.name], ["early"]))
    chain.add("Relu", [chain.name])
    STEPS["matmul"](chain)
    proto = model(
        [*chain.nodes, helper.make_node("Identity", [chain.name], ["y"])], chain.weights, [1, WIDTH], [1, WIDTH]
    )
    proto.graph.output.append(helper.make_tensor_value_info("early", TensorProto.FLOAT, [1, WIDTH]))
    with pytest.raises(UnsupportedOperator, match="early"):
        read_network(normalise(proto, "early", {}))


def test_two_activations_side_by_side_are_refused():
    chain = Chain()
    STEPS["matmul"](chain)
    before = chain.name
    chain.add("Relu", [before])
    left = chain.name
    chain.add("Tanh", [before])
    chain.add("Add", [left, chain.name])
    STEPS["matmul"](chain)
    with pytest.raises(UnsupportedOperator, match="second activation"):
        read_network(chain.model())


def test_an_input_of_whole_numbers_is_refused():
    nodes = [helper.make_node("Cast", ["x"], ["f"], to=TensorProto.FLOAT), helper.make_node("Add", ["f", "f"], ["y"])]
    proto = model([helper.make_node("Identity", ["x"], ["y"])], {}, [1, WIDTH], [1, WIDTH])
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)
    proto.graph.input[0].type.tensor_type.elem_type = TensorProto.INT64
    with pytest.raises(UnsupportedType, match="'x' is INT64"):
        read_network(normalise(proto, "whole", {}))


def test_a_model_that_ignores_its_input_is_refused():
    proto = model(
        [helper.make_node("Shape", ["x"], ["s"]), helper.make_node("Cast", ["s"], ["y"], to=TensorProto.FLOAT)],
        {},
        [1, WIDTH],
        [2],
    )
    with pytest.raises((ModelInvalid, UnsupportedOperator)):
        read_network(normalise(proto, "constant", {}))


def test_layers_too_wide_to_follow_are_refused():
    with pytest.raises(TooDeep, match="coefficients"):
        variables((1, 5000), 0, 5000, 0)
    with pytest.raises(TooDeep, match="coefficients"):
        Affine(np.zeros((1, 2)), 0).with_values(np.broadcast_to(np.zeros(1), (2**25,)))


def test_samples_become_rows_in_the_order_of_the_inputs():
    samples = [(np.ones((1, 2)), np.zeros(1)), (np.full((1, 2), 3), np.ones(1))]
    assert rows_of(samples).tolist() == [[1, 1, 0], [3, 3, 1]]


def test_weights_in_64_bits_keep_what_32_would_lose():
    chain = Chain()
    chain.weights["w_0"] = np.full((WIDTH,), 1e4)
    chain.add("Add", [chain.name, "w_0"])
    chain.add("Sub", [chain.name, "w_0"])
    (layer,) = read_network(chain.model()).layers
    assert np.array_equal(layer.matrix, np.eye(WIDTH))
    assert not layer.bias.any()


SHIPPED = sorted(path for path in Path(__file__).resolve().parents[3].glob("examples/*/*.onnx"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_the_example_models_are_read(path):
    made = load_model(path)
    network = read_network(made)
    shapes = [tensor.shape for tensor in made.spec.inputs]
    drawn = np.random.default_rng(3)
    samples = [tuple(drawn.uniform(0, 1, shape).astype(np.float32) for shape in shapes) for _ in range(3)]
    *_, scores = network.pre_activations(rows_of(samples))
    for got, expected in zip(finish(network, scores), evaluate(made, samples), strict=True):
        assert all(np.allclose(one, other, rtol=1e-4, atol=1e-4) for one, other in zip(got, expected, strict=True))
