"""A client's noise: a function of its secret and a public beacon, so that it can neither choose nor repeat it.

The stream is SHAKE-256 of both. A coordinate is a Gaussian by the inverse of its distribution, rounded to the grid;
after the coordinates come the limbs of salt that hide them.
"""

import hashlib
from collections.abc import Sequence
from statistics import NormalDist

from ..values import Digest, keccak_of
from .grid import EXACT_BITS
from .layout import Layout

_DOMAIN = b"zkchain.training.noise.v1"
_UNIFORM_BITS = 53


def seed_of(secret: bytes, beacon: bytes) -> bytes:
    """The seed of one candidate: what a client committed to before anyone knew the beacon, and the beacon."""
    return bytes.fromhex(keccak_of(secret + beacon)[2:])


def noise_vector(seed: bytes, *, length: int, salt: int, deviation: float) -> tuple[int, ...]:
    """`length` coordinates with this standard deviation in units of the grid, then `salt` limbs.

    The same numbers on every machine that computes in IEEE doubles.
    """
    stream = hashlib.shake_256(_DOMAIN + seed).digest(8 * (length + salt))
    words = [int.from_bytes(stream[at : at + 8], "big") for at in range(0, len(stream), 8)]
    normal = NormalDist()
    uniform = (((word >> (64 - _UNIFORM_BITS)) + 0.5) / 2**_UNIFORM_BITS for word in words[:length])
    drawn = (round(normal.inv_cdf(level) * deviation) for level in uniform)
    return (*drawn, *(word >> (64 - EXACT_BITS) for word in words[length:]))


def candidates(secrets: Sequence[bytes], beacon: bytes, layout: Layout, deviation: float) -> list[tuple[int, ...]]:
    """The vectors of noise that follow from secrets and a beacon in a federation of this layout."""
    length, salt = layout.architecture.parameters, layout.noise_salt
    return [noise_vector(seed_of(one, beacon), length=length, salt=salt, deviation=deviation) for one in secrets]


def secrets_hash(secrets: Sequence[bytes]) -> Digest:
    """What a client says of its candidates' secrets before anyone knows the beacon that they are mixed with."""
    return keccak_of(b"".join(point_hashes(secrets)))


def opened_secrets(secrets: Sequence[bytes], chosen: int) -> list[bytes]:
    """The secrets of the candidates that are not used, and the hash of the one that is."""
    hashed = bytes.fromhex(keccak_of(secrets[chosen])[2:])
    return [hashed if place == chosen else secret for place, secret in enumerate(secrets)]


def point_hashes(points: Sequence[bytes]) -> list[bytes]:
    """keccak256 of each of them: by which candidates of noise are known on chain."""
    return [bytes.fromhex(keccak_of(point)[2:]) for point in points]
