"""Judge a proof against a bundle: a verdict with its reason, never a guess."""

from dataclasses import dataclass

from ..halo2 import Prover
from ..halo2.engine import CircuitFiles
from ..progress import Report, silent
from ..record import Record
from ..records import Bundle, Proof
from ..values import keccak_of
from .binding import carries


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict(Record):
    """Whether a proof holds, who judged, and why not."""

    valid: bool
    where: str
    reason: str


def check_proof(prover: Prover, files: CircuitFiles, bundle: Bundle, proof: Proof, report: Report = silent) -> Verdict:
    """The verdict on `proof` under `bundle`. Raises EngineError only when no verdict could be reached."""
    reason = refusal(bundle, proof)
    if not reason and not prover.verify(files, proof.instances, proof.proof, report):
        reason = "the proof does not hold for these instances"
    return Verdict(valid=not reason, where="bundle", reason=reason)


def refusal(bundle: Bundle, proof: Proof) -> str:
    """Why `proof` cannot belong to `bundle`, before any cryptography; empty when nothing speaks against it.

    ezkl accepts bytes appended to a proof, and checks neither the circuit nor the binding a file names.
    """
    if proof.circuit_digest != bundle.circuit_digest:
        return f"the proof is for circuit {proof.circuit_digest[:12]}, the bundle is {bundle.circuit_digest[:12]}"
    if len(proof.instances) != bundle.instances:
        return f"the proof has {len(proof.instances)} instances, the circuit {bundle.instances}"
    if len(proof.proof) != bundle.proof_bytes:
        return f"the proof is {len(proof.proof)} bytes long, the circuit's proofs are {bundle.proof_bytes}"
    if bundle.params_digest is not None and _params_digest(bundle, proof) != bundle.params_digest:
        return "the proof was made with other parameters than the bundle's"
    if bundle.binding:
        wrong = "the binding named in the file is not the one that was proved"
        return "" if carries(proof, bundle.segments) else wrong
    return "the circuit has no binding, but the proof names one" if proof.binding is not None else ""


def _params_digest(bundle: Bundle, proof: Proof) -> str:
    packed = b"".join(
        int(value).to_bytes(32, "big")
        for segment in bundle.segments
        if segment.kind == "params_hash"
        for value in proof.instances[segment.start : segment.start + segment.count]
    )
    return keccak_of(packed)
