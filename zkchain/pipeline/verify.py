"""Use case: judge a proof, by a bundle or by the contracts of a network."""

from pathlib import Path

from ..circuit.bundle import circuit_files, load_bundle
from ..halo2 import Prover
from ..progress import Report, silent
from ..proof.check import Verdict, check_proof
from ..proof.codec import read_proof


def verify_with_bundle(proof_path: Path, folder: Path, *, prover: Prover, report: Report = silent) -> Verdict:
    """The verdict of a bundle's verifying key. Raises ProofUnreadable, BundleError and EngineError."""
    proof = read_proof(proof_path)
    bundle = load_bundle(folder)
    return check_proof(prover, circuit_files(folder), bundle, proof, report)
