"""The grid on which clients, sums, circuits and the ledger agree: integers, in units of 2**-scale."""

from collections.abc import Iterable, Sequence

import numpy as np

from ..errors import OffGrid

#: ezkl reads an input as a 32-bit float, which holds integers of 24 bits exactly and no more.
EXACT_BITS = 24
#: Bits of one limb of salt: the sum of as many limbs as a federation may have clients is still exact.
LIMB_BITS = 18
MOST_CLIENTS = 2 ** (EXACT_BITS - LIMB_BITS)
#: A proof opens each committed vector at one point, which tells one field element of it.
OPENING_BITS = 254
#: What has to stay unknown for ever.
HIDING_BITS = 128

#: Limbs of salt behind what is hashed alone: no proof opens a hash.
HASH_LIMBS = -(-HIDING_BITS // LIMB_BITS)


def to_grid(values: Iterable[float] | np.ndarray, scale: int, what: str) -> tuple[int, ...]:
    """The nearest integers to `values` * 2**scale. Raises OffGrid for one that ezkl could not read exactly.

    No value is named in the error: `what` may be private.
    """
    flat = np.asarray(values, dtype=np.float64).reshape(-1)
    if not np.isfinite(flat).all():
        raise OffGrid(f"{what} holds a value that is not finite", what=what)
    scaled = np.rint(flat * 2.0**scale)
    if flat.size and np.abs(scaled).max() >= 2**EXACT_BITS:
        most = 2.0 ** (EXACT_BITS - scale)
        raise OffGrid(f"{what} holds a value beyond {most:g}, the most that scale {scale} takes", what=what, most=most)
    return tuple(int(value) for value in scaled)


def from_grid(values: Sequence[int], scale: int) -> list[float]:
    """What a circuit is given for these integers: exact for all that `to_grid` gives."""
    return [float(np.ldexp(float(value), -scale)) for value in values]


def salt_limbs(proofs: int, commitments: int = 1) -> int:
    """Limbs of salt for a vector that `proofs` proofs open and that stands under `commitments` commitments.

    Enough for 128 bits to stay unknown after every one of them gave away one field element.
    """
    bits = OPENING_BITS * (proofs + commitments - 1) + HIDING_BITS
    return -(-bits // LIMB_BITS)
