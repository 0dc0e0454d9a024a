"""Use case: judge a proof, by a bundle or by the contracts of a network."""

from pathlib import Path

from ..chain.gateway import check_inference
from ..chain.registry import ContractAt
from ..circuit.bundle import circuit_files, load_bundle
from ..config import Config
from ..halo2 import Prover
from ..progress import Report, silent
from ..proof.binding import binding_limbs
from ..proof.check import Verdict, check_proof
from ..proof.codec import read_proof
from ..records import Proof
from ..solidity.artifacts import load_artifact
from .lookup import DeployedModel, find_bound_model
from .site import Site, open_site
from .submit import errors_behind_the_gateway, foreign_reason


def verify_with_bundle(proof_path: Path, folder: Path, *, prover: Prover, report: Report = silent) -> Verdict:
    """The verdict of a bundle's verifying key. Raises ProofUnreadable, BundleError and EngineError."""
    proof = read_proof(proof_path)
    bundle = load_bundle(folder)
    return check_proof(prover, circuit_files(folder), bundle, proof, report)


def verify_on_network(proof_path: Path, network: str, *, config: Config, report: Report = silent) -> Verdict:
    """The verdict of the gateway's read-only check: the proof, and that its binding is meant for this network.

    Raises ProofUnreadable, DeploymentError and ChainError; a proof that does not hold is a verdict.
    """
    proof = read_proof(proof_path)
    site = open_site(network, config, signing=False)
    model = find_bound_model(site, proof)
    report("asking the gateway")
    reason = _binding_reason(proof, model, site)
    if not reason:
        gateway = ContractAt(model.gateway, load_artifact("InferenceGateway").abi)
        refusal = check_inference(site.chain, gateway, model.model_id, proof, abis=errors_behind_the_gateway())
        reason = "" if refusal is None else refusal.message
    return Verdict(valid=not reason, where=f"{network}:{model.gateway}", reason=reason)


def _binding_reason(proof: Proof, model: DeployedModel, site: Site) -> str:
    """The gateway's check takes no binding, so the limbs are compared here. An unbound proof may be checked."""
    if proof.binding is not None:
        reason = foreign_reason(proof, model, site)
        if reason:
            return reason
        now = site.chain.head().timestamp
        if proof.binding.deadline < now:
            return f"the proof could be submitted until {proof.binding.deadline}; the chain's time is {now}"
    limbs = binding_limbs(proof.binding)
    for segment in model.segments:
        if segment.kind == "binding" and tuple(proof.instances[segment.start : segment.start + 9]) != limbs:
            return "the binding named in the file is not the one that was proved"
    return ""
