"""Reading tables of samples. What is wrong is said by its place and never by its value: data are private."""

import math
import tokenize
import zipfile
import zlib
from array import array
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..errors import DataMismatch

_HOW = "give a .csv with a header line whose last columns are the targets, or a .npz with x and y"
#: What numpy and zipfile raise for files that are damaged, or not theirs.
_BROKEN = (
    *(OSError, ValueError, KeyError, EOFError, TypeError, AttributeError, RuntimeError, MemoryError, OverflowError),
    *(SyntaxError, tokenize.TokenError, zipfile.BadZipFile, zlib.error),
)
#: Kinds of numpy's types that are numbers, or count as such: floats, integers with and without a sign, yes or no.
_NUMBERS = "fiub"


def read_arrays(path: Path, targets: int) -> tuple[np.ndarray, np.ndarray]:
    """Features [n, f] and targets [n, targets], all finite, n and f at least 1. Raises DataMismatch."""
    try:
        x, y = _npz(path) if path.suffix.lower() == ".npz" else _csv(path, targets)
    except FileNotFoundError:
        raise DataMismatch(f"there is no file {path}", remedy="correct the path", file=path) from None
    except OSError as error:
        raise _wrong(path, f"cannot be read: {error.strerror or type(error).__name__}") from None
    if x.ndim != 2 or y.ndim != 2 or len(x) != len(y) or y.shape[1] != targets:
        raise _wrong(
            path,
            f"has features of shape {list(x.shape)} and targets of shape {list(y.shape)}; "
            f"they must be [n, f] and [n, {targets}]",
        )
    if not len(x):
        raise _wrong(path, "holds no samples")
    if not x.shape[1]:
        raise _wrong(path, "holds no features, only targets", targets=targets)
    return x, y


def _csv(path: Path, targets: int) -> tuple[np.ndarray, np.ndarray]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            table = _table(path, iter(file))
    except UnicodeDecodeError:
        raise _wrong(path, "is no text in UTF-8") from None
    if table.shape[1] <= targets:
        raise _wrong(
            path,
            f"has {table.shape[1]} columns, the last {targets} of which are targets: no features are left",
            columns=table.shape[1],
            targets=targets,
        )
    return table[:, :-targets], table[:, -targets:]


def _table(path: Path, lines: Iterator[str]) -> np.ndarray:
    header = next(lines, "")
    if not header.strip():
        raise _wrong(path, "begins with an empty line in place of a header" if header else "is empty")
    if all(_number(field) is not None for field in header.split(",")):
        raise _wrong(
            path,
            "begins with a line of numbers, where the names of the columns should be",
            remedy="add a header line: the first sample would be taken for one",
        )
    if "\0" in header:
        raise _wrong(path, "holds NUL bytes: it is no text")
    flat, width = array("d"), 0
    for number, line in enumerate(lines, start=2):
        if not line.strip() or line.startswith("#"):
            continue
        row = _row(path, number, line)
        width = width or len(row)
        if len(row) != width:
            raise _wrong(path, f"has {len(row)} columns in line {number}, and {width} before", line=number)
        flat.extend(row)
    if not width:
        raise _wrong(path, "holds no samples, only a header")
    return np.array(flat).reshape(-1, width)


def _row(path: Path, number: int, line: str) -> list[float]:
    if "\0" in line:
        raise _wrong(path, f"holds NUL bytes in line {number}: it is no text", line=number)
    row = []
    for column, field in enumerate(line.split(","), start=1):
        value = _number(field)
        if value is None or not math.isfinite(value):
            what = "no number" if value is None else "a number that is not finite"
            raise _wrong(path, f"has {what} in line {number}, column {column}", line=number, column=column)
        row.append(value)
    return row


def _number(field: str) -> float | None:
    if "_" in field or not field.isascii():  # which Python's float takes, and no other reader of tables
        return None
    try:
        return float(field)
    except ValueError:
        return None


def _npz(path: Path) -> tuple[np.ndarray, np.ndarray]:
    with path.open("rb") as file:
        if not zipfile.is_zipfile(file):
            raise _wrong(path, "is no .npz: damaged, or another file under this name")
    x, y = _array(path, "x"), _array(path, "y")
    return x, y.reshape(-1, 1) if y.ndim == 1 else y


def _array(path: Path, name: str) -> np.ndarray:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            if name not in arrays.files:
                raise _wrong(path, f"holds no array {name}")
            found = np.asarray(arrays[name])
    except DataMismatch:
        raise
    except _BROKEN as error:
        raise _wrong(path, f"is damaged, or its array {name} is none of numbers: {type(error).__name__}") from None
    if found.dtype.kind not in _NUMBERS:
        raise _wrong(path, f"has an array {name} of type {found.dtype}: numbers are needed", array=name)
    with np.errstate(all="ignore"):
        numbers = found.astype(float)
    where = np.argwhere(~np.isfinite(numbers))
    if len(where):
        place = [int(index) + 1 for index in where[0]]
        raise _wrong(
            path, f"has a number that is not finite in {name}, at {place}, counted from 1", array=name, place=place
        )
    return numbers


def _wrong(path: Path, what: str, remedy: str = _HOW, **facts: object) -> DataMismatch:
    return DataMismatch(f"{path} {what}", remedy=remedy, **{"file": path, **facts})
