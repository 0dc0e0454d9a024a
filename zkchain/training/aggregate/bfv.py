"""The one set of BFV parameters for sums, and the pieces into which a vector is cut."""

from collections.abc import Sequence

#: Ring dimension, and numbers in one ciphertext. tenseal's default coefficient modulus for it (218 bits) has 128 bits
#: of security by the homomorphic encryption standard, and leaves over 90 bits of noise budget beside the modulus below.
DEGREE = 8192
#: A prime of 48 bits, 1 mod 2 * DEGREE as batching needs. Residues are read with a sign, so sums of magnitude up to
#: half of it, 2**47, come back exactly; `limits` allows 2**46.
PLAIN_MODULUS = 281474976694273


def pieces(values: Sequence[int]) -> list[list[int]]:
    """The vector cut for one ciphertext each."""
    return [list(values[at : at + DEGREE]) for at in range(0, len(values), DEGREE)]


def piece_count(length: int) -> int:
    """How many ciphertexts a vector of `length` takes."""
    return -(-length // DEGREE)
