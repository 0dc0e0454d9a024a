"""Read sample files of four formats without trusting them: sizes are checked before memory is spent, nothing is run."""

import csv
import io
import json
import lzma
import zipfile
import zlib
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import SamplesNotFound, SamplesUnreadable, TypeMismatch, ValueOutOfRange
from .files import read_plain_file

#: Largest sample file, and largest content of an .npz.
MAX_BYTES = 64 * 2**20
#: Deepest nesting of JSON lists and objects.
MAX_DEPTH = 40
_MAX_MEMBERS = 1000

#: What a damaged archive member raises while it is unpacked.
_DECOMPRESSION = (zlib.error, lzma.LZMAError, OSError, EOFError)
_HEADERS: dict[tuple[int, int], Callable[[Any], tuple[tuple[int, ...], bool, np.dtype[Any]]]] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}

#: Values of one tensor as a file holds them: an array, or nested lists from JSON.
Table = Any


def read_sample_file(path: Path) -> bytes:
    """The bytes of a regular file of sensible size. Raises SamplesNotFound, SamplesUnreadable."""
    data = read_plain_file(path, MAX_BYTES, missing=SamplesNotFound, large=SamplesUnreadable)
    if not data:
        raise SamplesUnreadable(f"{path} is empty", path=path)
    return data


def read_json(data: bytes, path: Path) -> object:
    """Strict JSON: no NaN, no doubled keys, bounded depth. Raises SamplesUnreadable, ValueOutOfRange."""

    def constant(name: str) -> object:
        raise ValueOutOfRange(f"{path} holds {name}, which is not a number that can be proved", path=path)

    def pairs(items: list[tuple[str, object]]) -> dict[str, object]:
        result = dict(items)
        if len(result) != len(items):
            raise SamplesUnreadable(f"{path} holds an object with a doubled key", path=path)
        return result

    _check_depth(data, path)
    try:
        return json.loads(data.decode("utf-8"), parse_constant=constant, object_pairs_hook=pairs)
    except (ValueError, RecursionError) as error:
        raise SamplesUnreadable(f"{path} is not JSON that we read: {str(error)[:200]}", path=path) from None


def read_npz(data: bytes, path: Path) -> dict[str, Table]:
    """Arrays of an .npz by name. Raises SamplesUnreadable."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            names = [member.filename.removesuffix(".npy") for member in members]
            if len(members) > _MAX_MEMBERS or len(set(names)) != len(names):
                raise SamplesUnreadable(f"{path} has {len(members):,} members, or two of one name", path=path)
            if sum(member.file_size for member in members) > MAX_BYTES:
                raise SamplesUnreadable(f"{path} unpacks to more than {MAX_BYTES:,} bytes", limit=MAX_BYTES)
            return {
                name: read_npy(archive.read(member), f"{name} in {path}")
                for name, member in zip(names, members, strict=True)
            }
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, *_DECOMPRESSION) as error:
        raise SamplesUnreadable(f"{path} is not an .npz archive that we read: {error}", path=path) from None


def read_npy(data: bytes, owner: str) -> npt.NDArray[Any]:
    """A plain array of numbers or booleans; objects are never unpickled. Raises SamplesUnreadable, TypeMismatch."""
    stream = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(stream)
        reader = _HEADERS.get(version)
        if reader is None:
            raise SamplesUnreadable(f"{owner} is an .npy file of version {version}; known are 1.0 and 2.0")
        shape, fortran, dtype = reader(stream)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        raise SamplesUnreadable(f"{owner} is not an .npy array: {str(error)[:200]}") from None
    if dtype.kind not in "biuf":
        raise TypeMismatch(f"{owner} holds {dtype}; it must hold numbers or booleans")
    body = data[stream.tell() :]
    if any(size < 0 for size in shape) or prod(shape) * dtype.itemsize != len(body):
        raise SamplesUnreadable(f"{owner} claims shape {shape} of {dtype} but holds {len(body):,} bytes")
    return np.frombuffer(body, dtype=dtype).reshape(shape, order="F" if fortran else "C")


def read_csv(data: bytes, path: Path, *, whole: bool) -> Table:
    """Rows of numbers, one a sample, under an optional header. Raises SamplesUnreadable, TypeMismatch."""
    try:
        rows = [row for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True) if row]
    except (csv.Error, UnicodeDecodeError) as error:
        raise SamplesUnreadable(f"{path} is not CSV: {error}", path=path) from None
    if rows and not any(_is_number(cell) for cell in rows[0]):
        del rows[0]
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        raise SamplesUnreadable(f"{path} has no row of numbers, or rows of different lengths", path=path)
    for line, row in enumerate(rows, start=1):
        for column, cell in enumerate(row, start=1):
            if not _is_number(cell):
                raise TypeMismatch(f"{path}: column {column} of row {line} is not a number", path=path)
    return [[_number(cell, whole=whole) for cell in row] for row in rows]


def _is_number(cell: str) -> bool:
    if "_" in cell:
        return False
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _number(cell: str, *, whole: bool) -> float | int:
    value = float(cell)
    if whole and abs(value) < float("inf") and cell.strip().lstrip("+-").isdigit():
        return int(cell)
    return value


def _check_depth(data: bytes, path: Path) -> None:
    """Bound the nesting before a recursive parser meets it. Brackets inside strings count too: names are short."""
    depth = 0
    for byte in data:
        if byte in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise SamplesUnreadable(f"{path} is nested deeper than {MAX_DEPTH}", limit=MAX_DEPTH)
        elif byte in b"]}":
            depth -= 1
