"""The one set of SecAgg+ parameters for sums, and the limbs into which a vector is cut so that they are exact.

flwr clips a number to [-c, c], adds c, multiplies by q / 2c and rounds up or down by chance. With q = 2c the factor is
one, so a whole number has nothing to round, and comes back to the bit as long as the clients' sum of v + c, at most
clients * q, stays below the modulus. Weights are one for all: max_weight = num_examples = 1.
"""

from collections.abc import Sequence

#: Bits of a limb. With the most clients, 64, sums reach 64 * 2 * 2**24 = 2**31, which is below the modulus; one number
#: with its c reaches 2**25, which flwr holds in 32 bits with a sign.
LIMB_BITS = 24
CLIPPING_RANGE = float(2**LIMB_BITS)
QUANTIZATION_RANGE = 2 ** (LIMB_BITS + 1)
#: The largest that flwr allows.
MODULUS_RANGE = 2**32
#: Of every client; flwr scales each vector by num_examples over max_weight.
MAX_WEIGHT, NUM_EXAMPLES = 1.0, 1


def threshold(clients: int) -> int:
    """Shares that open a client's seed or key: those of more than half of the clients, so half of them open nothing."""
    return clients // 2 + 1


def limb_count(bound: int) -> int:
    """How many limbs hold every integer of magnitude `bound` at most: digits from 0 on, and the last with the sign."""
    count = 1
    while bound > 2 ** (LIMB_BITS * count):
        count += 1
    return count


def limbs(values: Sequence[int], count: int) -> list[list[int]]:
    """The vector as `count` vectors of magnitude 2**LIMB_BITS at most, the lowest digits first."""
    cut = [[(value >> LIMB_BITS * place) % 2**LIMB_BITS for value in values] for place in range(count - 1)]
    return [*cut, [value >> LIMB_BITS * (count - 1) for value in values]]


def joined(cut: Sequence[Sequence[int]]) -> list[int]:
    """The vector of which these are the limbs, or the sums of limbs."""
    return [sum(digit << LIMB_BITS * place for place, digit in enumerate(row)) for row in zip(*cut, strict=True)]
