"""Zoo: operators that move and select, arithmetic, element types, and unusual ways to write a model."""

import numpy as np
from onnx import ModelProto, TensorProto, helper

from .zoo_graphs import BOOL, FLOAT, INT, Entry, graph, node, random_weights, single

_ROW = (1, 6)


def _two_by_two() -> ModelProto:
    """Two inputs, two outputs, of different shapes."""
    return graph(
        [
            node("MatMul", ["a", "w"], ["h"]),
            node("Add", ["h", "b"], ["sum"]),
            node("ReduceMax", ["sum", "axes"], ["top"], keepdims=0),
        ],
        {"a": (1, 4), "b": (1, 3)},
        {"sum": (1, 3), "top": None},
        {"w": random_weights(4, 3), "axes": np.asarray([1])},
    )


def _masked() -> ModelProto:
    return graph(
        [node("Where", ["mask", "x", "z"], ["y"], name="choose")],
        {"mask": _ROW, "x": _ROW},
        {"y": _ROW},
        {"z": np.zeros(_ROW, np.float32)},
        kinds={"mask": BOOL},
    )


def _bool_answer() -> ModelProto:
    return graph(
        [
            node("Greater", ["x", "t"], ["high"]),
            node("Not", ["flag"], ["clear"]),
            node("And", ["high", "clear"], ["alarm"]),
        ],
        {"x": _ROW, "flag": _ROW},
        {"alarm": _ROW},
        {"t": np.float32(0.2)},
        kinds={"flag": BOOL, "alarm": BOOL},
    )


def _symbolic(*, batch: str) -> ModelProto:
    return graph([node("MatMul", ["x", "w"], ["y"])], {"x": (batch, 4)}, {"y": (batch, 2)}, {"w": random_weights(4, 2)})


def _weights_as_inputs() -> ModelProto:
    model = graph([node("MatMul", ["x", "w"], ["y"])], {"x": (1, 4)}, {"y": (1, 2)}, {"w": random_weights(4, 2)})
    model.graph.input.append(helper.make_tensor_value_info("w", FLOAT, (4, 2)))
    model.ir_version = 3
    return model


def _functions() -> ModelProto:
    """A model with a function of its own, used twice."""
    model = graph(
        [node("Twice", ["x"], ["h"], domain="own"), node("Twice", ["h"], ["y"], domain="own")],
        {"x": _ROW},
        {"y": _ROW},
        domains=[("own", 1)],
    )
    body = [node("Add", ["a", "a"], ["b"])]
    model.functions.append(helper.make_function("own", "Twice", ["a"], ["b"], body, [helper.make_opsetid("", 18)]))
    return model


def _constants() -> ModelProto:
    return graph(
        [
            node("Constant", [], ["c"], value_floats=[0.5] * 6),
            node("Shape", ["x"], ["s"]),
            node("Expand", ["c", "s"], ["e"]),
            node("Add", ["x", "e"], ["y"]),
        ],
        {"x": _ROW},
        {"y": _ROW},
    )


def _same_names() -> ModelProto:
    return graph(
        [node("Relu", ["x"], ["h"], name="layer"), node("Neg", ["h"], ["y"], name="layer")], {"x": _ROW}, {"y": _ROW}
    )


def _top_values() -> ModelProto:
    return graph(
        [node("TopK", ["x", "k"], ["y", "unused"], name="top")], {"x": _ROW}, {"y": None}, {"k": np.asarray([3])}
    )


def _split() -> ModelProto:
    return graph(
        [node("Split", ["x"], ["a", "b"], num_outputs=2, axis=1), node("Mul", ["a", "b"], ["y"])],
        {"x": _ROW},
        {"y": None},
    )


def _concat() -> ModelProto:
    return graph([node("Concat", ["a", "b"], ["y"], axis=1)], {"a": (1, 2), "b": (1, 3)}, {"y": None})


def _einsum() -> ModelProto:
    return graph([node("Einsum", ["a", "b"], ["y"], equation="ij,jk->ik")], {"a": (2, 3), "b": (3, 2)}, {"y": None})


def _cast_both_ways() -> ModelProto:
    return graph(
        [node("Cast", ["x"], ["i"], to=INT), node("Cast", ["i"], ["f"], to=FLOAT), node("Sub", ["x", "f"], ["y"])],
        {"x": _ROW},
        {"y": _ROW},
    )


def _truth_of_numbers() -> ModelProto:
    return graph([node("Cast", ["x"], ["y"], to=BOOL)], {"x": _ROW}, {"y": _ROW}, kinds={"x": INT, "y": BOOL})


