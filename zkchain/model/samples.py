"""Samples that fit a model exactly: right tensors, shapes, types and ordinary values, or a typed error."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import SamplesUnreadable, ShapeMismatch, TensorMismatch, TypeMismatch, ValueOutOfRange
from ..records import ModelSpec, TensorSpec
from .sample_files import Table, read_csv, read_json, read_npy, read_npz, read_sample_file
from .tensors import numpy_type

Array = npt.NDArray[Any]
#: One array for each input of the model, in order, with the spec's shapes and types.
Sample = tuple[Array, ...]

#: The engine reads every number as a 64-bit float: whole numbers beyond this would be proved as others.
MAX_INTEGER = 2**53
_EZKL_KEY = "input_data"


def read_samples(path: Path, spec: ModelSpec) -> tuple[Sample, ...]:
    """All samples in a .json, .npz, .npy or .csv file, each with one array per input of `spec`.

    JSON is either ezkl's {"input_data": [[...], ...]} with a flat list for each input in order, or an object by
    tensor name, or a list of such objects. A tensor may hold several samples along a first axis.
    Raises SamplesNotFound, SamplesUnreadable, TensorMismatch, ShapeMismatch, TypeMismatch, ValueOutOfRange.
    """
    data = read_sample_file(path)
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return _by_name(read_npz(data, path), spec)
    if suffix == ".npy":
        return _by_name({_only_input(spec, path).name: read_npy(data, str(path))}, spec)
    if suffix == ".csv":
        tensor = _only_input(spec, path)
        return _by_name({tensor.name: read_csv(data, path, whole=tensor.dtype != "float")}, spec)
    if suffix == ".json":
        return _from_json(read_json(data, path), spec, path)
    raise SamplesUnreadable(f"{path} is named {suffix or 'without a suffix'}; known are .json, .npz, .npy, .csv")


def to_input_data(sample: Sample) -> list[list[float | int]]:
    """The sample as the engine reads it: a flat list for each input; booleans as 0 and 1."""
    return [(tensor.astype(np.int64) if tensor.dtype == np.bool_ else tensor).ravel().tolist() for tensor in sample]


def _from_json(value: object, spec: ModelSpec, path: Path) -> tuple[Sample, ...]:
    if isinstance(value, dict) and set(value) == {_EZKL_KEY} and _EZKL_KEY not in {t.name for t in spec.inputs}:
        return _ezkl(value[_EZKL_KEY], spec)
    if isinstance(value, dict):
        return _by_name(value, spec)
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return tuple(sample for item in value for sample in _by_name(item, spec))
    raise SamplesUnreadable(f"{path} holds neither an object nor a list of objects by tensor name", path=path)


def _ezkl(columns: object, spec: ModelSpec) -> tuple[Sample, ...]:
    """ezkl's form: one flat list for each input in order; k times the elements means k samples."""
    if not isinstance(columns, list) or not all(isinstance(column, list) for column in columns):
        raise SamplesUnreadable(f'"{_EZKL_KEY}" must be a list with one list for each input of the model')
    if len(columns) != len(spec.inputs):
        raise TensorMismatch(
            f'"{_EZKL_KEY}" has {len(columns)} lists; the model has {len(spec.inputs)} inputs: {_names(spec)}'
        )
    named: dict[str, Table] = {}
    for tensor, column in zip(spec.inputs, columns, strict=True):
        if not column or len(column) % tensor.elements:
            raise ShapeMismatch(
                f"input {tensor.name!r} has {len(column)} values; it takes {tensor.elements} a sample, "
                f"in shape {list(tensor.shape)}",
                tensor=tensor.name,
            )
        flat = _array(column, tensor)
        if flat.ndim != 1:
            raise ShapeMismatch(f'input {tensor.name!r}: "{_EZKL_KEY}" holds flat lists', tensor=tensor.name)
        named[tensor.name] = flat.reshape(-1, tensor.elements)
    return _by_name(named, spec)


def _by_name(tables: Mapping[str, Table], spec: ModelSpec) -> tuple[Sample, ...]:
    wanted = {tensor.name for tensor in spec.inputs}
    if set(tables) != wanted:
        missing, extra = sorted(wanted - set(tables)), sorted(set(tables) - wanted)
        raise TensorMismatch(
            f"missing inputs: {missing or 'none'}; unknown ones: {extra[:5] or 'none'}; the model takes {_names(spec)}",
            missing=missing,
            unknown=extra[:5],
        )
    stacks = [_stack(tables[tensor.name], tensor) for tensor in spec.inputs]
    counts = {len(stack) for stack in stacks}
    if len(counts) != 1:
        raise ShapeMismatch(
            "the inputs hold different numbers of samples: "
            + ", ".join(f"{tensor.name} {len(stack)}" for tensor, stack in zip(spec.inputs, stacks, strict=True))
        )
    return tuple(zip(*stacks, strict=True))


