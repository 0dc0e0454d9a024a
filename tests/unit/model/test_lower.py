"""Every rewrite against onnxruntime on the model as it was: same answers, and operators that have a circuit."""

import tracemalloc

import numpy as np
import onnxruntime
import pytest
from onnx import helper

from tests.support.zoo import PROVING
from tests.support.zoo_graphs import BOOL, FLOAT, INT, graph, node, random_weights, single
from zkchain.errors import ModelError, UnsupportedOperator
from zkchain.model import check_operators, evaluate
from zkchain.model.load import normalise

_ROW, _GRID, _IMAGE = (1, 6), (3, 4), (1, 2, 5, 5)
#: onnxruntime refuses two nodes of one name; the zoo has such a model since ezkl's trouble with it is mended.
_NOT_IN_ONNXRUNTIME = {"same_node_names"}


def original_answers(model, samples):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return [session.run(None, sample) for sample in samples]


def assert_same(model, samples, dims=None):
    wanted = original_answers(model, samples)
    normal = normalise(model, "model", dims or {})
    check_operators(normal)
    ordered = [tuple(sample[tensor.name] for tensor in normal.spec.inputs) for sample in samples]
    for found, expected in zip(evaluate(normal, ordered), wanted, strict=True):
        for one, other in zip(found, expected, strict=True):
            assert one.shape == np.asarray(other).shape
            np.testing.assert_allclose(one.astype(float), np.asarray(other, float), rtol=1e-5, atol=1e-5)
    return normal


@pytest.mark.parametrize(
    "entry", [e for e in PROVING if not e.external and e.name not in _NOT_IN_ONNXRUNTIME], ids=lambda entry: entry.name
)
def test_a_zoo_model_answers_as_before_it_was_loaded(entry):
    assert_same(entry.build(), entry.samples(8, seed=1), entry.dims)


def floats(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("upper", [0, 1])
@pytest.mark.parametrize("diagonal", [None, 0, 1, -1, 9])
def test_triangles(upper, diagonal):
    weights = [] if diagonal is None else [np.asarray(diagonal)]
    assert_same(single("Trilu", _GRID, weights, upper=upper)(), [{"x": floats(*_GRID)}])


@pytest.mark.parametrize("shape", [(2, 3, 4), (3, 4), (1, 1, 3, 4), (3, 1)])
def test_expanding_to_a_shape(shape):
    assert_same(single("Expand", (3, 1), [np.asarray(shape)])(), [{"x": floats(3, 1)}])


@pytest.mark.parametrize("operator", ["Gather", "GatherElements"])
def test_indices_from_the_end(operator):
    indices = np.asarray([[-1, -2], [0, 1], [1, -4]])
    assert_same(single(operator, _GRID, [indices], axis=1)(), [{"x": floats(*_GRID)}])


@pytest.mark.parametrize("settings", [{}, {"p": 1}, {"axis": 0}, {"p": 1, "axis": 0}])
def test_dividing_by_a_norm(settings):
    assert_same(single("LpNormalization", _GRID, **settings)(), [{"x": floats(*_GRID) + 0.5}])


@pytest.mark.parametrize("values", [(0, 1), (2, 5), (1, 0)])
@pytest.mark.parametrize("axis", [-1, 0])
def test_one_hot_with_any_values_and_indices_from_the_end(values, axis):
    build = single("OneHot", (3,), [np.asarray([4]), np.asarray(values, np.float32)], kinds={"x": INT}, axis=axis)
    assert_same(build(), [{"x": np.asarray(x)} for x in ([0, 2, 1], [-1, 3, -4], [7, -9, 0])])


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"pads": [1, 1, 1, 1]},
        {"pads": [0, 1, 1, 0], "strides": [2, 2]},
        {"pads": [1, 1, 1, 1], "count_include_pad": 1},
        {"auto_pad": "SAME_UPPER"},
        {"auto_pad": "SAME_LOWER", "strides": [2, 2]},
    ],
)
def test_averages_with_and_without_their_padding(settings):
    assert_same(single("AveragePool", _IMAGE, kernel_shape=[3, 3], **settings)(), [{"x": floats(*_IMAGE)}])


@pytest.mark.parametrize("settings", [{}, {"dilations": [2, 2]}, {"dilations": [2, 1], "pads": [1, 1, 1, 1]}])
def test_convolutions_without_strides_and_with_dilation(settings):
    for operator in ("Conv", "ConvTranspose"):
        assert_same(single(operator, _IMAGE, [random_weights(2, 2, 2, 2)], **settings)(), [{"x": floats(*_IMAGE)}])


