"""Points of BN254's first group as the ledger writes them (EIP-196): 64 bytes, big-endian x then y; zeros for infinity.

For public commitments only: what is computed here takes as long as the numbers are large.
"""

#: Order of the field of coordinates.
_P = 21888242871839275222246405745257275088696311157297823662689037894645226208583
_WORD = 32
#: Bytes of a point.
POINT = 2 * _WORD
INFINITY = bytes(POINT)


def add(one: bytes, other: bytes) -> bytes:
    """The sum of two points. Raises ValueError for what is no point."""
    (x1, y1), (x2, y2) = _read(one), _read(other)
    if one == INFINITY or other == INFINITY:
        return other if one == INFINITY else one
    if x1 == x2:
        if (y1 + y2) % _P == 0:
            return INFINITY
        slope = 3 * x1 * x1 * pow(2 * y1, -1, _P) % _P
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, _P) % _P
    x = (slope * slope - x1 - x2) % _P
    y = (slope * (x1 - x) - y1) % _P
    return x.to_bytes(_WORD, "big") + y.to_bytes(_WORD, "big")


def negative(point: bytes) -> bytes:
    """What gives infinity when added to `point`. Raises ValueError for what is no point."""
    x, y = _read(point)
    return x.to_bytes(_WORD, "big") + (-y % _P).to_bytes(_WORD, "big")


def times(point: bytes, count: int) -> bytes:
    """`point`, `count` times, for a count of 0 or more. Raises ValueError for what is no point."""
    found = INFINITY
    for bit in bin(count)[2:]:
        found = add(found, found)
        if bit == "1":
            found = add(found, point)
    return found


def _read(point: bytes) -> tuple[int, int]:
    if len(point) != POINT:
        raise ValueError(f"a point has {POINT} bytes, found {len(point)}")
    x, y = int.from_bytes(point[:_WORD], "big"), int.from_bytes(point[_WORD:], "big")
    if point != INFINITY and (x >= _P or y >= _P or (y * y - x * x * x - 3) % _P):
        raise ValueError("not a point of the curve")
    return x, y
