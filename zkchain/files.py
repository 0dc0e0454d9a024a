"""Files that are whole or absent: atomic writes and hashes."""

import errno
import fcntl
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .values import Digest

_MAX_DEPTH = 64
#: Strings, so that brackets in them are passed over, and brackets.
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}


def write_atomic(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write `data` to a temporary neighbour, sync it, and rename it over `path`. Raises OSError.

    What is there and is no ordinary file, a device or a pipe, is left alone: it cannot be replaced by one.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        raise FileExistsError(errno.EEXIST, "exists and is not an ordinary file", str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
        _sync_folder(path.parent)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    """Have the rename itself reach the disk, where the file system knows how."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)


def write_json(path: Path, value: Mapping[str, Any] | Sequence[Any], *, mode: int = 0o644) -> None:
    """Write `value` as indented JSON with sorted keys, atomically. Raises OSError."""
    write_atomic(path, (json.dumps(value, indent=2, sort_keys=True) + "\n").encode(), mode=mode)


@contextmanager
def exclusive(path: Path, busy: Callable[[], object] | None = None) -> Iterator[None]:
    """Hold the lock at `path` alone, waiting for others; the system frees it when its holder dies.

    `busy` is called when there is somebody to wait for. Raises OSError.
    """
    make_private(path.parent)
    path.touch(mode=0o600)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if busy is not None:
                busy()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def make_private(folder: Path) -> None:
    """Make `folder` and what is missing above it, for this user alone. Raises OSError."""
    for place in (*reversed(folder.parents), folder):
        if not place.is_dir():
            try:
                place.mkdir(mode=0o700, exist_ok=True)
            except FileNotFoundError as error:  # what some virtual file systems answer in place of a refusal
                raise PermissionError(errno.EACCES, "no folder can be made here", str(place)) from error


def parse_json(raw: bytes) -> Any:
    """The value of JSON text from outside. Raises ValueError, also for nesting deeper than 64 and doubled keys.

    Python's own reader recurses, and overflows the C stack once a library has raised the recursion limit.
    """
    text = raw.decode("utf-8")
    depth = 0
    for match in _BRACKETS.finditer(text):
        depth += _STEPS.get(match[0], 0)
        if depth > _MAX_DEPTH:
            raise ValueError(f"JSON is nested deeper than {_MAX_DEPTH}")
    return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice in one object")
    return found


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is not a finite number")


def sha256_file(path: Path) -> Digest:
    """SHA-256 of a file, read in pieces. Raises OSError."""
    with path.open("rb") as file:
        return Digest("0x" + hashlib.file_digest(file, "sha256").hexdigest())
