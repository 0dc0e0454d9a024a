"""From a file of samples to commitments and what opens them, and whether those serve a federation."""

from collections.abc import Sequence
from pathlib import Path

from ..errors import ChainingBroken, DataMismatch
from ..files import sha256_file
from ..halo2 import Prover
from ..progress import Report, silent
from ..values import Digest
from .circuits import TrainingCircuits, commit_vectors
from .dataset import DataStatement, Openings, batches_of, expect_shape, read_table, salted
from .hashing import HashedOpenings, expect_fitting
from .merkle import root_of


def commit_table(source: Path, circuits: TrainingCircuits, prover: Prover, report: Report = silent) -> Openings:
    """Commit to the samples in a file, batch by batch. Raises DataMismatch, OffGrid and EngineError."""
    layout = circuits.layout
    x, y = read_table(source, layout.architecture.targets)
    expect_shape(x, y, layout)
    vectors, present = batches_of(x, y, batch=layout.batch, scale=layout.scale)
    return _committed(vectors, present, sha256_file(source), circuits, prover, report)


def commit_hashed(
    hashed: HashedOpenings, circuits: TrainingCircuits, prover: Prover, report: Report = silent
) -> Openings:
    """Commit to samples whose hashes were registered before, with fresh salt. Raises DataMismatch and EngineError.

    The salt is another one in every federation: the proofs of several together would give away one that they share.
    """
    expect_fitting(hashed.statement, circuits.layout)
    return _committed(hashed.values, hashed.present, hashed.source, circuits, prover, report)


def _committed(
    values: Sequence[tuple[int, ...]],
    present: tuple[int, ...],
    source: Digest,
    circuits: TrainingCircuits,
    prover: Prover,
    report: Report,
) -> Openings:
    layout = circuits.layout
    vectors = salted(values, layout.data_salt)
    points = commit_vectors(circuits, vectors, prover, report)
    return Openings(
        statement=DataStatement(
            root=root_of(points),
            batches=len(points),
            samples=sum(present),
            uses=layout.uses,
            scale=layout.scale,
            logrows=circuits.logrows,
            srs=circuits.srs.sha256,
        ),
        source=source,
        vectors=vectors,
        points=points,
        present=present,
    )


def check_openings(openings: Openings, circuits: TrainingCircuits, rounds: int) -> None:
    """Whether proofs of these circuits commit to the data as it was registered, and it lasts for so many rounds.

    Raises ChainingBroken naming what differs, and DataMismatch.
    """
    statement, layout = openings.statement, circuits.layout
    for what, found, allowed in (
        ("scale", statement.scale, layout.scale),
        ("logrows", statement.logrows, circuits.logrows),
        ("reference string", statement.srs, circuits.srs.sha256),
        ("numbers in a batch", len(openings.vectors[0]), layout.data_length),
        ("uses of a batch", statement.uses, layout.uses),
    ):
        if found != allowed:
            raise ChainingBroken(
                f"the data was committed with {what} {found}, the federation has {allowed}",
                remedy="register the data anew for this plan",
                what=what,
                found=found,
                allowed=allowed,
            )
    expect_lasting(statement.batches, statement.uses, rounds)


def expect_lasting(batches: int, uses: int, rounds: int) -> None:
    """Whether data of so many batches last for the rounds of a plan. Raises DataMismatch."""
    lasts = batches * uses
    if lasts < rounds:
        raise DataMismatch(
            f"the data has {batches} batches of {uses} uses each, enough for {lasts} rounds; the plan has {rounds}",
            remedy="lower batch or rounds, or raise uses in the plan",
            found=lasts,
            allowed=rounds,
        )
