"""Largest and smallest elements of an axis, and where they are, by comparing.

The engine sorts instead, which takes columns of its own and doubles the domain that every column is extended to.
"""

from math import prod

import numpy as np
import numpy.typing as npt
import onnx

from .facts import Facts, facts_of
from .patch import MAX_REWRITTEN, Lowering, Patch, attributes_of

Ints = npt.NDArray[np.int64]


def largest_along(patch: Patch, source: str, axis: int, size: int) -> str:
    """The largest along an axis of `size` elements, which is kept: halves are compared until one is left."""
    while size > 1:
        half = size // 2
        left, right = patch.part(source, axis, 0, half), patch.part(source, axis, half, 2 * half)
        larger = larger_of(patch, left, right)
        odd = [patch.part(source, axis, 2 * half, size)] if size % 2 else []
        source = patch.add("Concat", [larger, *odd], axis=axis) if odd else larger
        size -= half
    return source


def larger_of(patch: Patch, left: str, right: str) -> str:
    """The larger of two tensors, element by element."""
    return patch.add("Add", [right, patch.add("Relu", [patch.add("Sub", [left, right])])])


def smaller_of(patch: Patch, left: str, right: str) -> str:
    """The smaller of two tensors, element by element."""
    return patch.add("Sub", [left, patch.add("Relu", [patch.add("Sub", [left, right])])])


