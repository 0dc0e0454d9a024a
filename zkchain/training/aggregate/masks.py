"""Masks from a stream cipher, in place of flwr's own, which do not hide.

flwr 1.41 folds a seed of 32 bytes to 32 bits by XOR and draws from a Mersenne Twister of that: whoever has a masked
vector tries 2**32 seeds. Here the seed goes through HKDF and AES-256 in counter mode, as in the paper
(https://eprint.iacr.org/2017/281, section 3), both from the library `cryptography`. All else in SecAgg+ stays flwr's.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .party import library

_INFO = b"zkchain.secagg.mask.1"
_ZEROS = bytes(16)


def masks(seed: bytes, num_range: int, dimensions_list: Sequence[tuple[int, ...]]) -> list[Any]:
    """Arrays of these shapes, int64, uniform in 0..num_range - 1; the signature is that of flwr's `pseudo_rand_gen`.

    A seed serves one sum: both kinds are drawn anew by the clients for each. Raises ValueError for a range that is no
    power of two up to 2**32.
    """
    if not 0 < num_range <= 2**32 or num_range.bit_count() != 1:
        raise ValueError("masks are drawn below a power of two up to 2**32")
    stream = _stream(seed)
    found = []
    for shape in dimensions_list:
        words = np.frombuffer(stream.update(bytes(4 * math.prod(shape))), dtype="<u4")
        found.append((words.astype(np.int64) & (num_range - 1)).reshape(shape))
    return found


def _stream(seed: bytes) -> Any:
    hashes = library("cryptography.hazmat.primitives.hashes")
    kdf = library("cryptography.hazmat.primitives.kdf.hkdf")
    ciphers = library("cryptography.hazmat.primitives.ciphers")
    key = kdf.HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=_INFO).derive(seed)
    return ciphers.Cipher(ciphers.algorithms.AES(key), ciphers.modes.CTR(_ZEROS)).encryptor()
