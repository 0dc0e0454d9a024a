"""Give every tensor a fixed shape: dimensions from the caller or 1, the rest by inference."""

from collections.abc import Mapping

import onnx
from onnx import shape_inference

from ..errors import BadDimension, ModelInvalid, UnsupportedType
from .tensors import MAX_ELEMENTS, kind_of


def open_dimensions(model: onnx.ModelProto) -> tuple[str, ...]:
    """Names of the input dimensions that a caller may fix, in order: the symbol, or "input.axis" where it has none."""
    found: dict[str, None] = {}
    for value in model.graph.input:
        for axis, dimension in enumerate(value.type.tensor_type.shape.dim):
            if _is_open(dimension):
                found[_dimension_name(value.name, axis, dimension)] = None
    return tuple(found)


def fix_dimensions(model: onnx.ModelProto, dims: Mapping[str, int]) -> tuple[str, ...]:
    """Write a size into every open input dimension, from `dims` or 1, and say so. Raises BadDimension."""
    notes: dict[str, None] = {}
    unused = set(dims)
    for value in model.graph.input:
        _require_dense(value)
        for axis, dimension in enumerate(value.type.tensor_type.shape.dim):
            if not _is_open(dimension):
                continue
            name = _dimension_name(value.name, axis, dimension)
            keys = {name, f"{value.name}.{axis}"}
            unused -= keys
            size = next((dims[key] for key in sorted(keys) if key in dims), 1)
            dimension.dim_value = size
            notes[f"dimension {name} of input {value.name} set to {size}"] = None
        _check_shape(value, "input")
    if unused:
        raise BadDimension(
            f"the model has no open dimension named {sorted(unused)[0]!r}",
            remedy="open dimensions are listed by `zkchain inspect MODEL`",
        )
    return tuple(notes)


def infer_shapes(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with all output shapes known. Raises ModelInvalid where types clash, BadDimension where one is open."""
    for value in model.graph.output:
        for dimension in value.type.tensor_type.shape.dim:
            if _is_open(dimension):
                dimension.Clear()
    del model.graph.value_info[:]
    try:
        inferred = shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    except (shape_inference.InferenceError, RuntimeError, ValueError) as error:
        raise ModelInvalid(f"shapes and types of the model do not fit together: {str(error).strip()[:300]}") from None
    for value in inferred.graph.output:
        _require_dense(value)
        if not value.type.tensor_type.HasField("shape"):
            raise BadDimension(f"the shape of output {value.name!r} depends on the data", output=value.name)
        _check_shape(value, "output")
    total = sum(_elements(value) for value in inferred.graph.value_info)
    if total > MAX_ELEMENTS:
        raise BadDimension(f"the intermediate tensors have {total:,} elements; the limit is {MAX_ELEMENTS:,}")
    del inferred.graph.value_info[:]
    return inferred


def all_shapes(model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    """Shapes of all tensors of a normalised model's main graph by name; an unknown dimension counts as 1."""
    graph = shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        shapes[value.name] = tuple(max(size, 1) for size in shape_of(value))
    return shapes


def shape_of(value: onnx.ValueInfoProto) -> tuple[int, ...]:
    """The fixed shape of an input or output."""
    return tuple(dimension.dim_value for dimension in value.type.tensor_type.shape.dim)


def _is_open(dimension: onnx.TensorShapeProto.Dimension) -> bool:
    return not dimension.HasField("dim_value") or dimension.dim_value == -1


def _dimension_name(tensor: str, axis: int, dimension: onnx.TensorShapeProto.Dimension) -> str:
    return str(dimension.dim_param or f"{tensor}.{axis}")


def _require_dense(value: onnx.ValueInfoProto) -> None:
    what = value.type.WhichOneof("value")
    if what != "tensor_type":
        raise UnsupportedType(
            f"{value.name!r} is a {(what or 'value of no type').removesuffix('_type')}; inputs and outputs are tensors",
            owner=value.name,
        )
    kind_of(value.type.tensor_type.elem_type, f"tensor {value.name!r}")


def _check_shape(value: onnx.ValueInfoProto, what: str) -> None:
    if not value.type.tensor_type.HasField("shape"):
        raise BadDimension(f"{what} {value.name!r} has no shape, not even a rank", remedy="export it with its shape")
    for axis, dimension in enumerate(value.type.tensor_type.shape.dim):
        if _is_open(dimension):
            raise BadDimension(f"axis {axis} of {what} {value.name!r} depends on the data", tensor=value.name)
        if dimension.dim_value < 1:
            raise BadDimension(
                f"axis {axis} of {what} {value.name!r} has size {dimension.dim_value}; it must be at least 1",
                tensor=value.name,
            )
    count = _elements(value)
    if count > MAX_ELEMENTS:
        raise BadDimension(
            f"{what} {value.name!r} has {count:,} elements; the limit is {MAX_ELEMENTS:,}", tensor=value.name
        )


def _elements(value: onnx.ValueInfoProto) -> int:
    count = 1
    for size in shape_of(value):
        count *= max(size, 1)
    return count