def _reduce(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """ReduceMax and ReduceMin, axis by axis."""
    shape, axes = facts.shapes.get(node.input[0]), _axes(node, facts)
    if not shape or axes is None or facts.types.get(node.input[0]) != onnx.TensorProto.FLOAT:
        return False
    smallest = node.op_type == "ReduceMin"
    found = patch.add("Neg", [node.input[0]]) if smallest else node.input[0]
    for axis in axes or range(len(shape)):
        found = largest_along(patch, found, axis % len(shape), shape[axis])
    found = patch.add("Neg", [found]) if smallest else found
    kept = bool(attributes_of(node).get("keepdims", 1))
    gone = {axis % len(shape) for axis in axes or range(len(shape))}
    answer = [1 if at in gone else size for at, size in enumerate(shape) if kept or at not in gone]
    patch.add("Reshape", [found, patch.constant(np.asarray(answer, np.int64))], node.output[0])
    return True


def _axes(node: onnx.NodeProto, facts: Facts) -> list[int] | None:
    """Reduced axes, none for all; None when they are computed. They moved from attribute to input in opset 18."""
    if len(node.input) > 1 and node.input[1]:
        value = facts.value(node.input[1])
        return None if value is None else [int(axis) for axis in value]
    found = attributes_of(node)
    return None if found.get("noop_with_empty_axes") else list(found.get("axes", []))


def _extreme(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """Max and Min of two tensors or more, which the engine compares with one more table."""
    if len(node.input) < 2 or facts.types.get(node.output[0]) != onnx.TensorProto.FLOAT:
        return False
    better = larger_of if node.op_type == "Max" else smaller_of
    found = node.input[0]
    for other in node.input[1:]:
        found = better(patch, found, other)
    patch.add("Identity", [found], node.output[0])
    return True


def _clip(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """Clip, by the larger of its input and the lower bound, and the smaller of that and the upper one."""
    if facts.types.get(node.input[0]) != onnx.TensorProto.FLOAT:
        return False
    found, given = node.input[0], attributes_of(node)
    for place, name, better in ((1, "min", larger_of), (2, "max", smaller_of)):
        if len(node.input) > place and node.input[place]:
            found = better(patch, found, node.input[place])
        elif name in given:
            found = better(patch, found, patch.number(given[name]))
    patch.add("Identity", [found], node.output[0])
    return True


def compare_for_places(model: onnx.ModelProto) -> int:
    """Replace ArgMax and ArgMin in place, with a look-up of constants by the answer where there is one. How many."""
    facts = facts_of(model)
    taken = {name for node in model.graph.node for name in (*node.input, *node.output)}
    nodes: list[onnx.NodeProto] = []
    gone: set[int] = set()
    count = 0
    for index, node in enumerate(model.graph.node):
        if index in gone:
            continue
        patch = Patch(model, f"zkchain_place_{index}_", node.name, taken)
        labels = _lookup(model, node, facts)
        if node.op_type not in ("ArgMax", "ArgMin") or not _place(node, labels, facts, patch):
            nodes.append(node)
            continue
        patch.commit()
        nodes += patch.nodes
        if labels is not None:
            gone.add(next(at for at, other in enumerate(model.graph.node) if other is labels))
        count += 1
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return count


def _lookup(model: onnx.ModelProto, place: onnx.NodeProto, facts: Facts) -> onnx.NodeProto | None:
    """The only user of the answer, where that picks one of a row of constant whole numbers by it."""
    users = [node for node in model.graph.node if place.output[0] in node.input]
    if len(users) != 1 or place.output[0] in {value.name for value in model.graph.output}:
        return None
    (user,) = users
    if user.op_type != "Gather" or user.input[1] != place.output[0] or attributes_of(user).get("axis", 0) != 0:
        return None
    table = facts.value(user.input[0])
    return user if table is not None and table.ndim == 1 and table.dtype == np.int64 else None


def _place(node: onnx.NodeProto, lookup: onnx.NodeProto | None, facts: Facts, patch: Patch) -> bool:
    shape, found = facts.shapes.get(node.input[0]), attributes_of(node)
    if not shape or facts.types.get(node.input[0]) != onnx.TensorProto.FLOAT or found.get("select_last_index", 0):
        return False
    if prod(shape) > MAX_REWRITTEN:
        return False
    axis = found.get("axis", 0) % len(shape)
    names = facts.value(lookup.input[0]) if lookup is not None else np.arange(shape[axis], dtype=np.int64)
    if names is None or shape[axis] != len(names):
        return False
    source = node.input[0] if node.op_type == "ArgMax" else patch.add("Neg", [node.input[0]])
    row = names.reshape([-1 if at == axis else 1 for at in range(len(shape))])
    best = _tournament(patch, source, axis, np.broadcast_to(row, shape))
    kept = [1] if found.get("keepdims", 1) else []
    answer = [*shape[:axis], *kept, *shape[axis + 1 :]]
    output = (lookup or node).output[0]
    patch.add("Reshape", [best, patch.constant(np.asarray(answer, np.int64))], output)
    return True


def _tournament(patch: Patch, source: str, axis: int, names: Ints) -> str:
    """The name of the largest along an axis. Neighbours meet, so that of equals the first wins, as ONNX has it."""
    size, named = names.shape[axis], patch.constant(np.ascontiguousarray(names))

    def picked(tensor: str, places: Ints) -> str:
        return patch.add("Gather", [tensor, patch.constant(places)], axis=axis)

    def better(tensor: str, share: str) -> str:
        """Each right neighbour where `share` is 1, its left one where it is 0, and an odd one out."""
        left, right = picked(tensor, np.arange(0, size - 1, 2)), picked(tensor, np.arange(1, size, 2))
        found = patch.add("Add", [left, patch.add("Mul", [share, patch.add("Sub", [right, left])])])
        return patch.add("Concat", [found, picked(tensor, np.arange(size - 1, size))], axis=axis) if size % 2 else found

    while size > 1:
        pair = picked(source, np.arange(1, size, 2)), picked(source, np.arange(0, size - 1, 2))
        wins = patch.add("Greater", [*pair])
        source = better(source, patch.add("Cast", [wins], to=onnx.TensorProto.FLOAT))
        named = better(named, patch.add("Cast", [wins], to=onnx.TensorProto.INT64))
        size -= size // 2
    return named


COMPARED: dict[str, Lowering] = {
    "Clip": _clip,
    "Max": _extreme,
    "Min": _extreme,
    "ReduceMax": _reduce,
    "ReduceMin": _reduce,
}
