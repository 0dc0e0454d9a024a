"""Points of BN254's first group as the ledger writes them (EIP-196): 64 bytes, big-endian x then y; zeros for infinity.

For public commitments only: what is computed here takes as long as the numbers are large.
"""

from typing import Any

from py_ecc.bn128 import bn128_curve as bn128
from py_ecc.fields import bn128_FQ

_WORD = 32
#: Bytes of a point.
POINT = 2 * _WORD
INFINITY = bytes(POINT)


def add(one: bytes, other: bytes) -> bytes:
    """The sum of two points. Raises ValueError for what is no point."""
    return _written(bn128.add(_read(one), _read(other)))


def negative(point: bytes) -> bytes:
    """What gives infinity when added to `point`. Raises ValueError for what is no point."""
    return _written(bn128.neg(_read(point)))


def times(point: bytes, count: int) -> bytes:
    """`point`, `count` times, for a count of 0 or more. Raises ValueError for what is no point."""
    return _written(bn128.multiply(_read(point), count))


def _written(point: Any) -> bytes:
    if point is None:
        return INFINITY
    return b"".join(int(part).to_bytes(_WORD, "big") for part in point)


def _read(point: bytes) -> Any:
    """As the library has it: a pair of field elements, None for infinity."""
    if len(point) != POINT:
        raise ValueError(f"a point has {POINT} bytes, found {len(point)}")
    if point == INFINITY:
        return None
    parts = [int.from_bytes(half, "big") for half in (point[:_WORD], point[_WORD:])]
    found = bn128_FQ(parts[0]), bn128_FQ(parts[1])
    if max(parts) >= bn128.field_modulus or not bn128.is_on_curve(found, bn128.b):
        raise ValueError("not a point of the curve")
    return found
