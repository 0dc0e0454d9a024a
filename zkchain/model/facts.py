"""What is known of a graph's tensors before it runs: element types, shapes, constant values."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper, shape_inference

from ..errors import ModelInvalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """By tensor name. `shapes` has only those without an unknown dimension."""

    types: dict[str, int]
    shapes: dict[str, tuple[int, ...]]
    constants: dict[str, onnx.TensorProto]

    def value(self, name: str) -> npt.NDArray[Any] | None:
        """The constant of that name; None when it is computed or there is none."""
        return numpy_helper.to_array(self.constants[name]) if name in self.constants else None


def facts_of(model: onnx.ModelProto) -> Facts:
    """Infer the facts of the main graph. Raises ModelInvalid where types clash."""
    graph = inferred(model).graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            for attribute in node.attribute:
                tensor = _constant(attribute)
                if tensor is not None:
                    constants[node.output[0]] = tensor
    types = {name: int(tensor.data_type) for name, tensor in constants.items()}
    shapes = {name: tuple(tensor.dims) for name, tensor in constants.items()}
    for value in (*graph.input, *graph.value_info, *graph.output):
        kind = value.type.tensor_type
        types[value.name] = int(kind.elem_type)
        if kind.HasField("shape") and all(dim.HasField("dim_value") for dim in kind.shape.dim):
            shapes[value.name] = tuple(dim.dim_value for dim in kind.shape.dim)
    return Facts(types=types, shapes=shapes, constants=constants)


def inferred(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with what shape inference finds, which may be little. Raises ModelInvalid where types clash."""
    try:
        return shape_inference.infer_shapes(model, data_prop=True)
    except (shape_inference.InferenceError, RuntimeError, ValueError) as error:
        raise ModelInvalid(f"types of the model do not fit together: {str(error).strip()[:300]}") from None


def _constant(attribute: onnx.AttributeProto) -> onnx.TensorProto | None:
    value = helper.get_attribute_value(attribute)
    kinds = {"value_float": np.float32, "value_floats": np.float32, "value_int": np.int64, "value_ints": np.int64}
    if attribute.name == "value":
        tensor: onnx.TensorProto = value
        return tensor
    if attribute.name in kinds:
        return numpy_helper.from_array(np.asarray(value, dtype=kinds[attribute.name]))
    return None
