"""From a file of samples to commitments and what opens them."""

from pathlib import Path

from ..halo2 import Prover
from ..progress import Report, silent
from .circuits import TrainingCircuits, commit_vectors
from .dataset import Openings, batches_of, read_table, statement_of


def commit_table(source: Path, circuits: TrainingCircuits, prover: Prover, report: Report = silent) -> Openings:
    """Commit to the samples in a file, batch by batch. Raises DataMismatch, OffGrid and EngineError."""
    layout = circuits.layout
    x, y = read_table(source, layout.architecture.targets)
    vectors, present = batches_of(x, y, layout)
    points = commit_vectors(circuits, vectors, prover, report)
    return Openings(
        statement=statement_of(points, len(x), layout, circuits.logrows),
        vectors=vectors,
        points=points,
        present=present,
    )
