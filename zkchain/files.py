"""Files that are whole or absent: atomic writes and hashes."""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .values import Digest


def write_atomic(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write `data` to a temporary neighbour, sync it, and rename it over `path`. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_json(path: Path, value: Mapping[str, Any] | Sequence[Any], *, mode: int = 0o644) -> None:
    """Write `value` as indented JSON with sorted keys, atomically. Raises OSError."""
    write_atomic(path, (json.dumps(value, indent=2, sort_keys=True) + "\n").encode(), mode=mode)


def sha256_file(path: Path) -> Digest:
    """SHA-256 of a file, read in pieces. Raises OSError."""
    with path.open("rb") as file:
        return Digest("0x" + hashlib.file_digest(file, "sha256").hexdigest())
