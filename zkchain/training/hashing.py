"""A data set that is committed to by hashes alone: of no federation, no circuit and no reference string.

A hash says nothing of what stands behind it as long as its salt is not known, however many proofs are about it. So one
registration serves any number of federations; each of them commits to the samples anew, and a bridge ties the two.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import ChainingBroken, DataMismatch
from ..files import sha256_file
from ..halo2 import Prover
from ..progress import Report, silent
from ..record import Record
from ..values import Digest, FieldElement
from .dataset import batches_of, read_table, salted
from .grid import HASH_LIMBS
from .layout import Layout
from .merkle import root_of

#: What the registry is told of how many proofs the salt of a hash can bear: as many as there may be.
UNLIMITED = 2**32 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape(Record):
    """How samples become vectors: what a federation has to have alike."""

    batch: int  #: samples in one vector
    scale: int  #: bits after the point
    features: int
    targets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HashedStatement(Record):
    """What the world learns of a data set that is committed to by hashes."""

    root: Digest
    batches: int
    samples: int
    shape: Shape
    commitment: Literal["poseidon"] = "poseidon"


@dataclass(frozen=True, slots=True, kw_only=True)
class HashedOpenings(Record):
    """What its owner keeps: what was hashed, batch by batch, and the hashes."""

    statement: HashedStatement
    vectors: tuple[tuple[int, ...], ...]  #: each [features by rows | targets by rows | salt]
    hashes: tuple[FieldElement, ...]
    present: tuple[int, ...]  #: samples in each batch; the others are zeros
    source: Digest  #: SHA-256 of the file that the samples are from

    @property
    def values(self) -> tuple[tuple[int, ...], ...]:
        """The batches without salt."""
        return tuple(vector[:-HASH_LIMBS] for vector in self.vectors)

    def salt(self, batch: int) -> tuple[int, ...]:
        """What was hashed behind a batch."""
        return self.vectors[batch][-HASH_LIMBS:]

    def check(self) -> None:
        """Raises DataMismatch when the parts do not belong together."""
        statement = self.statement
        counts = {len(self.hashes), len(self.vectors), len(self.present)}
        if counts != {statement.batches} or hashes_root(self.hashes) != statement.root:
            raise DataMismatch("the openings are not those of the registered root", root=statement.root)


def hashes_root(hashes: tuple[FieldElement, ...]) -> Digest:
    """The root over the hashes of all batches, in order. Raises ValueError for none."""
    return root_of([bytes.fromhex(value.word[2:]) for value in hashes], "poseidon")


def hash_table(
    source: Path, *, batch: int, scale: int, targets: int, prover: Prover, report: Report = silent
) -> HashedOpenings:
    """Hash the samples in a file, batch by batch. Raises DataMismatch, OffGrid and EngineError."""
    x, y = read_table(source, targets)
    values, present = batches_of(x, y, batch=batch, scale=scale)
    vectors = salted(values, HASH_LIMBS)
    hashes = prover.poseidon(vectors, report)
    return HashedOpenings(
        statement=HashedStatement(
            root=hashes_root(hashes),
            batches=len(hashes),
            samples=len(x),
            shape=Shape(batch=batch, scale=scale, features=x.shape[1], targets=targets),
        ),
        source=sha256_file(source),
        vectors=vectors,
        hashes=hashes,
        present=present,
    )


def shape_of(layout: Layout) -> Shape:
    """What a federation of this layout needs of registered data."""
    net = layout.architecture
    return Shape(batch=layout.batch, scale=layout.scale, features=net.features, targets=net.targets)


def expect_fitting(statement: HashedStatement, layout: Layout) -> None:
    """Whether a federation of this layout can take these data as they were registered. Raises ChainingBroken."""
    found, allowed = statement.shape.to_json(), shape_of(layout).to_json()
    for what in found:
        if found[what] != allowed[what]:
            raise ChainingBroken(
                f"the data was registered with {what} {found[what]}, the federation has {allowed[what]}",
                remedy="register the data anew for plans of this kind, under another name",
                what=what,
                found=found[what],
                allowed=allowed[what],
            )