def _doubles() -> ModelProto:
    weights = random_weights(4, 2).astype(np.float64)
    kinds = {"x": TensorProto.DOUBLE, "y": TensorProto.DOUBLE}
    return graph([node("MatMul", ["x", "w"], ["y"])], {"x": (1, 4)}, {"y": (1, 2)}, {"w": weights}, kinds=kinds)


_INTS = {"x": INT, "y": INT}
_POSITIVE = {"x": (0.3, 2.0)}

SHAPES = (
    Entry(name="identity", build=single("Identity", _ROW)),
    Entry(name="gather", build=single("Gather", _ROW, [np.asarray([4, 0, 2])], axis=1)),
    Entry(name="slice", build=single("Slice", _ROW, [np.asarray([1]), np.asarray([2**63 - 1]), np.asarray([1])])),
    Entry(name="concat", build=_concat),
    Entry(name="split", build=_split),
    Entry(name="transpose", build=single("Transpose", (1, 2, 3), perm=[0, 2, 1])),
    Entry(name="reshape", build=single("Reshape", _ROW, [np.asarray([2, -1])])),
    Entry(name="pad_zero", build=single("Pad", _ROW, [np.asarray([0, 1, 0, 2])])),
    Entry(name="pad_reflect", build=single("Pad", _ROW, [np.asarray([0, 1, 0, 2])], mode="reflect")),
    Entry(name="pad_edge", build=single("Pad", _ROW, [np.asarray([0, 1, 0, 2])], mode="edge")),
    Entry(name="tile", build=single("Tile", _ROW, [np.asarray([1, 2])])),
    Entry(
        name="resize_nearest",
        build=single("Resize", (1, 1, 3, 3), [None, np.asarray([1, 1, 2, 2], np.float32)], mode="nearest"),
    ),
    Entry(
        name="resize_to_sizes",
        build=single("Resize", (1, 1, 3, 3), [None, None, np.asarray([1, 1, 6, 6])], mode="nearest"),
    ),
    Entry(name="top_values", build=_top_values),
    Entry(name="argmax", build=single("ArgMax", _ROW, kinds={"y": INT}, axis=1)),
    Entry(
        name="one_hot",
        build=single("OneHot", (3,), [np.asarray([4]), np.asarray([0, 1], np.float32)], kinds={"x": INT}),
        ranges={"x": (0, 3)},
    ),
    Entry(name="cumulative_sum", build=single("CumSum", _ROW, [np.asarray(1)])),
    Entry(name="einsum", build=_einsum),
    Entry(name="reduce_mean", build=single("ReduceMean", (1, 2, 3), [np.asarray([1, 2])])),
    Entry(name="reduce_l2", build=single("ReduceL2", _ROW, [np.asarray([1])])),
    Entry(name="scalar_answer", build=single("ReduceSum", _ROW, keepdims=0)),
    Entry(name="square_root", build=single("Sqrt", _ROW), ranges=_POSITIVE),
    Entry(name="logarithm", build=single("Log", _ROW), ranges=_POSITIVE),
    Entry(name="exponential", build=single("Exp", _ROW)),
    Entry(name="power", build=single("Pow", _ROW, [np.float32(3)])),
    Entry(name="power_negative", build=single("Pow", _ROW, [np.float32(-2)]), ranges=_POSITIVE),
    Entry(name="divide", build=single("Div", _ROW, [np.float32(3)])),
    Entry(name="cast_both_ways", build=_cast_both_ways, ranges={"x": (-3, 3)}),
    Entry(name="truth_of_numbers", build=_truth_of_numbers, ranges={"x": (-1, 1)}),
    Entry(name="integers", build=single("Add", _ROW, [np.asarray([7])], kinds=_INTS), ranges={"x": (-100, 100)}),
    Entry(name="doubles", build=_doubles),
    Entry(name="masked", build=_masked),
    Entry(name="bool_answer", build=_bool_answer),
    Entry(name="two_inputs_two_outputs", build=_two_by_two),
    Entry(name="batch_left_open", build=lambda: _symbolic(batch="batch")),
    Entry(name="batch_of_three", build=lambda: _symbolic(batch="batch"), dims={"batch": 3}),
    Entry(name="external_data", build=lambda: _symbolic(batch="n"), external=True),
    Entry(name="weights_as_inputs", build=_weights_as_inputs),
    Entry(name="functions", build=_functions),
    Entry(name="constant_nodes", build=_constants),
    Entry(name="same_node_names", build=_same_names),
)
