"""Read a model's file, and the external data it names, without leaving its folder."""

import os
import stat
from pathlib import Path

import onnx
from onnx import TensorProto

from ..errors import ExternalDataRefused, ModelNotFound, ModelTooLarge, ModelUnreadable, ZkchainError
from .tensors import all_tensors

#: Largest model file, and largest sum of external data.
MAX_BYTES = 512 * 2**20

#: First bytes of what people hand in by mistake.
_OTHERS = (
    (b"\x80\x02", "a Python pickle"),
    (b"\x80\x03", "a Python pickle"),
    (b"\x80\x04", "a Python pickle"),
    (b"\x80\x05", "a Python pickle"),
    (b"PK\x03\x04", "a zip archive, such as a PyTorch checkpoint or an .npz"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x89HDF", "an HDF5 file, such as a Keras model"),
    (b"TFL3", "a TensorFlow Lite model"),
    (b"{", "JSON"),
    (b"\x1f\x8b", "gzip"),
)
_EXTERNAL_KEYS = {"location", "offset", "length", "checksum"}


def read_model_file(path: Path) -> bytes:
    """The bytes of a regular file of sensible size. Raises ModelNotFound, ModelTooLarge, ModelUnreadable."""
    data = read_plain_file(path, MAX_BYTES, missing=ModelNotFound, large=ModelTooLarge)
    for start, what in _OTHERS:
        if data.startswith(start):
            raise ModelUnreadable(f"{path} is {what}, not an ONNX model", path=path)
    if not data:
        raise ModelUnreadable(f"{path} is empty", path=path)
    return data


def read_plain_file(path: Path, limit: int, *, missing: type[ZkchainError], large: type[ZkchainError]) -> bytes:
    """At most `limit` bytes of a regular file. Raises `missing` where there is none, `large` where there are more."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        raise missing(f"{path} cannot be opened: {getattr(error, 'strerror', error)}", path=path) from None
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise missing(f"{path} is not a regular file", path=path)
        if status.st_size > limit:
            raise large(
                f"{path} has {status.st_size:,} bytes; the limit is {limit:,}", size=status.st_size, limit=limit
            )
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(limit)
    finally:
        os.close(handle)


def inline_external_data(model: onnx.ModelProto, folder: Path, used: int) -> None:
    """Put external tensor data into a model of `used` bytes.

    Raises ExternalDataRefused for anything but plain files in `folder`, or more than MAX_BYTES in all.
    """
    budget = MAX_BYTES - used
    for tensor in all_tensors(model):
        if tensor.data_location != TensorProto.EXTERNAL:
            continue
        data = _external(tensor, folder, budget)
        budget -= len(data)
        tensor.raw_data = data
        del tensor.external_data[:]
        tensor.data_location = TensorProto.DEFAULT


def _external(tensor: TensorProto, folder: Path, budget: int) -> bytes:
    entries = {entry.key: entry.value for entry in tensor.external_data}
    if set(entries) - _EXTERNAL_KEYS or "location" not in entries or len(entries) != len(tensor.external_data):
        raise ExternalDataRefused(f"tensor {tensor.name!r} has unknown or doubled external-data keys {sorted(entries)}")
    try:
        offset, length = int(entries.get("offset", "0")), int(entries.get("length", "-1"))
    except ValueError:
        raise ExternalDataRefused(f"tensor {tensor.name!r}: offset and length must be numbers") from None
    handle = _open_inside(folder, entries["location"], tensor.name)
    with os.fdopen(handle, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        wanted = size - offset if length == -1 else length
        if offset < 0 or wanted < 0 or offset + wanted > size or wanted > budget:
            raise ExternalDataRefused(
                f"tensor {tensor.name!r} wants bytes {offset}..{offset + wanted} of a file of {size:,}", size=size
            )
        file.seek(offset)
        return file.read(wanted)


def _open_inside(folder: Path, location: str, tensor: str) -> int:
    """Open a plain file below `folder`, following no link on the way. Raises ExternalDataRefused."""
    parts = Path(location).parts
    if not parts or Path(location).is_absolute() or ".." in parts or "\0" in location:
        raise ExternalDataRefused(f"tensor {tensor!r} names data outside the model's folder: {location!r}")
    directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts[:-1]:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
            os.close(directory)
            directory = inner
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        handle = os.open(parts[-1], flags, dir_fd=directory)
    except OSError as error:
        raise ExternalDataRefused(
            f"tensor {tensor!r}: {location!r} cannot be opened as a plain file: {error.strerror}"
        ) from None
    finally:
        os.close(directory)
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
        os.close(handle)
        raise ExternalDataRefused(f"tensor {tensor!r}: {location!r} is not a plain file with one name")
    return handle
