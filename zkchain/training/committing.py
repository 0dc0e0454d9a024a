"""From a file of samples to commitments and what opens them, and whether those serve a federation."""

from pathlib import Path

from ..errors import ChainingBroken, DataMismatch
from ..files import sha256_file
from ..halo2 import Prover
from ..progress import Report, silent
from .circuits import TrainingCircuits, commit_vectors
from .dataset import DataStatement, Openings, batches_of, read_table
from .merkle import root_of


def commit_table(source: Path, circuits: TrainingCircuits, prover: Prover, report: Report = silent) -> Openings:
    """Commit to the samples in a file, batch by batch. Raises DataMismatch, OffGrid and EngineError."""
    layout = circuits.layout
    x, y = read_table(source, layout.architecture.targets)
    vectors, present = batches_of(x, y, layout)
    points = commit_vectors(circuits, vectors, prover, report)
    return Openings(
        statement=DataStatement(
            root=root_of(points),
            batches=len(points),
            samples=len(x),
            uses=layout.uses,
            scale=layout.scale,
            logrows=circuits.logrows,
            srs=circuits.srs.sha256,
        ),
        source=sha256_file(source),
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
    lasts = statement.batches * statement.uses
    if lasts < rounds:
        raise DataMismatch(
            f"the data has {statement.batches} batches of {statement.uses} uses each, enough for {lasts} rounds; "
            f"the plan has {rounds}",
            remedy="lower batch or rounds, or raise uses in the plan",
            found=lasts,
            allowed=rounds,
        )
