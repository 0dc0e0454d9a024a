"""The root under which a data owner's batches are registered, as TrainingLedger checks it.

OpenZeppelin's tree (MerkleProof.sol): a leaf is hashed twice against second preimages, here of the index and
keccak256 of the point; the nodes of a pair are hashed in ascending order; an odd node is carried up. Where batches are
committed to by hashes, a leaf has a domain before the hash, so that no tree is one of points and one of hashes.
"""

from collections.abc import Sequence
from typing import Literal

from ..values import Digest, digest, keccak_of

#: How each batch of a data set is committed to: by a KZG commitment of 64 bytes, or by a Poseidon hash of 32.
Commitment = Literal["kzg", "poseidon"]

#: What stands before a batch's commitment in its leaf. That of points is fixed by TrainingLedger.
_DOMAINS: dict[Commitment, bytes] = {"kzg": b"", "poseidon": b"zkchain.data.poseidon"}


def leaf_of(index: int, committed: bytes, kind: Commitment = "kzg") -> bytes:
    """The leaf of batch number `index`, whose commitment is `committed`."""
    return _keccak(_keccak(index.to_bytes(32, "big") + _keccak(_DOMAINS[kind] + committed)))


def root_of(commitments: Sequence[bytes], kind: Commitment = "kzg") -> Digest:
    """The root over the commitments of all batches, in order. Raises ValueError for none."""
    return digest("0x" + _levels(commitments, kind)[-1][0].hex())


def path_of(points: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The siblings of batch `index` from the leaf up; none where a node is carried."""
    path = []
    for level in _levels(points, "kzg")[:-1]:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        index //= 2
    return tuple(path)


def climb(leaf: bytes, path: Sequence[bytes]) -> bytes:
    """The root to which a leaf belongs by its siblings."""
    for sibling in path:
        leaf = _keccak(b"".join(sorted((leaf, sibling))))
    return leaf


def _levels(commitments: Sequence[bytes], kind: Commitment) -> list[list[bytes]]:
    if not commitments:
        raise ValueError("a data set has at least one batch")
    levels = [[leaf_of(index, committed, kind) for index, committed in enumerate(commitments)]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        pairs = [_keccak(b"".join(sorted(below[at : at + 2]))) for at in range(0, len(below) - 1, 2)]
        levels.append(pairs + below[len(pairs) * 2 :])
    return levels


def _keccak(data: bytes) -> bytes:
    return bytes.fromhex(keccak_of(data)[2:])
