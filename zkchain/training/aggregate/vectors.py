"""Integer vectors in files: a client's update, read by the client's own process, and the sum that is opened."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from ...errors import PartyFailed, UpdateMismatch, UpdateOutOfBound, UpdateUnreadable
from ...files import parse_json, write_json

_KEY = "values"
#: Most bytes of a number and what stands around it, and of what stands around them all.
_NUMBER_BYTES, _FRAME_BYTES = 64, 4096


def read_update(path: Path, *, position: int, length: int, bound: int) -> tuple[int, ...]:
    """The values of client `position`: `length` integers of magnitude `bound` at most.

    Raises UpdateUnreadable, UpdateMismatch and UpdateOutOfBound, which name the position and the limit, never a value.
    """
    values = _numbers(_private_bytes(path, position, _NUMBER_BYTES * length + _FRAME_BYTES))
    if values is None:
        raise UpdateUnreadable(
            f'the update of client {position} is not {{"{_KEY}": [...]}} with whole numbers', client=position
        )
    if len(values) != length:
        raise UpdateMismatch(
            f"the update of client {position} has {len(values)} values; the sum has {length}",
            client=position,
            found=len(values),
            expected=length,
        )
    if not all(-bound <= value <= bound for value in values):
        raise UpdateOutOfBound(
            f"the update of client {position} has a value outside -{bound}..{bound}", client=position, limit=bound
        )
    return values


def write_vector(path: Path, values: Sequence[int]) -> None:
    """Write a vector for this user alone. Raises OSError."""
    write_json(path, {_KEY: list(values)}, mode=0o600)


def read_sum(path: Path, *, length: int, limit: int) -> tuple[int, ...]:
    """A sum that a party has opened. Raises PartyFailed unless it is `length` integers of magnitude `limit` at most."""
    try:
        values = _numbers(path.read_bytes())
    except OSError:
        values = None
    if values is None or len(values) != length or not all(-limit <= value <= limit for value in values):
        raise PartyFailed(f"what was opened is not a sum of {length} values within -{limit}..{limit}", limit=limit)
    return values


def _private_bytes(path: Path, position: int, most: int) -> bytes:
    """The bytes of a plain file that nobody but its owner may open. Raises UpdateUnreadable."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        reason = getattr(error, "strerror", None) or "no such name"
        raise UpdateUnreadable(f"the update of client {position} cannot be opened: {reason}", client=position) from None
    try:
        _check_status(os.fstat(handle), position, most)
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(most)
    finally:
        os.close(handle)


def _check_status(status: os.stat_result, position: int, most: int) -> None:
    mode = stat.S_IMODE(status.st_mode)
    if not stat.S_ISREG(status.st_mode):
        raise UpdateUnreadable(f"the update of client {position} is not a plain file", client=position)
    if mode & 0o077:
        raise UpdateUnreadable(
            f"the update of client {position} has mode {mode:04o}; others may open it",
            remedy="chmod 600 the file",
            client=position,
        )
    if status.st_size > most:
        raise UpdateUnreadable(
            f"the update of client {position} has {status.st_size:,} bytes; its length allows {most:,}",
            client=position,
            limit=most,
        )


def _numbers(raw: bytes) -> tuple[int, ...] | None:
    """The vector in JSON bytes; None when they hold anything else."""
    try:
        content = parse_json(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or set(content) != {_KEY} or not isinstance(content[_KEY], list):
        return None
    values = content[_KEY]
    return tuple(values) if all(type(value) is int for value in values) else None
