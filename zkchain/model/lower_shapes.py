"""Lower operators that move elements around, by gathering with constant indices, and those with unusual settings."""

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from .facts import Facts
from .patch import Lowering, Patch, attributes_of
from .tensors import is_float

#: NumPy's names for ONNX's modes of Pad.
_PAD_MODES = {"reflect": "reflect", "edge": "edge", "wrap": "wrap"}


def _tile(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """ezkl tiles the first axis alone; any axis can be gathered several times over."""
    shape, repeats = facts.shapes.get(node.input[0]), facts.value(node.input[1])
    if shape is None or repeats is None or repeats.shape != (len(shape),) or (repeats < 1).any():
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
        if max(before, after) >= shape[axis] and mode != "edge":
            return False
        indices[axis] = np.pad(indices[axis], (int(before), int(after)), mode=mode)  # type: ignore[call-overload]
    return _gather_axes(node, shape, indices, patch)


def _gather_axes(node: onnx.NodeProto, shape: tuple[int, ...], indices: list[npt.NDArray[Any]], patch: Patch) -> bool:
    changed = [axis for axis, picks in enumerate(indices) if not np.array_equal(picks, np.arange(shape[axis]))]
    source = node.input[0]
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


def _pow(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """ezkl's power with a negative exponent is wrong without a word; a reciprocal of a power is right."""
    exponent = facts.value(node.input[1])
    if exponent is None or exponent.size != 1 or exponent.ravel()[0] >= 0 or not is_float(facts.types[node.input[0]]):
        return False
    raised = node.input[0]
    if exponent.ravel()[0] != -1:
        raised = patch.add("Pow", [raised, patch.constant(-exponent)])
    patch.add("Reciprocal", [raised], node.output[0])
    return True


def _cast(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """ONNX truncates floats towards zero and takes every number but 0 for true; ezkl's Cast rounds down."""
    source, target = node.input[0], int(attributes_of(node).get("to", 0))
    element = facts.types.get(source, 0)
    if not is_float(element) or is_float(target):
        return False
    if target == onnx.TensorProto.BOOL:
        patch.add("Not", [patch.add("Equal", [source, patch.like(element, 0)])], node.output[0])
        return True
    size = patch.add("Floor", [patch.add("Abs", [source])])
    whole = patch.add("Mul", [patch.add("Sign", [source]), size])
    patch.add("Cast", [whole], node.output[0], to=target)
    return True


def _conv_transpose(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """ezkl wants the strides said, though ONNX has a default."""
    rank = len(facts.shapes.get(node.input[1], ())) - 2
    if rank < 1 or "strides" in attributes_of(node):
        return False
    patch.copy(node, list(node.input), strides=[1] * rank)
    return True


SHAPE_LOWERINGS: dict[str, Lowering] = {
    "Cast": _cast,
    "ConvTranspose": _conv_transpose,
    "Pad": _pad,
    "Pow": _pow,
    "Resize": _resize,
    "Tile": _tile,
}
