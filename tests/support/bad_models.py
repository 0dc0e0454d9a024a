"""Models that must be refused, each with the error that says why."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from zkchain.errors import (
    BadDimension,
    BadWeights,
    ModelError,
    ModelInvalid,
    ModelNotFound,
    ModelTooLarge,
    ModelUnreadable,
    UnsupportedOperator,
    UnsupportedType,
)
from zkchain.model.wire import MAX_DEPTH, MAX_NODES

from .bad_external import EXTERNAL, BadModel
from .tiny import tiny_onnx
from .zoo_graphs import FLOAT, graph, node, random_weights

_ROW = (1, 4)


class _Canary:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self._path,))


def _raw(name: str, data: bytes, error: type[ModelError], says: str = "") -> BadModel:
    def write(folder: Path) -> Path:
        path = folder / "model.onnx"
        path.write_bytes(data)
        return path

    return BadModel(name=name, write=write, error=error, says=says)


def _built(
    name: str, build: Callable[[], onnx.ModelProto], error: type[ModelError], says: str = "", **dims: int
) -> BadModel:
    def write(folder: Path) -> Path:
        path = folder / "model.onnx"
        path.write_bytes(build().SerializeToString())
        return path

    return BadModel(name=name, write=write, error=error, says=says, dims=dims)


def _pickled(folder: Path) -> Path:
    path = folder / "model.onnx"
    path.write_bytes(pickle.dumps(_Canary(folder / "canary")))
    return path


def _special(make: Callable[[Path], None]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / "model.onnx"
        make(path)
        return path

    return write


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(513 * 2**20)


def _relu(**kinds: int) -> onnx.ModelProto:
    return graph([node("Relu", ["x"], ["y"], name="relu")], {"x": _ROW}, {"y": _ROW}, kinds=kinds)


def _dense(weights: np.ndarray | None = None, shape: tuple[object, ...] = _ROW) -> onnx.ModelProto:
    held = random_weights(4, 2) if weights is None else weights
    return graph([node("MatMul", ["x", "w"], ["y"], name="dense")], {"x": shape}, {"y": None}, {"w": held})


def _with(change: Callable[[onnx.ModelProto], object]) -> Callable[[], onnx.ModelProto]:
    def build() -> onnx.ModelProto:
        model = _dense()
        change(model)
        return model

    return build


def _weight(value: float) -> Callable[[], onnx.ModelProto]:
    def build() -> onnx.ModelProto:
        weights = random_weights(4, 2)
        weights[2, 1] = value
        return _dense(weights)

    return build


def _typed(kind: int) -> Callable[[], onnx.ModelProto]:
    return lambda: graph([node("Identity", ["x"], ["y"])], {"x": _ROW}, {"y": _ROW}, kinds={"x": kind, "y": kind})


def _cycle() -> onnx.ModelProto:
    nodes = [node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"])]
    return graph(nodes, {"x": _ROW}, {"b": _ROW})


def _twice_assigned() -> onnx.ModelProto:
    return graph([node("Relu", ["x"], ["y"]), node("Neg", ["x"], ["y"])], {"x": _ROW}, {"y": _ROW})


def _nan_in_branch() -> onnx.ModelProto:
    """A weight that hides in a subgraph."""
    out = helper.make_tensor_value_info("b", FLOAT, _ROW)
    bad = helper.make_tensor("hidden", FLOAT, _ROW, [0.0, float("nan"), 0.0, 0.0])
    branches = {
        name: helper.make_graph([node("Identity", ["hidden"], ["b"])], name, [], [out], [bad])
        for name in ("then_branch", "else_branch")
    }
    return graph([node("If", ["x"], ["y"], **branches)], {"x": (1,)}, {"y": _ROW}, kinds={"x": TensorProto.BOOL})


def _deep() -> onnx.ModelProto:
    out = helper.make_tensor_value_info("b", FLOAT, _ROW)
    inner = helper.make_graph([node("Relu", ["x"], ["b"])], "leaf", [], [out])
    for _ in range(MAX_DEPTH + 1):
        inner = helper.make_graph([node("If", ["c"], ["b"], then_branch=inner, else_branch=inner)], "n", [], [out])
    return helper.make_model(inner, ir_version=8, opset_imports=[helper.make_opsetid("", 18)])


def _deep_chain() -> onnx.ModelProto:
    """Depth without the doubling at every level."""
    out = helper.make_tensor_value_info("b", FLOAT, _ROW)
    inner = helper.make_graph([node("Relu", ["x"], ["b"])], "leaf", [], [out])
    for _ in range(20):
        inner = helper.make_graph([node("Loop", ["m", "c"], ["b"], body=inner)], "n", [], [out])
    return helper.make_model(inner, ir_version=8, opset_imports=[helper.make_opsetid("", 18)])


def _function_bomb(levels: int, width: int) -> onnx.ModelProto:
    model = graph([node(f"F{levels - 1}", ["x"], ["y"], domain="own")], {"x": _ROW}, {"y": _ROW}, domains=[("own", 1)])
    imports = [helper.make_opsetid("", 18), helper.make_opsetid("own", 1)]
    for level in range(levels):
        operator, domain = ("Relu", "") if level == 0 else (f"F{level - 1}", "own")
        body = [node(operator, [f"t{i}"], [f"t{i + 1}"], domain=domain) for i in range(width)]
        model.functions.append(helper.make_function("own", f"F{level}", ["t0"], [f"t{width}"], body, imports))
    return model


def _function_calls_itself() -> onnx.ModelProto:
    model = _function_bomb(1, 1)
    model.functions[0].node[0].domain, model.functions[0].node[0].op_type = "own", "F0"
    return model


def _wide_intermediate() -> onnx.ModelProto:
    shape = np.asarray([2**15, 2**15])
    return graph(
        [node("Expand", ["x", "s"], ["h"]), node("ReduceMax", ["h"], ["y"])], {"x": (1,)}, {"y": None}, {"s": shape}
    )


def _node_bomb() -> bytes:
    """MAX_NODES + 1 empty nodes take two bytes each in the file."""
    body = b"\x0a\x00" * (MAX_NODES + 1)
    return b"\x08\x08\x3a" + _varint(len(body)) + body + b"\x42\x02\x10\x12"


def _tensor_bomb() -> bytes:
    body = b"\x2a\x00" * (MAX_NODES + 1)
    return b"\x08\x08\x3a" + _varint(len(body)) + body + b"\x42\x02\x10\x12"


def _string_bomb() -> bytes:
    """One string tensor of a million empty strings: tag 6 of TensorProto."""
    tensor = b"\x32\x00" * 1_000_001
    body = b"\x2a" + _varint(len(tensor)) + tensor
    return b"\x08\x08\x3a" + _varint(len(body)) + body + b"\x42\x02\x10\x12"


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


BAD_MODELS = (
    BadModel(name="missing", write=lambda folder: folder / "no.onnx", error=ModelNotFound),
    BadModel(name="folder", write=lambda folder: folder, error=ModelNotFound),
    BadModel(name="fifo", write=_special(os.mkfifo), error=ModelNotFound),
    BadModel(name="broken_symlink", write=_special(lambda path: path.symlink_to("nowhere")), error=ModelNotFound),
    BadModel(name="over_the_size_limit", write=_special(_huge), error=ModelTooLarge),
    BadModel(name="pickle", write=_pickled, error=ModelUnreadable, says="pickle"),
    _raw("empty", b"", ModelUnreadable, "empty"),
    _raw("zeros", bytes(100), ModelUnreadable),
    _raw("text", b"hello, world\n" * 10, ModelUnreadable),
    _raw("json", b'{"graph": {}}', ModelUnreadable, "JSON"),
    _raw("zip", b"PK\x03\x04" + bytes(60), ModelUnreadable, "zip"),
    _raw("hdf5", b"\x89HDF\r\n\x1a\n" + bytes(60), ModelUnreadable, "HDF5"),
    _raw("numpy", b"\x93NUMPY\x01\x00" + bytes(60), ModelUnreadable, "NumPy"),
    _raw("gzip", b"\x1f\x8b" + bytes(60), ModelUnreadable, "gzip"),
    _raw("truncated", tiny_onnx()[:-7], ModelUnreadable, "truncated"),
    _raw("half", tiny_onnx()[: len(tiny_onnx()) // 2], ModelUnreadable),
    _raw("header_only", b"\x08\x08", ModelUnreadable, "no ONNX graph"),
    _raw("node_bomb", _node_bomb(), ModelTooLarge, "nodes"),
    _raw("tensor_bomb", _tensor_bomb(), ModelTooLarge, "stored tensors"),
    _raw("string_bomb", _string_bomb(), ModelTooLarge, "fields"),
    _raw("length_beyond_the_end", b"\x3a\xff\xff\xff\xff\x07\x00", ModelUnreadable),
    _built("nested_subgraphs", _deep, ModelTooLarge, "nested"),
    _built("nested_loops", _deep_chain, ModelTooLarge, "nested"),
    _built("function_bomb", lambda: _function_bomb(9, 10), ModelTooLarge, "functions"),
    _built("function_calls_itself", _function_calls_itself, ModelInvalid, "itself"),
    _built("cycle", _cycle, ModelInvalid),
    _built("output_assigned_twice", _twice_assigned, ModelInvalid),
    _built("missing_input", lambda: graph([node("Relu", ["z"], ["y"])], {"x": _ROW}, {"y": _ROW}), ModelInvalid),
    _built("output_not_computed", lambda: graph([node("Relu", ["x"], ["h"])], {"x": _ROW}, {"y": _ROW}), ModelInvalid),
    _built("no_nodes", lambda: graph([], {"x": _ROW}, {"y": _ROW}), ModelInvalid),
    _built(
        "no_input",
        lambda: graph([node("Relu", ["w"], ["y"])], {}, {"y": _ROW}, {"w": random_weights(1, 4)}),
        ModelInvalid,
    ),
    _built("no_output", lambda: graph([node("Relu", ["x"], ["y"])], {"x": _ROW}, {}), ModelInvalid),
    _built("inputs_of_one_name", _with(lambda m: m.graph.input.append(m.graph.input[0])), ModelInvalid, "named 'x'"),
    _built(
        "output_that_is_an_input", _with(lambda m: m.graph.output.append(m.graph.input[0])), ModelInvalid, "at once"
    ),
    _built("weights_of_one_name", _with(lambda m: m.graph.initializer.append(m.graph.initializer[0])), ModelInvalid),
    _built(
        "name_with_escape",
        lambda: graph([node("Relu", ["\x1b[2J"], ["y"])], {"\x1b[2J": _ROW}, {"y": _ROW}),
        ModelInvalid,
    ),
    _built(
        "unknown_operator",
        lambda: graph([node("Nope", ["x"], ["y"])], {"x": _ROW}, {"y": _ROW}),
        UnsupportedOperator,
        "Nope",
    ),
    _built(
        "wrong_attribute",
        lambda: graph([node("Relu", ["x"], ["y"], alpha=1.0)], {"x": _ROW}, {"y": _ROW}),
        ModelInvalid,
    ),
    _built("shapes_clash", lambda: _dense(random_weights(5, 2)), ModelInvalid),
    _built("types_clash", _with(lambda m: setattr(m.graph.output[0].type.tensor_type, "elem_type", 7)), ModelInvalid),
    _built("opset_from_the_future", _with(lambda m: setattr(m.opset_import[0], "version", 999)), ModelInvalid, "999"),
    _built("opset_zero", _with(lambda m: setattr(m.opset_import[0], "version", 0)), ModelInvalid),
    _built("ir_from_the_future", _with(lambda m: setattr(m, "ir_version", 999)), ModelInvalid, "999"),
    _built("training_graph", _with(lambda m: m.training_info.add()), ModelInvalid, "training"),
    _built("nan_weight", _weight(float("nan")), BadWeights, "[2, 1]"),
    _built("infinite_weight", _weight(float("inf")), BadWeights, "[2, 1]"),
    _built("huge_weight", _weight(1e30), BadWeights, "'w'"),
    _built("nan_in_a_branch", _nan_in_branch, BadWeights, "hidden"),
    _built(
        "nan_attribute",
        lambda: graph([node("LeakyRelu", ["x"], ["y"], alpha=float("nan"))], {"x": _ROW}, {"y": _ROW}),
        BadWeights,
    ),
    _built("weight_shorter_than_its_shape", _with(lambda m: m.graph.initializer[0].dims.append(9)), ModelInvalid),
    _built("weight_of_absurd_shape", _with(lambda m: m.graph.initializer[0].dims.append(2**40)), BadDimension),
    _built("weight_of_negative_shape", _with(lambda m: m.graph.initializer[0].dims.append(-1)), BadDimension),
    _built("zero_dimension", lambda: _dense(shape=(0, 4)), BadDimension, "axis 0"),
    _built("negative_dimension", lambda: _dense(shape=(-7, 4)), BadDimension),
    _built("two_to_the_31", lambda: _dense(shape=(2**31, 4)), BadDimension),
    _built("two_to_the_62", lambda: _dense(shape=(2**62, 4)), BadDimension),
    _built("wide_intermediate", _wide_intermediate, BadDimension, "intermediate"),
    _built("open_dimension_made_zero", lambda: _dense(shape=("n", 4)), BadDimension, n=0),
    _built("open_dimension_made_huge", lambda: _dense(shape=("n", 4)), BadDimension, n=2**31),
    _built("no_such_dimension", lambda: _dense(shape=("n", 4)), BadDimension, "'m'", m=2),
    _built(
        "shape_depends_on_data",
        lambda: graph([node("NonZero", ["x"], ["y"])], {"x": _ROW}, {"y": None}, kinds={"y": 7}),
        BadDimension,
    ),
    _built("string_input", _typed(TensorProto.STRING), UnsupportedType, "STRING"),
    _built("complex_input", _typed(TensorProto.COMPLEX64), UnsupportedType, "COMPLEX64"),
    _built("float8_input", _typed(TensorProto.FLOAT8E4M3FN), UnsupportedType, "FLOAT8E4M3FN"),
    _built("bfloat16_input", _typed(TensorProto.BFLOAT16), UnsupportedType, "BFLOAT16"),
    _built("type_from_the_future", _typed(99), UnsupportedType, "99"),
    _built(
        "sequence_input",
        _with(lambda m: m.graph.input[0].type.CopyFrom(helper.make_sequence_type_proto(m.graph.input[0].type))),
        UnsupportedType,
        "sequence",
    ),
    _built("sparse_weight", _with(lambda m: m.graph.sparse_initializer.add()), UnsupportedType, "sparse"),
    *EXTERNAL,
)
