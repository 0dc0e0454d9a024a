"""Use case: send a proof to the gateway, and read what the gateway accepted."""

from dataclasses import dataclass
from pathlib import Path

from ..chain.abi import Abi
from ..chain.deployments import list_deployments
from ..chain.gateway import KnownModel, list_events, submit_inference
from ..chain.registry import ContractAt
from ..config import Config
from ..errors import DeploymentNotFound, ProofForeign
from ..progress import Report, silent
from ..proof.codec import read_proof
from ..records import InferenceEvent, Proof, Receipt
from ..solidity.artifacts import load_artifact
from .lookup import DeployedModel, find_bound_model, model_of
from .site import Site, open_site


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A mined submission and the event that says it was accepted."""

    receipt: Receipt
    event: InferenceEvent


def submit_proof(
    proof_path: Path, network: str, *, config: Config, name: str | None = None, report: Report = silent
) -> Submitted:
    """Send the proof in a transaction and decode the gateway's event; the event, not the status, is the success.

    `name` says which deployment, where several serve the circuit and the proof is bound to none. Raises
    ProofUnreadable, ProofForeign before anything is sent, and TransactionError, among them AlreadyRecorded,
    BindingRefused, ProofRejected and EventMissing.
    """
    proof = read_proof(proof_path)
    site = open_site(network, config, signing=True)
    model = find_bound_model(site, proof, name)
    reason = foreign_reason(proof, model, site)
    if reason:
        raise ProofForeign(reason)
    assert site.signer is not None
    gateway = ContractAt(model.gateway, load_artifact("InferenceGateway").abi)
    known = KnownModel(model_id=model.model_id, name=model.model_name, segments=model.segments)
    receipt, event = submit_inference(
        site.chain, site.signer, gateway, known, proof, report, abis=errors_behind_the_gateway()
    )
    return Submitted(receipt=receipt, event=event)


def list_inferences(
    network: str, *, config: Config, from_block: int = 0, report: Report = silent
) -> tuple[InferenceEvent, ...]:
    """Every accepted inference of the models recorded on `network`, oldest first."""
    site = open_site(network, config, signing=False)
    models = [model_of(r) for r in list_deployments(site.root, site.network) if "model_id" in r.facts]
    if not models:
        raise DeploymentNotFound(f"no model is recorded on network {network!r}")
    report("reading events")
    names = {
        model.model_id: KnownModel(model_id=model.model_id, name=model.model_name, segments=model.segments)
        for model in models
    }
    found: list[InferenceEvent] = []
    for address in sorted({model.gateway for model in models}):
        gateway = ContractAt(address, load_artifact("InferenceGateway").abi)
        found += list_events(site.chain, gateway, names, from_block)
    return tuple(sorted(found, key=lambda event: (event.block, event.log_index)))


def foreign_reason(proof: Proof, model: DeployedModel, site: Site) -> str:
    """Why this proof cannot be meant for this model on this chain; empty when nothing speaks against it."""
    binding = proof.binding
    if binding is None:
        return "the proof is bound to nothing; prove again with --network" if model.binding else ""
    if not model.binding:
        return "the proof names a binding, the deployed circuit has none"
    for what, found, expected in (
        ("chain", binding.chain_id, site.network.chain_id),
        ("gateway", binding.gateway, model.gateway),
        ("model", binding.model_id, model.model_id),
    ):
        if found != expected:
            return f"the proof is bound to {what} {found}, this network has {expected}"
    return ""


def errors_behind_the_gateway() -> tuple[Abi, ...]:
    """ABIs whose custom errors can come out of the gateway though they are not its own."""
    return tuple(load_artifact(name).abi for name in ("ModelRegistry", "Halo2Adapter", "ReusableHalo2Adapter"))