def _stack(table: Table, tensor: TensorSpec) -> Array:
    """Samples along a new first axis."""
    array = _array(table, tensor)
    shape = tensor.shape
    several = [(tensor.elements,), shape]
    if shape and shape[0] == 1:
        several.append(shape[1:])
    if array.size and array.shape in ((tensor.elements,), shape):
        return array.reshape(1, *shape)
    if array.size and array.shape[1:] in several:
        return array.reshape(-1, *shape)
    raise ShapeMismatch(
        f"input {tensor.name!r} has shape {list(array.shape)}; the model takes {list(shape)}, "
        f"its {tensor.elements} values in one list, or several of either along a first axis",
        tensor=tensor.name,
    )


def _array(table: Table, tensor: TensorSpec) -> Array:
    """Values of any shape as an array of the tensor's type."""
    array = table if isinstance(table, np.ndarray) else _from_lists(table, tensor)
    kind = array.dtype.kind
    if kind not in {"float": "fiu", "int": "iu", "bool": "biu"}[tensor.dtype]:
        raise TypeMismatch(
            f"input {tensor.name!r} takes {tensor.onnx_type} values; found an array of {array.dtype}",
            tensor=tensor.name,
        )
    return _converted(array, tensor)


def _converted(array: Array, tensor: TensorSpec) -> Array:
    """The array in the tensor's own type, nothing lost but float precision. Raises ValueOutOfRange."""
    target = numpy_type(tensor.onnx_type)
    if tensor.dtype == "float":
        with np.errstate(over="ignore"):
            result = array.astype(target)
        allowed = np.isfinite(result)
        words = f"a finite {tensor.onnx_type}"
    elif tensor.dtype == "bool":
        allowed, words = (array == 0) | (array == 1), "true or false"
        result = array.astype(target)
    else:
        limits = np.iinfo(target.name)
        low, high = max(int(limits.min), -MAX_INTEGER), min(int(limits.max), MAX_INTEGER)
        allowed, words = (array >= low) & (array <= high), f"within {low}..{high}"
        result = array.astype(target)
    if not allowed.all():
        index = int(np.flatnonzero(~allowed)[0])
        raise ValueOutOfRange(
            f"input {tensor.name!r} has a value at position {index} that is not {words}",
            tensor=tensor.name,
            index=index,
        )
    return result


def _from_lists(table: object, tensor: TensorSpec) -> Array:
    """Nested JSON lists as an array. Raises TypeMismatch, ShapeMismatch, ValueOutOfRange."""
    shape: list[int] = []
    level = table
    while isinstance(level, list):
        shape.append(len(level))
        level = level[0] if level else None
    values = _flatten(table, shape, tensor)
    if tensor.dtype == "float":
        return np.asarray([_as_float(value, tensor) for value in values], dtype=np.float64).reshape(shape)
    return np.asarray([_as_whole(value, tensor) for value in values], dtype=np.int64).reshape(shape)


def _flatten(table: object, shape: Sequence[int], tensor: TensorSpec) -> list[object]:
    items: list[object] = [table]
    for size in shape:
        for item in items:
            if not isinstance(item, list) or len(item) != size:
                raise ShapeMismatch(f"input {tensor.name!r} is ragged: its lists differ in length", tensor=tensor.name)
        items = [part for item in items if isinstance(item, list) for part in item]
    if any(isinstance(item, list) for item in items):
        raise ShapeMismatch(f"input {tensor.name!r} is ragged: its lists differ in depth", tensor=tensor.name)
    return items


def _as_float(value: object, tensor: TensorSpec) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _wrong_type(value, tensor)
    try:
        return float(value)
    except OverflowError:
        raise ValueOutOfRange(f"input {tensor.name!r} holds a number that no float can", tensor=tensor.name) from None


def _as_whole(value: object, tensor: TensorSpec) -> int:
    if isinstance(value, bool) and tensor.dtype == "bool":
        return int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _wrong_type(value, tensor)
    if not -(2**63) <= value < 2**63:
        raise ValueOutOfRange(f"input {tensor.name!r} holds a number beyond 64 bits", tensor=tensor.name)
    if value != int(value):
        raise _wrong_type(value, tensor)
    return int(value)


def _wrong_type(value: object, tensor: TensorSpec) -> TypeMismatch:
    """Says the type and not the value: inputs are private, and messages reach logs."""
    found = "null" if value is None else "a fraction" if isinstance(value, float) else f"a {type(value).__name__}"
    return TypeMismatch(f"input {tensor.name!r} takes {tensor.onnx_type} values; found {found}", tensor=tensor.name)


def _only_input(spec: ModelSpec, path: Path) -> TensorSpec:
    if len(spec.inputs) != 1:
        raise TensorMismatch(
            f"{path} can hold one tensor; the model has {len(spec.inputs)} inputs: {_names(spec)}",
            remedy="give a .json or .npz file with a value for each input",
        )
    return spec.inputs[0]


def _names(spec: ModelSpec) -> str:
    return ", ".join(f"{tensor.name} {list(tensor.shape)}" for tensor in spec.inputs)
