"""The description of a normalised model."""

from collections import Counter
from collections.abc import Sequence
from math import prod

import onnx
from google.protobuf.message import DecodeError

from ..errors import ModelInvalid
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


def described(data: bytes, name: str, notes: Sequence[str]) -> Model:
    """The model of bytes that `seal` made, described anew from nothing but them. Raises ModelInvalid."""
    try:
        proto = onnx.ModelProto.FromString(data)
    except DecodeError as error:
        raise ModelInvalid(f"the model {name!r} cannot be read", name=name) from error
    return seal(proto, name, notes)


def _tensor(value: onnx.ValueInfoProto) -> TensorSpec:
    element = value.type.tensor_type.elem_type
    return TensorSpec(
        name=value.name,
        shape=shape_of(value),
        dtype=kind_of(element, f"tensor {value.name!r}"),
        onnx_type=type_name(element),
    )
