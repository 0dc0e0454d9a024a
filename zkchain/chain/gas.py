"""What gas a transaction must and may be given, whatever it does."""

#: Most gas a transaction may ask for (EIP-7825), on every chain since Osaka.
TX_GAS_CAP = 16_777_216

_BASE, _CREATION, _CREATION_WORD = 21_000, 32_000, 2
_TOKEN, _FLOOR_TOKEN = 4, 10


def least_gas(data: bytes, *, creation: bool) -> int:
    """Gas below which a transaction is invalid: its base cost (EIP-2028, EIP-3860) and its floor (EIP-7623)."""
    tokens = 4 * len(data) - 3 * data.count(0)
    base = _BASE + _TOKEN * tokens
    if creation:
        base += _CREATION + _CREATION_WORD * ((len(data) + 31) // 32)
    return max(base, _BASE + _FLOOR_TOKEN * tokens)
