"""Lower normalisations and activations whose definition in ONNX needs loops or sequences."""

from math import pi

import numpy as np
import onnx

from .facts import Facts
from .patch import Lowering, Patch, attributes_of
from .tensors import is_float


def _rms(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """x / sqrt(mean(x * x) + epsilon) * scale over the axes from `axis` on."""
    source, found = node.input[0], attributes_of(node)
    shape, element = facts.shapes.get(source), facts.types.get(source, 0)
    if shape is None or element != onnx.TensorProto.FLOAT:
        return False
    first = found.get("axis", -1) % len(shape)
    mean = patch.reduce("ReduceMean", patch.add("Mul", [source, source]), axes=list(range(first, len(shape))))
    shifted = patch.add("Add", [mean, patch.like(element, found.get("epsilon", 1e-5))])
    normal = patch.add("Div", [source, patch.add("Sqrt", [shifted])])
    patch.add("Mul", [normal, node.input[1]], node.output[0])
    return True


def _group(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """Instance normalisation over groups of channels. Scale and bias are by channel (opset 21) or by group (18)."""
    source, found = node.input[0], attributes_of(node)
    shape, element = facts.shapes.get(source), facts.types.get(source, 0)
    groups, scale, bias = found["num_groups"], facts.value(node.input[1]), facts.value(node.input[2])
    if shape is None or len(shape) < 3 or element != onnx.TensorProto.FLOAT or scale is None or bias is None:
        return False
    if scale.size not in (groups, shape[1]) or bias.size != scale.size or shape[1] % groups:
        return False
    grouped = patch.add("Reshape", [source, patch.constant(np.asarray([shape[0], groups, -1]))])
    unit = [patch.constant(np.full(groups, value, np.float32)) for value in (1, 0)]
    normal = patch.add("InstanceNormalization", [grouped, *unit], epsilon=found.get("epsilon", 1e-5))
    whole = patch.add("Reshape", [normal, patch.constant(np.asarray(shape))])
    wide = (shape[1], *[1] * (len(shape) - 2))
    by_channel = [np.repeat(part.ravel(), shape[1] // part.size).reshape(wide) for part in (scale, bias)]
    scaled = patch.add("Mul", [whole, patch.constant(by_channel[0].astype(np.float32))])
    patch.add("Add", [scaled, patch.constant(by_channel[1].astype(np.float32))], node.output[0])
    return True


def _swish(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    source, alpha = node.input[0], attributes_of(node).get("alpha", 1.0)
    element = facts.types.get(source, 0)
    inner = source if alpha == 1.0 else patch.add("Mul", [source, patch.like(element, alpha)])
    patch.add("Mul", [source, patch.add("Sigmoid", [inner])], node.output[0])
    return True


def _gelu(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """x * (1 + erf(x / sqrt(2))) / 2, or with tanh(sqrt(2 / pi) * (x + 0.044715 * x * x * x)) in place of erf."""
    source, element = node.input[0], facts.types.get(node.input[0], 0)
    if not is_float(element):
        return False
    if attributes_of(node).get("approximate", "none") == "tanh":
        cube = patch.add("Mul", [patch.add("Mul", [source, source]), source])
        bent = patch.add("Add", [source, patch.add("Mul", [cube, patch.like(element, 0.044715)])])
        bell = patch.add("Tanh", [patch.add("Mul", [bent, patch.like(element, (2 / pi) ** 0.5)])])
    else:
        bell = patch.add("Erf", [patch.add("Mul", [source, patch.like(element, 0.5**0.5)])])
    halved = patch.add("Mul", [source, patch.like(element, 0.5)])
    patch.add("Mul", [halved, patch.add("Add", [bell, patch.like(element, 1)])], node.output[0])
    return True


def _mish(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """x * tanh(softplus(x))."""
    bent = patch.add("Tanh", [patch.add("Softplus", [node.input[0]])])
    patch.add("Mul", [node.input[0], bent], node.output[0])
    return True


def _lp(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """x / (the L1 or L2 norm along an axis)."""
    found = attributes_of(node)
    rank = len(facts.shapes.get(node.input[0], ()))
    if not rank or found.get("p", 2) not in (1, 2):
        return False
    norm = patch.reduce(f"ReduceL{found.get('p', 2)}", node.input[0], axes=[found.get("axis", -1) % rank])
    patch.add("Div", [node.input[0], norm], node.output[0])
    return True


NORM_LOWERINGS: dict[str, Lowering] = {
    "Gelu": _gelu,
    "GroupNormalization": _group,
    "LpNormalization": _lp,
    "Mish": _mish,
    "RMSNormalization": _rms,
    "Swish": _swish,
}
