"""CKKS parameters by the depth of a network, at 128 bits of security."""

from dataclasses import dataclass

from ...errors import TooDeep
from ...record import Record

#: Ring dimension -> most bits of the coefficient modulus at 128 bits of classical security, by the homomorphic
#: encryption standard (homomorphicencryption.org, 2018, table 1). SEAL refuses more.
_MAX_BITS = {8192: 218, 16384: 438, 32768: 881}
#: Bits of the first and the last prime.
_OUTER = 60
#: Bits of the scale, one prime of which every level uses up. With fewer, answers lose digits; with more, no room is
#: left for numbers above one beside the scale in the first prime.
_LEAST_SCALE, _MOST_SCALE = 40, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters(Record):
    """What a CKKS context is made from."""

    ring: int  #: dimension; half as many rows fit into one query
    modulus_bits: tuple[int, ...]
    scale_bits: int

    @property
    def rows(self) -> int:
        """How many rows one query holds."""
        return self.ring // 2


def choose_parameters(levels: int) -> Parameters:
    """The smallest ring with a prime for every level. Raises TooDeep."""
    for ring, most in _MAX_BITS.items():
        scale = min(_MOST_SCALE, (most - 2 * _OUTER) // levels)
        if scale >= _LEAST_SCALE:
            return Parameters(ring=ring, modulus_bits=(_OUTER, *[scale] * levels, _OUTER), scale_bits=scale)
    deepest = (max(_MAX_BITS.values()) - 2 * _OUTER) // _LEAST_SCALE
    raise TooDeep(
        f"the network takes {levels} multiplications one after the other; a ciphertext bears {deepest}",
        levels=levels,
        limit=deepest,
    )
