"""The grid on which clients, sums, circuits and the ledger agree: integers, in units of 2**-scale."""

from collections.abc import Iterable, Sequence

import numpy as np

from ..errors import OffGrid

#: ezkl reads an input as a 32-bit float, which holds integers of 24 bits exactly and no more.
EXACT_BITS = 24
#: Bits before the point that a circuit has for a product of two numbers of the grid.
HEADROOM = 6
#: Clients whose limbs of salt add up to what is still exact; each keeps 18 bits or more.
MOST_CLIENTS = 64
#: A proof opens each committed vector at one point, which tells one field element of it.
OPENING_BITS = 254
#: Bits that have to stay unknown for ever of what a KZG commitment hides. It is linear in its salt, so that a guess of
#: the rest is tried in the square root of the number of salts: half of these bits are the security.
HIDING_BITS = 256
#: The same of what is hashed: a guess is tried with all salts, one after another.
HASH_BITS = 128

#: Limbs of salt behind what is hashed alone: no proof opens a hash.
HASH_LIMBS = -(-HASH_BITS // EXACT_BITS)


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


def summed_bits(clients: int) -> int:
    """Bits of a limb of salt of which as many are added as there may be clients."""
    return EXACT_BITS - (clients - 1).bit_length()


def salt_limbs(proofs: int, commitments: int = 1, limb_bits: int = EXACT_BITS) -> int:
    """Limbs of salt for a vector that `proofs` proofs open and that stands under `commitments` commitments.

    Enough for 256 bits to stay unknown after every one of them gave away one field element.
    """
    bits = OPENING_BITS * (proofs + commitments - 1) + HIDING_BITS
    return -(-bits // limb_bits)
