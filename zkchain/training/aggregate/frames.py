"""Several byte strings in one file, for what the parties of one sum hand to each other."""

import struct
from collections.abc import Sequence

_MAGIC = b"zkfr\x01"
_COUNT, _SIZE = struct.Struct("<I"), struct.Struct("<Q")


def pack(frames: Sequence[bytes]) -> bytes:
    """One byte string that `unpack` takes apart again."""
    return _MAGIC + _COUNT.pack(len(frames)) + b"".join(_SIZE.pack(len(frame)) + frame for frame in frames)


def unpack(data: bytes, *, expected: int) -> list[bytes]:
    """The `expected` frames of `data`. Raises ValueError when it holds more, fewer, or anything else."""
    start = len(_MAGIC) + _COUNT.size
    if data[: len(_MAGIC)] != _MAGIC or len(data) < start or _COUNT.unpack_from(data, len(_MAGIC))[0] != expected:
        raise ValueError(f"not {expected} frames")
    frames, at = [], start
    for _ in range(expected):
        if at + _SIZE.size > len(data):
            raise ValueError("the frames are cut off")
        size = _SIZE.unpack_from(data, at)[0]
        at += _SIZE.size
        if at + size > len(data):
            raise ValueError("the frames are cut off")
        frames.append(data[at : at + size])
        at += size
    if at != len(data):
        raise ValueError("more than the frames")
    return frames
