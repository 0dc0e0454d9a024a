"""Use case: send proofs to the gateway, and read what the gateway accepted."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..chain.abi import Abi
from ..chain.batch import Outcome, submit_inferences
from ..chain.gateway import KnownModel, list_events, submit_inference
from ..chain.registry import ContractAt
from ..config import Config
from ..errors import ProofForeign, UsageError
from ..progress import Report, silent
from ..proof.codec import read_proof
from ..records import InferenceEvent, Proof, Receipt
from ..solidity.artifacts import load_artifact
from .follow import watched_gateways
from .lookup import DeployedModel, find_bound_model
from .permit import permit_for
from .site import Site, open_site


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A mined submission and the event that says it was accepted."""

    receipt: Receipt
    event: InferenceEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedMany:
    """What became of each proof, in the order given. Without a receipt, all would have been refused: none was sent."""

    paths: tuple[Path, ...]
    receipt: Receipt | None
    outcomes: tuple[Outcome, ...]


def submit_proof(
    proof_path: Path,
    network: str,
    *,
    config: Config,
    name: str | None = None,
    permit_path: Path | None = None,
    report: Report = silent,
) -> Submitted:
    """Send the proof in a transaction and decode the gateway's event; the event, not the status, is the success.

    `name` says which deployment, where several serve the circuit and the proof is bound to none. With the permit of
    the account that the proof is bound to, the network's signer submits it for that account. Raises
    ProofUnreadable, ProofForeign before anything is sent, and TransactionError, among them AlreadyRecorded,
    BindingRefused, ProofRejected and EventMissing.
    """
    proof = read_proof(proof_path)
    permit = None if permit_path is None else permit_for(permit_path, proof)
    site = open_site(network, config, signing=True)
    gateway, known = destination(site, proof, name)
    assert site.signer is not None
    receipt, event = submit_inference(
        site.chain, site.signer, gateway, known, proof, report, permit=permit, abis=errors_behind_the_gateway()
    )
    return Submitted(receipt=receipt, event=event)


def submit_proofs(
    proof_paths: Sequence[Path], network: str, *, config: Config, name: str | None = None, report: Report = silent
) -> SubmittedMany:
    """Send several proofs, of one model or of several, in one transaction; each is accepted or refused alone.

    Raises ProofUnreadable, ProofForeign and UsageError before anything is sent, and TransactionError for the
    transaction as a whole.
    """
    proofs = [read_proof(path) for path in proof_paths]
    site = open_site(network, config, signing=True)
    places = [destination(site, proof, name) for proof in proofs]
    gateways = sorted({gateway.address for gateway, _ in places})
    if len(gateways) != 1:
        raise UsageError(
            f"the proofs are for {len(gateways)} gateways ({', '.join(gateways)}); one transaction goes to one",
            remedy="submit those of each gateway by themselves",
        )
    assert site.signer is not None
    receipt, outcomes = submit_inferences(
        site.chain,
        site.signer,
        places[0][0],
        [(known, proof) for (_, known), proof in zip(places, proofs, strict=True)],
        report,
        abis=errors_behind_the_gateway(),
    )
    return SubmittedMany(paths=tuple(proof_paths), receipt=receipt, outcomes=outcomes)


def destination(site: Site, proof: Proof, name: str | None) -> tuple[ContractAt, KnownModel]:
    """The gateway and the model that a proof is for. Raises DeploymentError and ProofForeign."""
    model = find_bound_model(site, proof, name)
    reason = foreign_reason(proof, model, site)
    if reason:
        raise ProofForeign(reason)
    gateway = ContractAt(model.gateway, load_artifact("InferenceGateway").abi)
    return gateway, KnownModel(model_id=model.model_id, name=model.model_name, segments=model.segments)


def list_inferences(
    network: str, *, config: Config, from_block: int | None = None, report: Report = silent
) -> tuple[InferenceEvent, ...]:
    """Every accepted inference of the models recorded on `network`, oldest first, since `from_block` where given."""
    site = open_site(network, config, signing=False)
    watched = watched_gateways(site, from_block)
    report("reading events")
    found: list[InferenceEvent] = []
    for gateway, first in watched.gateways:
        found += list_events(site.chain, gateway, watched.models, first)
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