@pytest.mark.parametrize("values", [[-2.7, -0.5, -0.0, 0.4, 0.999, 3.0]])
@pytest.mark.parametrize("target", [INT, BOOL])
def test_casts_of_floats(values, target):
    build = single("Cast", _ROW, kinds={"y": target}, to=target)
    assert_same(build(), [{"x": np.asarray([values], np.float32)}])


@pytest.mark.parametrize("exponent", [-1, -2, -0.5])
def test_negative_powers(exponent):
    assert_same(single("Pow", _ROW, [np.float32(exponent)])(), [{"x": np.abs(floats(*_ROW)) + np.float32(0.3)}])


def test_equality_of_floats():
    x = floats(*_ROW)
    assert_same(single("Equal", _ROW, [x[0, :1]], kinds={"y": BOOL})(), [{"x": x}])


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
@pytest.mark.parametrize("operator", ["Softmax", "LogSoftmax", "Hardmax"])
def test_softmax_as_it_was_before_opset_13(operator, axis):
    if operator == "Hardmax" and axis == 2:
        axis = 1
    assert_same(single(operator, (2, 2, 3), opset=11, axis=axis)(), [{"x": floats(2, 2, 3)}])


def test_the_largest_of_an_input_and_constants():
    weights = {"c": floats(*_GRID, seed=1), "d": floats(4, seed=2)}
    model = graph([node("Max", ["x", "c", "d"], ["y"])], {"x": _GRID}, {"y": _GRID}, weights)
    assert_same(model, [{"x": floats(*_GRID)}])


@pytest.mark.parametrize("mode", ["reflect", "edge", "wrap"])
def test_padding_modes(mode):
    assert_same(single("Pad", _ROW, [np.asarray([0, 2, 0, 3])], opset=19, mode=mode)(), [{"x": floats(*_ROW)}])


def test_shapes_computed_in_the_graph_become_constants():
    model = graph(
        [
            node("Shape", ["x"], ["s"]),
            node("Gather", ["s", "zero"], ["n"]),
            node("Concat", ["n", "rest"], ["t"], axis=0),
            node("Reshape", ["x", "t"], ["y"]),
        ],
        {"x": ("batch", 2, 3)},
        {"y": None},
        {"zero": np.asarray([0]), "rest": np.asarray([-1])},
    )
    normal = assert_same(model, [{"x": floats(2, 2, 3)}], {"batch": 2})
    assert dict(normal.spec.operators) == {"Reshape": 1}


def test_constant_folding_has_a_budget():
    shape = np.asarray([2**12, 2**12, 2])  # two times the budget
    nodes = [node("ConstantOfShape", ["s"], ["c"]), node("ReduceMax", ["c"], ["m"]), node("Add", ["x", "m"], ["y"])]
    normal = normalise(graph(nodes, {"x": _ROW}, {"y": None}, {"s": shape}), "model", {})
    assert "ConstantOfShape" in dict(normal.spec.operators)
    assert len(normal.onnx) < 10_000


@pytest.mark.parametrize(
    ("operator", "weights", "settings", "why"),
    [
        ("Cast", [], {"to": 2}, "wrap around"),
        ("CumSum", [np.asarray(1)], {"exclusive": 1}, "exclusive"),
        ("ArgMax", [], {"axis": 1, "select_last_index": 1}, "select_last_index"),
        ("ScatterElements", [np.asarray([[0]]), np.ones((1, 1), np.float32)], {}, "constant indices"),
        ("Resize", [None, np.asarray([0.5, 0.5], np.float32)], {}, "at least 1"),
    ],
)
def test_a_setting_without_a_circuit_is_refused_with_its_reason(operator, weights, settings, why):
    kinds = {"y": {"Cast": 2, "ArgMax": INT}.get(operator, FLOAT)}
    model = single(operator, _GRID, weights, kinds=kinds, **settings)()
    with pytest.raises(UnsupportedOperator, match=why) as caught:
        check_operators(normalise(model, "model", {}))
    assert f"the_{operator}" in caught.value.message


def test_a_division_of_whole_numbers_is_refused():
    model = single("Div", _ROW, [np.asarray([2])], kinds={"x": INT, "y": INT})()
    with pytest.raises(UnsupportedOperator, match="whole numbers"):
        check_operators(normalise(model, "model", {}))


@pytest.mark.parametrize("kind", [2, 3, 4, 5, 12, 13])
def test_arithmetic_that_may_wrap_around_is_refused(kind):
    one = np.ones(1, helper.tensor_dtype_to_np_dtype(kind))
    model = single("Add", _ROW, [one], kinds={"x": kind, "y": kind})()
    with pytest.raises(UnsupportedOperator, match="wrap around"):
        check_operators(normalise(model, "model", {}))


