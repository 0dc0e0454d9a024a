"""Use case: judge a proof, by a bundle or by the contracts of a network."""

from dataclasses import dataclass
from pathlib import Path

from ..chain.gateway import check_inference, record_of, statement_of
from ..chain.registry import ContractAt
from ..circuit.bundle import circuit_files, load_bundle
from ..config import Config
from ..halo2 import Prover
from ..progress import Report, silent
from ..proof.binding import carries
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


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkVerdict(Verdict):
    """The verdict of a network's contracts. A statement that is `recorded` holds, but is not accepted again."""

    recorded: bool


def verify_on_network(
    proof_path: Path, network: str, *, config: Config, name: str | None = None, report: Report = silent
) -> NetworkVerdict:
    """The verdict of the gateway's read-only check: the proof, and that its binding is meant for this network.

    `name` says which deployment, where several serve the circuit. Raises ProofUnreadable, DeploymentError and
    ChainError; a proof that does not hold is a verdict.
    """
    proof = read_proof(proof_path)
    site = open_site(network, config, signing=False)
    model = find_bound_model(site, proof, name)
    report("asking the gateway")
    gateway = ContractAt(model.gateway, load_artifact("InferenceGateway").abi)
    reason = _binding_reason(proof, model, site) or _refusal(proof, model, site, gateway)
    record = None
    if not reason:
        statement = statement_of(site.chain, gateway, model.model_id, proof.instances)
        record = record_of(site.chain, gateway, statement)
        # The deadline is for submitting: what was recorded in time still holds.
        reason = _deadline_reason(proof, site) if record is None else ""
    return NetworkVerdict(
        valid=not reason,
        where=f"{network}:{model.gateway}",
        reason=reason if record is None else f"already recorded for {record.account}; the gateway accepts it once",
        recorded=record is not None,
    )


def _refusal(proof: Proof, model: DeployedModel, site: Site, gateway: ContractAt) -> str:
    refusal = check_inference(site.chain, gateway, model.model_id, proof, abis=errors_behind_the_gateway())
    return "" if refusal is None else refusal.message


def _binding_reason(proof: Proof, model: DeployedModel, site: Site) -> str:
    """The gateway's check takes no binding, so the tag is compared here. An unbound proof may be checked."""
    if proof.binding is not None:
        reason = foreign_reason(proof, model, site)
        if reason:
            return reason
    return "" if carries(proof, model.segments) else "the binding named in the file is not the one that was proved"


def _deadline_reason(proof: Proof, site: Site) -> str:
    now = site.chain.head().timestamp
    if proof.binding is None or proof.binding.deadline >= now:
        return ""
    return f"the proof could be submitted until {proof.binding.deadline}; the chain's time is {now}"
