"""Read samples and inputs: exact names, counts, shapes and types, or a typed error."""

import csv
import io
import json
import math
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import SamplesNotFound, SamplesUnreadable, ShapeMismatch, TensorMismatch, TypeMismatch, ValueOutOfRange
from ..records import ModelSpec, TensorSpec
from .evaluate import Sample

#: Largest samples file, before and after decompression.
MAX_BYTES = 256 * 2**20

#: NumPy types by ONNX element type.
NUMPY_TYPES: dict[str, type[np.generic]] = {
    "FLOAT": np.float32,
    "FLOAT16": np.float16,
    "DOUBLE": np.float64,
    "INT8": np.int8,
    "INT16": np.int16,
    "INT32": np.int32,
    "INT64": np.int64,
    "UINT8": np.uint8,
    "UINT16": np.uint16,
    "UINT32": np.uint32,
    "BOOL": np.bool_,
}


def read_samples(path: Path, spec: ModelSpec) -> tuple[Sample, ...]:
    """The samples in `path`, each a tuple with one array an input of `spec`, in its order, type and shape.

    Formats by suffix: .json (ezkl's {"input_data": [...]}, or an object by tensor name, or a list of such objects),
    .npz by tensor name, and .npy and .csv for models with one input. An input with k times its elements holds k
    samples. Raises SamplesNotFound, SamplesUnreadable, TensorMismatch, ShapeMismatch, TypeMismatch, ValueOutOfRange.
    """
    if not path.is_file():
        raise SamplesNotFound(f"{path} is not a file", path=path)
    if path.stat().st_size > MAX_BYTES:
        raise SamplesUnreadable(f"{path} has {path.stat().st_size:,} bytes; the limit is {MAX_BYTES:,}", path=path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise SamplesUnreadable(
            f"{path.name}: the suffix {path.suffix!r} is not one of {', '.join(_READERS)}", path=path
        )
    return reader(path, spec)


def to_input_data(sample: Sample) -> list[list[float | int]]:
    """One flat list an input, in the form ezkl reads; booleans as 0 and 1, since JSON booleans make it panic."""
    plain = [array.astype(np.int64) if array.dtype == np.bool_ else array for array in sample]
    return [list(array.ravel().tolist()) for array in plain]


def _read_json(path: Path, spec: ModelSpec) -> tuple[Sample, ...]:
    try:
        value = json.loads(path.read_bytes(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise SamplesUnreadable(f"{path} is not JSON that we read: {error}", path=path) from error
    if isinstance(value, dict) and set(value) == {"input_data"}:
        data = value["input_data"]
        if not isinstance(data, list) or len(data) != len(spec.inputs):
            found = f"{len(data)} tensors" if isinstance(data, list) else type(data).__name__
            raise TensorMismatch(f"input_data holds {found}, the model has {len(spec.inputs)} inputs")
        return _batched(spec, data)
    if isinstance(value, dict):
        return _batched(spec, _by_name(spec, value))
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return tuple(sample for item in value for sample in _batched(spec, _by_name(spec, item)))
    raise SamplesUnreadable(f"{path} is neither input_data, nor tensors by name, nor a list of these", path=path)


def _read_npz(path: Path, spec: ModelSpec) -> tuple[Sample, ...]:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > MAX_BYTES:
            raise SamplesUnreadable(f"{path} unpacks to {size:,} bytes; the limit is {MAX_BYTES:,}", path=path)
        with np.load(path, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
    except (ValueError, OSError, zipfile.BadZipFile, EOFError) as error:
        raise SamplesUnreadable(f"{path} is no readable .npz: {error}", path=path) from error
    return _batched(spec, _by_name(spec, found))


def _read_npy(path: Path, spec: ModelSpec) -> tuple[Sample, ...]:
    _only_input(spec, path)
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise SamplesUnreadable(f"{path} is no readable .npy: {error}", path=path) from error
    return _batched(spec, [array])


def _read_csv(path: Path, spec: ModelSpec) -> tuple[Sample, ...]:
    tensor = _only_input(spec, path)
    try:
        rows = [row for row in csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig")), strict=True) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise SamplesUnreadable(f"{path} is no readable CSV: {error}", path=path) from error
    if rows and not any(_number(cell) is not None for cell in rows[0]):
        rows = rows[1:]
    values: list[float | int] = []
    for line, row in enumerate(rows, start=1):
        if len(row) != tensor.elements:
            raise ShapeMismatch(f"{path.name} row {line} has {len(row)} cells, {tensor.name!r} takes {tensor.elements}")
        for cell in row:
            number = _number(cell)
            if number is None:
                raise TypeMismatch(f"{path.name} row {line}: {cell[:40]!r} is not a number")
            values.append(number)
    return _batched(spec, [values])


_READERS: dict[str, Callable[[Path, ModelSpec], tuple[Sample, ...]]] = {
    ".json": _read_json,
    ".npz": _read_npz,
    ".npy": _read_npy,
    ".csv": _read_csv,
}


def _batched(spec: ModelSpec, tensors: Sequence[Any]) -> tuple[Sample, ...]:
    arrays = [_flat(tensor, values) for tensor, values in zip(spec.inputs, tensors, strict=True)]
    counts = set()
    for tensor, array in zip(spec.inputs, arrays, strict=True):
        if array.size == 0 or array.size % tensor.elements:
            raise ShapeMismatch(
                f"{tensor.name!r} has {array.size} elements; one sample has {tensor.elements}",
                tensor=tensor.name,
                found=array.size,
                allowed=tensor.elements,
            )
        counts.add(array.size // tensor.elements)
    if len(counts) != 1:
        raise ShapeMismatch(f"the inputs hold different numbers of samples: {sorted(counts)}")
    split = [array.reshape(-1, *tensor.shape) for tensor, array in zip(spec.inputs, arrays, strict=True)]
    return tuple(zip(*split, strict=True))


def _flat(tensor: TensorSpec, values: Any) -> NDArray[np.generic]:
    """All elements of `values` as a flat array of the tensor's type."""
    if isinstance(values, np.ndarray):
        _refuse_shape(tensor, values.shape)
        elements: list[Any] = values.ravel().tolist()
    else:
        elements = _leaves(tensor, values)
    for index, value in enumerate(elements):
        _refuse_value(tensor, index, value)
    kind = NUMPY_TYPES[tensor.onnx_type]
    if tensor.dtype == "int":
        _refuse_overflow(tensor, elements)
    with np.errstate(over="ignore"):
        array = np.asarray(elements, dtype=kind)
    if tensor.dtype == "float" and not np.isfinite(array).all():
        raise ValueOutOfRange(f"{tensor.name!r} holds a number too large for {tensor.onnx_type.lower()}")
    return array


def _refuse_overflow(tensor: TensorSpec, elements: Sequence[int]) -> None:
    limits = np.iinfo(tensor.onnx_type.lower())
    bad = next((value for value in elements if not limits.min <= value <= limits.max), None)
    if bad is not None:
        raise ValueOutOfRange(f"{tensor.name!r} holds {bad}, outside {limits.min}..{limits.max}")


def _refuse_shape(tensor: TensorSpec, shape: tuple[int, ...]) -> None:
    """An array is one sample, samples along a new first axis, a longer first axis, or rows of flat samples."""
    wanted = tensor.shape
    fits = shape == wanted or shape[1:] == wanted or shape == (tensor.elements,) or shape[1:] == (tensor.elements,)
    if not fits and not (len(shape) == len(wanted) and shape[1:] == wanted[1:]):
        raise ShapeMismatch(
            f"{tensor.name!r} has shape {list(shape)}; it takes {list(wanted)}, or one more axis for samples",
            tensor=tensor.name,
        )


def _leaves(tensor: TensorSpec, values: Any) -> list[Any]:
    flat: list[Any] = []
    pending = [values]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending.extend(reversed(value))
        else:
            flat.append(value)
    return flat


def _refuse_value(tensor: TensorSpec, index: int, value: Any) -> None:
    where = f"{tensor.name!r}[{index}]"
    if tensor.dtype == "bool":
        if not isinstance(value, bool) and value not in (0, 1):
            raise TypeMismatch(f"{where} is {_shown(value)}; a boolean tensor takes true, false, 0 and 1")
        return
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeMismatch(f"{where} is {_shown(value)}, not a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueOutOfRange(f"{where} is {value}; values must be finite")
    if tensor.dtype == "int" and isinstance(value, float) and not value.is_integer():
        raise TypeMismatch(f"{where} is {value}; {tensor.name!r} takes whole numbers")


def _by_name(spec: ModelSpec, found: Mapping[str, Any]) -> list[Any]:
    wanted = [tensor.name for tensor in spec.inputs]
    if set(found) != set(wanted):
        missing, extra = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
        raise TensorMismatch(
            f"tensors do not match the model's inputs {wanted}: missing {missing}, unknown {extra[:10]}",
            missing=missing,
            unknown=extra,
        )
    return [found[name] for name in wanted]


def _only_input(spec: ModelSpec, path: Path) -> TensorSpec:
    if len(spec.inputs) != 1:
        raise TensorMismatch(f"{path.suffix} files hold one tensor, the model has {len(spec.inputs)} inputs")
    return spec.inputs[0]


def _number(text: str) -> float | int | None:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice in one object")
    return found


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is not a finite number")


def _shown(value: object) -> str:
    """A value's type, not its text: inputs are private."""
    return "null" if value is None else f"a {type(value).__name__}"
