"""The root under which a data owner's batches are registered, as TrainingLedger checks it.

OpenZeppelin's tree (MerkleProof.sol): a leaf is hashed twice against second preimages, here of the index and
keccak256 of the point; the nodes of a pair are hashed in ascending order; an odd node is carried up.
"""

from collections.abc import Sequence

from ..values import Digest, digest, keccak_of


def leaf_of(index: int, point: bytes) -> bytes:
    """The leaf of batch number `index`, whose commitment is the 64 bytes `point`."""
    return _keccak(_keccak(index.to_bytes(32, "big") + _keccak(point)))


def root_of(points: Sequence[bytes]) -> Digest:
    """The root over the commitments of all batches, in order. Raises ValueError for none."""
    return digest("0x" + _levels(points)[-1][0].hex())


def path_of(points: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The siblings of batch `index` from the leaf up; none where a node is carried."""
    path = []
    for level in _levels(points)[:-1]:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        index //= 2
    return tuple(path)


def _levels(points: Sequence[bytes]) -> list[list[bytes]]:
    if not points:
        raise ValueError("a data set has at least one batch")
    levels = [[leaf_of(index, point) for index, point in enumerate(points)]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        pairs = [_keccak(b"".join(sorted(below[at : at + 2]))) for at in range(0, len(below) - 1, 2)]
        levels.append(pairs + below[len(pairs) * 2 :])
    return levels


def _keccak(data: bytes) -> bytes:
    return bytes.fromhex(keccak_of(data)[2:])
