"""Compute what does not depend on the inputs, so that only what does reaches the circuit."""

from math import prod

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

from .facts import Facts, facts_of

#: Elements that are computed here in all; what is more is left to the engine.
_BUDGET = 2**24
#: Operators that exporters build shapes, masks and constants with. All cost no more than their elements.
_CHEAP = frozenset(
    {"Add", "Sub", "Mul", "Div", "Mod", "Neg", "Abs", "Sign", "Sqrt", "Floor", "Ceil", "Min", "Max"}
    | {"And", "Or", "Not", "Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Where"}
    | {"Cast", "CastLike", "Constant", "ConstantOfShape", "Identity", "Range", "Shape", "Size"}
    | {"Concat", "Expand", "Flatten", "Gather", "Reshape", "Slice", "Split", "Squeeze", "Tile", "Transpose"}
    | {"ReduceMax", "ReduceMin", "ReduceProd", "ReduceSum", "Trilu", "Unsqueeze"}
)


def fold_constants(model: onnx.ModelProto) -> None:
    """Replace nodes of the main graph whose values are known by weights, in place, and drop what nothing needs."""
    facts = facts_of(model)
    known = {tensor.name for tensor in model.graph.initializer}
    kept: list[onnx.NodeProto] = []
    results = {value.name for value in model.graph.output}
    budget = _BUDGET
    for node in model.graph.node:
        cost = _cost(node, facts)
        if node.domain not in ("", "ai.onnx") or node.op_type not in _CHEAP or results & set(node.output):
            cost = _BUDGET + 1
        tensors = _computed(model, node, facts, known) if cost <= budget else None
        if tensors is None:
            kept.append(node)
            continue
        budget -= cost
        for tensor in tensors:
            known.add(tensor.name)
            facts.constants[tensor.name] = tensor
            model.graph.initializer.append(tensor)
    del model.graph.node[:]
    model.graph.node.extend(kept)
    _drop_unused(model)


def _cost(node: onnx.NodeProto, facts: Facts) -> int:
    """Elements that computing the node touches; beyond any budget where that is not known."""
    names = [name for name in (*node.input, *node.output) if name]
    if node.op_type in ("Shape", "Size"):
        return 8
    return sum(prod(facts.shapes[name]) if name in facts.shapes else _BUDGET + 1 for name in names)


def _computed(
    model: onnx.ModelProto, node: onnx.NodeProto, facts: Facts, known: set[str]
) -> list[onnx.TensorProto] | None:
    """The node's outputs as tensors; None where they depend on the inputs."""
    if node.op_type in ("Shape", "Size") and node.input[0] in facts.shapes:
        return _shape_of(node, facts.shapes[node.input[0]])
    if set(filter(None, node.input)) - known:
        return None
    feeds = {name: facts.constants[name] for name in node.input if name}
    try:
        values = ReferenceEvaluator(_alone(model, node, feeds)).run(None, {})
    except Exception:  # noqa: BLE001 - the reference raises anything; such a node stays as it is
        return None
    names = [name for name in node.output if name]
    return [numpy_helper.from_array(np.asarray(value), name) for name, value in zip(names, values, strict=True)]


def _shape_of(node: onnx.NodeProto, shape: tuple[int, ...]) -> list[onnx.TensorProto] | None:
    if node.op_type == "Size":
        return [numpy_helper.from_array(np.asarray(prod(shape), np.int64), node.output[0])]
    bounds = {attribute.name: attribute.i for attribute in node.attribute}
    part = shape[bounds.get("start", 0) : bounds.get("end", len(shape))]
    return [numpy_helper.from_array(np.asarray(part, np.int64), node.output[0])]


def _alone(model: onnx.ModelProto, node: onnx.NodeProto, feeds: dict[str, onnx.TensorProto]) -> onnx.ModelProto:
    """A model of the one node, with constants for its inputs."""
    alone = onnx.ModelProto(ir_version=model.ir_version, opset_import=model.opset_import)
    alone.graph.name = "alone"
    alone.graph.node.append(node)
    alone.graph.output.extend(onnx.ValueInfoProto(name=name) for name in node.output if name)
    alone.graph.initializer.extend(feeds.values())
    return alone


def _drop_unused(model: onnx.ModelProto) -> None:
    """Drop nodes and weights that no output needs; nodes come in order, so one walk from the end finds them."""
    needed = {value.name for value in model.graph.output}
    kept = []
    for node in reversed(model.graph.node):
        if needed & set(node.output):
            kept.append(node)
            needed |= _reads(node)
    held = [tensor for tensor in model.graph.initializer if tensor.name in needed]
    del model.graph.node[:], model.graph.initializer[:]
    model.graph.node.extend(reversed(kept))
    model.graph.initializer.extend(held)


def _reads(node: onnx.NodeProto) -> set[str]:
    """Names that a node reads, in its subgraphs too."""
    names = set(node.input)
    for attribute in node.attribute:
        for graph in [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]:
            names |= {value.name for value in graph.output}
            for inner in graph.node:
                names |= _reads(inner)
    return names
