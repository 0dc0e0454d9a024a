"""Lower convolutions and poolings whose settings the engine refuses or gets wrong."""

from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx.reference import ReferenceEvaluator

from .facts import Facts
from .patch import MAX_REWRITTEN, Lowering, Patch, attributes_of

#: Largest number of elements of a pooling whose window sizes are counted here.
_MAX_COUNTED = 2**22


def _conv(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """The engine wants the strides said, and no dilation: a dilated kernel is one with zeros in between."""
    found, weights = attributes_of(node), facts.value(node.input[1])
    rank = len(facts.shapes.get(node.input[1], ())) - 2
    if rank < 1:
        return False
    changes: dict[str, Any] = {} if "strides" in found else {"strides": [1] * rank}
    inputs = list(node.input)
    dilations = found.get("dilations", [1] * rank)
    if any(step != 1 for step in dilations) and weights is not None and len(dilations) == rank:
        wide = _dilated(weights, dilations)
        if wide is None:
            return False
        inputs[1] = patch.constant(wide)
        changes |= {"dilations": [1] * rank, "kernel_shape": list(wide.shape[2:])}
    if changes:
        patch.copy(node, inputs, **changes)
    return bool(changes)


def _dilated(weights: npt.NDArray[Any], dilations: list[int]) -> npt.NDArray[Any] | None:
    sizes = [(size - 1) * step + 1 for size, step in zip(weights.shape[2:], dilations, strict=True)]
    if min(dilations) < 1 or prod(weights.shape[:2]) * prod(sizes) > MAX_REWRITTEN:
        return None
    wide = np.zeros((*weights.shape[:2], *sizes), weights.dtype)
    wide[(slice(None), slice(None), *(slice(None, None, step) for step in dilations))] = weights
    return wide


def _pool(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """The engine wants the strides said."""
    if "strides" in attributes_of(node):
        return False
    patch.copy(node, list(node.input), **_strides(node))
    return True


def _average_pool(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """The engine counts the padding in the average, which ONNX does only when told to; a constant map corrects it."""
    found = attributes_of(node)
    padded = any(found.get("pads", [])) or found.get("auto_pad", "NOTSET") in ("SAME_UPPER", "SAME_LOWER")
    if not padded or found.get("count_include_pad", 0):
        return _pool(node, facts, patch)
    shape = facts.shapes.get(node.input[0], ())
    counts = _share_of_input(node, (1, 1, *shape[2:])) if 0 < prod(shape) <= _MAX_COUNTED else None
    if counts is None or not (counts > 0).all():
        return False
    sums = patch.copy(node, list(node.input), patch.fresh(), count_include_pad=1, **_strides(node))
    factors = (1 / counts.astype(np.float64)).astype(np.float32)
    patch.add("Mul", [sums, patch.constant(factors)], node.output[0])
    return True


def _share_of_input(node: onnx.NodeProto, shape: tuple[int, ...]) -> npt.NDArray[Any] | None:
    """The average of ones, padding counted: what part of each window lies on the input."""
    lone = onnx.NodeProto()
    lone.CopyFrom(node)
    kept = [attribute for attribute in node.attribute if attribute.name != "count_include_pad"]
    for field in ("attribute", "input", "output"):
        lone.ClearField(field)
    lone.attribute.extend([*kept, onnx.helper.make_attribute("count_include_pad", 1)])
    lone.input.append("ones")
    lone.output.append("share")
    value = onnx.helper.make_tensor_value_info("ones", onnx.TensorProto.FLOAT, shape)
    graph = onnx.helper.make_graph([lone], "share", [value], [onnx.ValueInfoProto(name="share")])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 19)])
    try:
        (share,) = ReferenceEvaluator(model).run(None, {"ones": np.ones(shape, np.float32)})
        return np.asarray(share)
    except Exception:  # noqa: BLE001 - the reference raises anything; the node stays and is refused by name
        return None


def _strides(node: onnx.NodeProto) -> dict[str, Any]:
    found = attributes_of(node)
    return {} if "strides" in found else {"strides": [1] * len(found["kernel_shape"])}


WINDOW_LOWERINGS: dict[str, Lowering] = {
    "AveragePool": _average_pool,
    "Conv": _conv,
    "ConvTranspose": _conv,
    "MaxPool": _pool,
}
