"""Weights: count them, and refuse those that no circuit can hold. ezkl turns NaN into 0 without a word."""

import math

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from ..errors import BadWeights, ModelInvalid
from .dims import refuse_absurd
from .files import all_tensors

#: At the smallest scale a larger weight overflows the range checks of every layout.
MAX_WEIGHT = 1e9

_FLOATS = {TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.BFLOAT16}
_WHOLE = {
    TensorProto.INT8,
    TensorProto.INT16,
    TensorProto.INT32,
    TensorProto.INT64,
    TensorProto.UINT8,
    TensorProto.UINT16,
    TensorProto.UINT32,
    TensorProto.BOOL,
}


def refuse_bad_weights(proto: onnx.ModelProto) -> None:
    """Raise BadWeights naming the tensor and index of a NaN, infinite or huge weight; ModelInvalid, BadDimension."""
    for tensor in all_tensors(proto):
        label = tensor.name or "a constant"
        if tensor.data_type in _FLOATS:
            _refuse_bad_floats(label, tensor)
        elif tensor.data_type not in _WHOLE and tensor.data_type != TensorProto.STRING:
            kind = TensorProto.DataType.Name(tensor.data_type)
            raise ModelInvalid(f"{label!r} is {kind}; circuits take float, integer and boolean weights")
    for node in proto.graph.node:
        for attribute in node.attribute:
            values = [*attribute.floats, *([attribute.f] if attribute.type == onnx.AttributeProto.FLOAT else [])]
            bad = next((value for value in values if not math.isfinite(value)), None)
            if bad is not None and node.op_type != "Clip":
                raise BadWeights(f"attribute {attribute.name!r} of {node.op_type} {node.name!r} holds {bad}")


def count_parameters(proto: onnx.ModelProto) -> int:
    """Number of scalars in the initializers, and in the float attributes that tree operators keep theirs in."""
    tensors: int = sum(math.prod(tensor.dims) for tensor in proto.graph.initializer)
    attributes: int = sum(len(attribute.floats) for node in proto.graph.node for attribute in node.attribute)
    return tensors + attributes


def _refuse_bad_floats(label: str, tensor: TensorProto) -> None:
    refuse_absurd(label, tuple(tensor.dims) if math.prod(tensor.dims) else (1,))
    try:
        values = numpy_helper.to_array(tensor).astype(np.float64)
    except (ValueError, TypeError) as error:
        raise ModelInvalid(f"{label!r} has shape {list(tensor.dims)} but not that much data: {error}") from error
    bad = ~np.isfinite(values) | (np.abs(values) > MAX_WEIGHT)
    if bad.any():
        index = tuple(int(axis[0]) for axis in np.nonzero(bad))
        raise BadWeights(
            f"weight {label!r}{list(index)} is {values[index]:g}; weights must be finite and at most {MAX_WEIGHT:g}",
            tensor=label,
            index=index,
        )
