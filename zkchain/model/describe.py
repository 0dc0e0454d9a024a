"""The description of a normalised model."""

from collections import Counter
from collections.abc import Sequence
from math import prod

import onnx

from ..records import Model, ModelSpec, TensorSpec
from ..values import sha256_of
from .shapes import shape_of
from .structure import opset_of
from .tensors import all_nodes, all_tensors, kind_of, type_name


def seal(model: onnx.ModelProto, name: str, notes: Sequence[str]) -> Model:
    """Serialise a normalised model (one model, one byte string) and describe it."""
    data = model.SerializeToString(deterministic=True)
    census = Counter(f"{node.domain}.{node.op_type}".lstrip(".") for node in all_nodes(model))
    spec = ModelSpec(
        name=name,
        digest=sha256_of(data),
        inputs=tuple(_tensor(value) for value in model.graph.input),
        outputs=tuple(_tensor(value) for value in model.graph.output),
        opset=opset_of(model),
        operators=tuple(sorted(census.items())),
        parameters=sum(prod(tensor.dims) for tensor in all_tensors(model)),
        notes=tuple(notes),
    )
    return Model(spec=spec, onnx=data)


def _tensor(value: onnx.ValueInfoProto) -> TensorSpec:
    element = value.type.tensor_type.elem_type
    return TensorSpec(
        name=value.name,
        shape=shape_of(value),
        dtype=kind_of(element, f"tensor {value.name!r}"),
        onnx_type=type_name(element),
    )
