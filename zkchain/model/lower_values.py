"""Lower operators on single values that the engine takes and computes otherwise than ONNX defines them."""

from math import prod

import numpy as np
import onnx

from .facts import Facts
from .patch import Lowering, Patch, attributes_of
from .tensors import is_float


def _pow(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """With a negative exponent the engine is wrong without a word; a reciprocal of a power is right."""
    exponent = facts.value(node.input[1])
    if exponent is None or exponent.size != 1 or exponent.ravel()[0] >= 0:
        return False
    if not is_float(facts.types.get(node.input[0], 0)):
        return False
    raised = node.input[0]
    if exponent.ravel()[0] != -1:
        raised = patch.add("Pow", [raised, patch.constant(-exponent)])
    patch.add("Reciprocal", [raised], node.output[0])
    return True


def _cast(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """ONNX truncates floats towards zero and takes every number but 0 for true; the engine rounds down."""
    source, target = node.input[0], int(attributes_of(node).get("to", 0))
    element = facts.types.get(source, 0)
    if element == onnx.TensorProto.BOOL or (target != onnx.TensorProto.BOOL and not is_float(element)):
        return False
    if target == onnx.TensorProto.BOOL:
        patch.add("Not", [patch.add("Equal", [source, patch.like(element, 0)])], node.output[0])
        return True
    if is_float(target):
        return False
    size = patch.add("Floor", [patch.add("Abs", [source])])
    whole = patch.add("Mul", [patch.add("Sign", [source]), size])
    patch.add("Cast", [whole], node.output[0], to=target)
    return True


def _equal(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """The engine gives the answer the scale of the floats that it compared, so that 1 reads as a fraction."""
    if not is_float(facts.types.get(node.input[0], 0)):
        return False
    patch.add("Not", [patch.add("Not", [patch.add("Equal", list(node.input))])], node.output[0])
    return True


def _max(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """The engine takes a constant of many elements in Min, but not in Max."""
    constants = [name for name in node.input if prod(facts.shapes.get(name, ())) > 1 and name in facts.constants]
    if len(node.input) < 2 or not constants:
        return False
    result = node.input[0]
    for index, other in enumerate(node.input[1:]):
        last = index == len(node.input) - 2
        lowest = patch.add("Min", [patch.add("Neg", [result]), patch.add("Neg", [other])])
        result = patch.add("Neg", [lowest], node.output[0] if last else None)
    return True


def _one_hot(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """The engine answers 0 and 1 whatever the values are. Compared with every class, from both ends."""
    depth, values = facts.value(node.input[1]), facts.value(node.input[2])
    shape, element = facts.shapes.get(node.input[0]), facts.types.get(node.input[0], 0)
    if depth is None or depth.size != 1 or values is None or values.size != 2 or shape is None:
        return False
    kind, classes = facts.types[node.input[2]], int(depth.ravel()[0])
    if is_float(element) or values.dtype.kind not in "fiu" or not 1 <= classes <= 2**16:
        return False
    axis = attributes_of(node).get("axis", -1) % (len(shape) + 1)
    wide = patch.add("Reshape", [node.input[0], patch.constant(np.asarray([*shape[:axis], 1, *shape[axis:]]))])
    places = [1] * (len(shape) + 1)
    places[axis] = classes
    numbers = np.arange(classes).reshape(places).astype(onnx.helper.tensor_dtype_to_np_dtype(element))
    hits = [patch.add("Equal", [wide, patch.constant(numbers)])]
    if element in (onnx.TensorProto.INT32, onnx.TensorProto.INT64):
        hits.append(patch.add("Equal", [wide, patch.constant(numbers - classes)]))
    hot = hits[0] if len(hits) == 1 else patch.add("Or", hits)
    off, on = (patch.like(kind, float(value)) for value in values.ravel())
    scaled = patch.add("Mul", [patch.add("Cast", [hot], to=kind), patch.add("Sub", [on, off])])
    patch.add("Add", [scaled, off], node.output[0])
    return True


def _softmax(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """Before opset 13 the axis split the tensor in two: all from it on was one row."""
    shape = facts.shapes.get(node.input[0])
    if patch.opset >= 13 or shape is None or any(size < 1 for size in shape):
        return False
    axis = attributes_of(node).get("axis", 1)
    axis += len(shape) if axis < 0 else 0
    rows = (prod(shape[:axis]), prod(shape[axis:]))
    if shape == rows:
        return False
    flat = patch.add("Reshape", [node.input[0], patch.constant(np.asarray(rows))])
    done = patch.add(node.op_type, [flat], axis=1)
    patch.add("Reshape", [done, patch.constant(np.asarray(shape))], node.output[0])
    return True


VALUE_LOWERINGS: dict[str, Lowering] = {
    "Cast": _cast,
    "Equal": _equal,
    "Hardmax": _softmax,
    "LogSoftmax": _softmax,
    "Max": _max,
    "OneHot": _one_hot,
    "Pow": _pow,
    "Softmax": _softmax,
}
