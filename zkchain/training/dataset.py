"""A data owner's samples: read, put on the grid, cut into batches, salted and committed.

What is private stays in one folder that only its owner may open; what is public is a root and how it was made.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from ..errors import DataMismatch
from ..record import Record
from ..values import Digest
from .grid import EXACT_BITS, to_grid
from .layout import Layout
from .merkle import root_of
from .tables import read_arrays


@dataclass(frozen=True, slots=True, kw_only=True)
class DataStatement(Record):
    """What the world learns of a data set that is committed for a federation."""

    root: Digest
    batches: int
    samples: int  #: that take part in training
    uses: int
    scale: int
    logrows: int
    srs: Digest  #: SHA-256 of the reference string under which it is committed
    commitment: Literal["kzg"] = "kzg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Openings(Record):
    """What its owner keeps: the committed numbers and their commitments, batch by batch."""

    statement: DataStatement
    vectors: tuple[tuple[int, ...], ...]
    points: tuple[bytes, ...]
    present: tuple[int, ...]  #: samples in each batch; the others are zeros
    source: Digest  #: SHA-256 of the file that the samples are from

    def check(self) -> None:
        """Raises DataMismatch when the parts do not belong together."""
        if root_of(self.points) != self.statement.root or len(self.points) != self.statement.batches:
            raise DataMismatch("the openings are not those of the registered root", root=self.statement.root)


def read_table(path: Path, targets: int) -> tuple[np.ndarray, np.ndarray]:
    """Features [n, f] and targets [n, t] of a .csv with a header line, whose last columns are the targets, or of a .npz

    with arrays x and y; all are finite. Raises DataMismatch, which shows places and no values.
    """
    return read_arrays(path, targets)


def batches_of(
    x: np.ndarray, y: np.ndarray, *, batch: int, scale: int
) -> tuple[tuple[tuple[int, ...], ...], tuple[int, ...]]:
    """The samples on the grid, batch by batch, without salt, and how many each has; the last is filled with zeros.

    Raises OffGrid.
    """
    vectors, present = [], []
    for start in range(0, len(x), batch):
        some, answers = x[start : start + batch], y[start : start + batch]
        missing = batch - len(some)
        rows = to_grid(np.pad(some, ((0, missing), (0, 0))), scale, "the data")
        goals = to_grid(np.pad(answers, ((0, missing), (0, 0))), scale, "the targets")
        vectors.append((*rows, *goals))
        present.append(len(some))
    return tuple(vectors), tuple(present)


def expect_shape(x: np.ndarray, y: np.ndarray, layout: Layout) -> None:
    """Whether samples are what the model takes. Raises DataMismatch."""
    net = layout.architecture
    if x.shape[1] != net.features or y.shape[1] != net.targets:
        raise DataMismatch(
            f"the samples have {x.shape[1]} features and {y.shape[1]} targets, "
            f"the model {net.features} and {net.targets}",
            found=[x.shape[1], y.shape[1]],
            allowed=[net.features, net.targets],
        )


def salted(vectors: Sequence[tuple[int, ...]], limbs: int) -> tuple[tuple[int, ...], ...]:
    """The vectors, each with salt of its own behind it."""
    return tuple((*vector, *fresh_salt(limbs)) for vector in vectors)


def fresh_salt(limbs: int, bits: int = EXACT_BITS) -> tuple[int, ...]:
    """Limbs of salt of so many bits from the system's generator."""
    return tuple(secrets.randbits(bits) for _ in range(limbs))