def test_an_index_twice_in_a_term_is_refused():
    model = single("Einsum", (3, 3), equation="ii->i")()
    with pytest.raises(UnsupportedOperator, match="twice"):
        check_operators(normalise(model, "model", {}))


@pytest.mark.parametrize("direction", ["reverse", "bidirectional"])
def test_recurrence_backwards_is_refused(direction):
    both = 2 if direction == "bidirectional" else 1
    weights = [random_weights(both, 8, 3), random_weights(both, 8, 2)]
    model = single("LSTM", (2, 1, 3), weights, hidden_size=2, direction=direction)()
    with pytest.raises(UnsupportedOperator, match=direction):
        check_operators(normalise(model, "model", {}))


@pytest.mark.parametrize("size", [2**26, 2**40, 2**62])
@pytest.mark.parametrize(
    ("operator", "weight", "settings"),
    [
        ("Tile", lambda size: np.asarray([1, size]), {}),
        ("Pad", lambda size: np.asarray([0, size, 0, 0]), {"mode": "edge"}),
        ("Expand", lambda size: np.asarray([size, 1, 6]), {}),
        ("Conv", lambda size: np.ones((2, 2, 2, 2), np.float32), {"dilations": [1, 1]}),
    ],
)
def test_a_rewrite_never_asks_for_the_memory_that_an_attribute_claims(operator, weight, settings, size):
    if operator == "Conv":
        settings = {"dilations": [size, 1]}
    model = single(operator, _IMAGE if operator == "Conv" else _ROW, [weight(size)], **settings)()
    tracemalloc.start()
    with pytest.raises(ModelError):
        check_operators(normalise(model, "model", {}))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6


def test_a_tree_as_deep_as_it_is_long_is_refused_at_once():
    count = 60_001
    model = tree_model(
        nodes_treeids=[0] * count,
        nodes_nodeids=list(range(count)),
        nodes_featureids=[0] * count,
        nodes_values=[0.5] * count,
        nodes_modes=["BRANCH_LEQ" if i % 2 == 0 and i < count - 1 else "LEAF" for i in range(count)],
        nodes_truenodeids=[i + 1 if i % 2 == 0 and i < count - 1 else 0 for i in range(count)],
        nodes_falsenodeids=[i + 2 if i % 2 == 0 and i < count - 1 else 0 for i in range(count)],
    )
    with pytest.raises(UnsupportedOperator, match="TreeEnsembleRegressor"):
        check_operators(normalise(model, "model", {}))


def tree_model(**changes):
    """A stump: 1 where x0 <= 0.5, else 2."""
    attributes = {
        "nodes_treeids": [0, 0, 0],
        "nodes_nodeids": [0, 1, 2],
        "nodes_featureids": [0, 0, 0],
        "nodes_values": [0.5, 0.0, 0.0],
        "nodes_modes": ["BRANCH_LEQ", "LEAF", "LEAF"],
        "nodes_truenodeids": [1, 0, 0],
        "nodes_falsenodeids": [2, 0, 0],
        "target_treeids": [0, 0],
        "target_nodeids": [1, 2],
        "target_ids": [0, 0],
        "target_weights": [1.0, 2.0],
        "n_targets": 1,
    }
    trees = node("TreeEnsembleRegressor", ["x"], ["y"], name="trees", domain="ai.onnx.ml", **{**attributes, **changes})
    return graph([trees], {"x": (4, 2)}, {"y": (4, 1)}, domains=[("ai.onnx.ml", 1)])


@pytest.mark.parametrize("mode", ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GT", "BRANCH_GTE"])
def test_every_kind_of_branch_at_its_threshold(mode):
    x = np.asarray([[0.5, 0], [np.nextafter(np.float32(0.5), 1), 0], [0, 9], [1, -9]], np.float32)
    assert_same(tree_model(nodes_modes=[mode, "LEAF", "LEAF"]), [{"x": x}])


@pytest.mark.parametrize(
    "changes",
    [
        {"nodes_truenodeids": [0, 0, 0]},
        {"nodes_truenodeids": [7, 0, 0]},
        {"nodes_modes": ["BRANCH_EQ", "LEAF", "LEAF"]},
        {"target_nodeids": [1, 9]},
        {"target_ids": [0, 5]},
        {"nodes_nodeids": [0, 1, 1]},
        {"nodes_values": [0.5]},
        {"aggregate_function": "MAX"},
        {"post_transform": "PROBIT"},
    ],
    ids=str,
)
def test_trees_that_break_the_rules_or_have_no_lowering_are_refused_by_name(changes):
    with pytest.raises(UnsupportedOperator, match=r"TreeEnsembleRegressor \(node trees\)"):
        check_operators(normalise(tree_model(**changes), "model", {}))
