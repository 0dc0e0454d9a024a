"""Nodes that the engine does not read, in other words: repeated operands, and zeros that are made when they run."""

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import helper, numpy_helper

#: Operators that repeat an operand by themselves where that is needed.
_BROADCAST = frozenset({"MatMul", "Add", "Sub", "Mul"})


def without_expand(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same model, in which operands are repeated by the operators that take them, else by concatenation."""
    shapes = _shapes(model)
    graph, kept = model.graph, []
    for node in graph.node:
        if node.op_type != "Expand":
            kept.append(node)
            continue
        source, made = node.input[0], node.output[0]
        takers = [other for other in graph.node if made in other.input]
        if all(_repeats(other, made, source, shapes) for other in takers):
            for other in takers:
                other.input[:] = [source if name == made else name for name in other.input]
        else:
            kept += _concatenated(graph, source, made, shapes)
    del graph.node[:]
    graph.node.extend(kept)
    return model


def without_made_zeros(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same model, in which tensors of one number are constants: the engine wants to know every shape before."""
    known = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    for node in [node for node in model.graph.node if node.op_type == "ConstantOfShape" and node.input[0] in known]:
        value = numpy_helper.to_array(node.attribute[0].t) if node.attribute else np.zeros(1, dtype=np.float32)
        filled = np.full(tuple(known[node.input[0]]), value.item(), dtype=value.dtype)
        model.graph.initializer.append(numpy_helper.from_array(filled, node.output[0]))
        model.graph.node.remove(node)
    return model


def _shapes(model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    graph = onnx.shape_inference.infer_shapes(model).graph
    found = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        found[value.name] = tuple(size.dim_value for size in value.type.tensor_type.shape.dim)
    return found


def _repeats(node: onnx.NodeProto, made: str, source: str, shapes: dict[str, tuple[int, ...]]) -> bool:
    """Whether the node gives the same when it takes the source of an Expand instead of what that made."""
    if node.op_type not in _BROADCAST or len(shapes[source]) < 2 or node.input[0] == node.input[1]:
        return False
    other = shapes[node.input[1] if node.input[0] == made else node.input[0]]
    before = shapes[source]
    if node.op_type != "MatMul":
        return np.broadcast_shapes(before, other) == shapes[node.output[0]]
    return before[-2:] == shapes[made][-2:] and (
        np.broadcast_shapes(before[:-2], other[:-2]) == shapes[node.output[0]][:-2]
    )


def _concatenated(
    graph: onnx.GraphProto, source: str, made: str, shapes: dict[str, tuple[int, ...]]
) -> Sequence[onnx.NodeProto]:
    """Nodes that make `made` of `source` by putting it beside itself, axis by axis."""
    wanted = shapes[made]
    now = [1] * (len(wanted) - len(shapes[source])) + list(shapes[source])
    graph.initializer.append(numpy_helper.from_array(np.array(now, dtype=np.int64), f"{made}_shape"))
    nodes, name = [helper.make_node("Reshape", [source, f"{made}_shape"], [f"{made}_full"])], f"{made}_full"
    for axis, (size, most) in enumerate(zip(now, wanted, strict=True)):
        if size != most:
            nodes.append(helper.make_node("Concat", [name] * most, [f"{made}_{axis}"], axis=axis))
            name = f"{made}_{axis}"
    nodes[-1].output[0] = made
    return nodes
