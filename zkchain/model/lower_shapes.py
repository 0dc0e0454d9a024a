"""Lower operators that move elements around, by gathering with constant indices."""

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from .facts import Facts
from .patch import MAX_REWRITTEN, Lowering, Patch, attributes_of

#: NumPy's names for ONNX's modes of Pad.
_PAD_MODES = {"reflect": "reflect", "edge": "edge", "wrap": "wrap"}


def _tile(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """ezkl tiles the first axis alone; any axis can be gathered several times over."""
    shape, repeats = facts.shapes.get(node.input[0]), facts.value(node.input[1])
    if shape is None or repeats is None or repeats.shape != (len(shape),) or (repeats < 1).any():
        return False
    if any(size * int(times) > MAX_REWRITTEN for size, times in zip(shape, repeats, strict=True)):
        return False
    indices = [np.tile(np.arange(size), int(times)) for size, times in zip(shape, repeats, strict=True)]
    return _gather_axes(node, shape, indices, patch)


def _pad(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """ezkl pads with zeros only; the other modes repeat elements that are there."""
    found = attributes_of(node)
    mode, shape = _PAD_MODES.get(found.get("mode", "constant")), facts.shapes.get(node.input[0])
    if mode is None or shape is None or any(size < 1 for size in shape):
        return False
    pads = np.asarray(found["pads"]) if "pads" in found else facts.value(node.input[1])
    axes = list(range(len(shape)))
    if len(node.input) > 3 and node.input[3]:
        given = facts.value(node.input[3])
        axes = [] if given is None else [int(axis) % len(shape) for axis in given]
    if pads is None or pads.size != 2 * len(axes) or not axes or (pads < 0).any():
        return False
    indices = [np.arange(size) for size in shape]
    for axis, before, after in zip(axes, pads[: len(axes)], pads[len(axes) :], strict=True):
        if max(before, after) >= (MAX_REWRITTEN if mode == "edge" else shape[axis]):
            return False
        indices[axis] = np.pad(indices[axis], (int(before), int(after)), mode=mode)  # type: ignore[call-overload]
    return _gather_axes(node, shape, indices, patch)


def _gather_axes(
    node: onnx.NodeProto,
    shape: tuple[int, ...],
    indices: list[npt.NDArray[Any]],
    patch: Patch,
    start: str | None = None,
) -> bool:
    changed = [axis for axis, picks in enumerate(indices) if not np.array_equal(picks, np.arange(shape[axis]))]
    source = start or node.input[0]
    for axis in changed:
        source = patch.add("Gather", [source, patch.constant(indices[axis].astype(np.int64))], axis=axis)
    patch.add("Identity", [source], node.output[0])
    return True


def _resize(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """ezkl wants scales; where sizes are given, they follow from the input's shape."""
    if len(node.input) < 4 or not node.input[3] or (len(node.input[2:3]) and node.input[2]):
        return False
    shape, sizes = facts.shapes.get(node.input[0]), facts.value(node.input[3])
    found = attributes_of(node)
    if shape is None or sizes is None or sizes.shape != (len(shape),) or "axes" in found:
        return False
    if found.get("keep_aspect_ratio_policy", "stretch") != "stretch" or any(size < 1 for size in shape):
        return False
    scales = patch.constant((sizes / np.asarray(shape)).astype(np.float32))
    patch.copy(node, [node.input[0], node.input[1], scales])
    return True


def _expand(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """With new leading axes the engine repeats elements in the wrong order; gathering repeats them in the right one."""
    shape, result = facts.shapes.get(node.input[0]), facts.shapes.get(node.output[0])
    if shape is None or result is None or any(size < 1 for size in shape):
        return False
    padded = (*[1] * (len(result) - len(shape)), *shape)
    indices = [
        np.arange(new) if old == new else np.zeros(new, np.int64) for old, new in zip(padded, result, strict=True)
    ]
    source = patch.add("Reshape", [node.input[0], patch.constant(np.asarray(padded, np.int64))])
    return _gather_axes(node, padded, indices, patch, source)


def _trilu(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """The engine gives the tensor back unchanged; a product with a triangle of ones is right."""
    shape, kind = facts.shapes.get(node.input[0]), facts.types.get(node.input[0], 0)
    diagonal = facts.value(node.input[1]) if len(node.input) > 1 and node.input[1] else np.asarray(0)
    if shape is None or len(shape) < 2 or diagonal is None or kind == onnx.TensorProto.BOOL:
        return False
    keep = np.triu if attributes_of(node).get("upper", 1) else np.tril
    mask = keep(np.ones(shape[-2:]), int(diagonal.ravel()[0]))
    typed = mask.astype(onnx.helper.tensor_dtype_to_np_dtype(kind))
    patch.add("Mul", [node.input[0], patch.constant(typed)], node.output[0])
    return True


def _gather(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """The engine does not count negative indices from the end."""
    shape, indices = facts.shapes.get(node.input[0]), facts.value(node.input[1])
    axis = attributes_of(node).get("axis", 0)
    if shape is None or indices is None or not -len(shape) <= axis < len(shape) or not (indices < 0).any():
        return False
    positive = np.where(indices < 0, indices + shape[axis], indices).astype(np.int64)
    patch.copy(node, [node.input[0], patch.constant(positive)])
    return True


SHAPE_LOWERINGS: dict[str, Lowering] = {
    "Expand": _expand,
    "Gather": _gather,
    "GatherElements": _gather,
    "Pad": _pad,
    "Resize": _resize,
    "Tile": _tile,
    "Trilu": _trilu,
}
