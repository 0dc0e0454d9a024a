"""Dimensions: fix the unknown ones, refuse the absurd ones, describe tensors."""

from collections.abc import Mapping

import onnx
from onnx import TensorProto, ValueInfoProto

from ..errors import BadDimension, ModelInvalid, UsageError
from ..records import DType, TensorSpec

#: More elements than this in one tensor cannot be proved on any machine, and would exhaust this one.
MAX_ELEMENTS = 2**26

_DTYPES: dict[int, DType] = {
    TensorProto.FLOAT: "float",
    TensorProto.FLOAT16: "float",
    TensorProto.DOUBLE: "float",
    TensorProto.INT8: "int",
    TensorProto.INT16: "int",
    TensorProto.INT32: "int",
    TensorProto.INT64: "int",
    TensorProto.UINT8: "int",
    TensorProto.UINT16: "int",
    TensorProto.UINT32: "int",
    TensorProto.BOOL: "bool",
}


def fix_dims(proto: onnx.ModelProto, dims: Mapping[str, int]) -> list[str]:
    """Give every input dimension a size, in place; the notes say which became what.

    Output shapes are dropped, to be inferred anew. Raises BadDimension and, for a name in `dims` that the model
    does not have, UsageError.
    """
    bad = {name: size for name, size in dims.items() if size < 1}
    if bad:
        raise BadDimension(f"dimensions must be at least 1: {bad}")
    notes: list[str] = []
    symbols: set[str] = set()
    for value in proto.graph.input:
        kind = value.type.tensor_type
        if not value.type.HasField("tensor_type") or not kind.HasField("shape"):
            raise BadDimension(f"input {value.name!r} has no tensor shape", remedy="export the model with fixed shapes")
        for axis, dim in enumerate(kind.shape.dim):
            symbol = dim.dim_param
            symbols.add(symbol)
            if dim.HasField("dim_value") and dim.dim_value != -1:
                continue
            size = dims.get(symbol, 1)
            dim.Clear()
            dim.dim_value = size
            label = symbol or f"{value.name}[{axis}]"
            note = f"dimension {label} of input {value.name} set to {size}"
            notes.append(note if symbol in dims else note + ", since it was left open")
    unknown = sorted(set(dims) - symbols)
    if unknown:
        named = ", ".join(sorted(symbols - {""})) or "none"
        raise UsageError(f"the model has no open dimension {unknown[0]!r}; it has: {named}", name=unknown[0])
    for value in proto.graph.output:
        value.type.tensor_type.ClearField("shape")
    return notes


def tensor_spec(value: ValueInfoProto) -> TensorSpec:
    """The spec of an input or output. Raises BadDimension and ModelInvalid."""
    kind = value.type.tensor_type
    dtype = _DTYPES.get(kind.elem_type)
    if not value.type.HasField("tensor_type") or dtype is None:
        name = TensorProto.DataType.Name(kind.elem_type) if value.type.HasField("tensor_type") else "no tensor"
        raise ModelInvalid(
            f"{value.name!r} is {name}; circuits take float, integer and boolean tensors", remedy="drop or cast it"
        )
    if not kind.HasField("shape") or any(not dim.HasField("dim_value") for dim in kind.shape.dim):
        raise BadDimension(f"the shape of {value.name!r} is not known before the model runs", name=value.name)
    spec = TensorSpec(
        name=value.name,
        shape=tuple(dim.dim_value for dim in kind.shape.dim),
        dtype=dtype,
        onnx_type=TensorProto.DataType.Name(kind.elem_type),
    )
    refuse_absurd(spec.name, spec.shape)
    return spec


def refuse_absurd(name: str, shape: tuple[int, ...]) -> None:
    """Raise BadDimension for a zero or negative size, or more than MAX_ELEMENTS elements."""
    count = 1
    for size in shape:
        count *= size
        if size < 1 or count > MAX_ELEMENTS:
            raise BadDimension(
                f"{name!r} has shape {list(shape)}; sizes must be at least 1, with at most {MAX_ELEMENTS:,} elements",
                remedy="export the model with a sensible shape",
                name=name,
            )
