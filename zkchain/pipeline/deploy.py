"""Use case: put a bundle's verifier on a chain, behind an adapter, in the registry, ready for the gateway."""

from dataclasses import dataclass, replace
from pathlib import Path

from ..chain.deployment_record import DeploymentRecord
from ..config import Config
from ..halo2 import Prover
from ..progress import Report, silent
from ..record import Record
from ..values import Address, Digest
from .admission import GATEWAY, REGISTRY
from .choice import PROOFS, VerifierCost
from .lookup import model_of
from .order import Order, Ready, opened
from .placing import place_model, record_model
from .plan import Planner, PlanStep
from .ranges import Bounds
from .sending import Sender
from .site import Site
from .verifier import SHARED, OwnVerifier, VerifierChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed(Record):
    """What a deployment did, or, for a dry run, would do."""

    name: str
    contracts: dict[str, Address]  #: of a dry run: those whose address is known
    rpc_url: str
    chain_id: int
    gas_used: int
    code_bytes: int  #: runtime code of the verifier
    model_id: Digest | None
    circuit_digest: Digest
    provenance: str
    verifier: str
    reused: bool  #: nothing had to be sent
    plan: tuple[PlanStep, ...]
    costs: tuple[VerifierCost, ...]  #: of both verifiers, where one was chosen by them
    salt: str | None = None


def deploy_bundle(
    folder: Path,
    *,
    network: str,
    config: Config,
    prover: Prover,
    name: str | None = None,
    dry_run: bool = False,
    verifier: VerifierChoice = "auto",
    proofs: int = PROOFS,
    bounds: Bounds | None = None,
    replace_other: bool = False,
    salt: str | None = None,
    resume: bool = True,
    report: Report = silent,
) -> Deployed:
    """Deploy what is missing and register the model; do nothing when the same circuit is there already.

    With verifier "auto", the one is taken that costs less gas with `proofs` verified, its deployment included.
    `bounds` are kept by the gateway: public tensors, and between which values they have to lie. With `replace_other`,
    a name that stands for another deployment is taken over; its contracts stay on chain, its record is lost. With a
    `salt` (`create2.parse_salt`), addresses follow from it and from the code alone. A run that was killed is carried on
    by the next one, which creates nothing twice; without `resume` that is refused.

    Raises BundleError, DevSrsRefused, ChainUnfit, SmokeTestFailed, SolidityError, ChainError, UsageError,
    DeploymentError, among them DeploymentTaken and ModelStopped, and TransactionError. A verifier that fails its
    smoke test is never recorded.
    """
    order = Order(
        folder=folder,
        network=network,
        name=name,
        verifier=verifier,
        proofs=proofs,
        bounds=bounds,
        replace_other=replace_other,
        salt=salt,
        resume=resume,
    )
    return carry_out(order, dry_run=dry_run, config=config, prover=prover, report=report)


def carry_out(order: Order, *, dry_run: bool, config: Config, prover: Prover, report: Report = silent) -> Deployed:
    """What `deploy_bundle` does, and raises."""
    with opened(order, config=config, prover=prover, signing=not dry_run, report=report) as ready:
        site, chosen = ready.site, ready.chosen
        if ready.known is not None:
            return answer(site, ready.title, ready.known, gas=0)
        assert chosen is not None
        if site.signer is None:
            planner = Planner(site, owner=None, salt=ready.salt, take_name=order.replace_other, report=report)
            place_model(planner, ready)
            return planned_answer(ready, planner, None)
        sender = Sender(site, site.signer, salt=ready.salt, take_name=order.replace_other, report=report)
        placed = place_model(sender, ready)
        record = record_model(ready, placed, site.signer.address)
        return replace(answer(site, ready.title, record, gas=sender.gas_used), costs=chosen.costs)


def answer(site: Site, title: str, record: DeploymentRecord, *, gas: int) -> Deployed:
    """What stands of a registered model. Raises DeploymentCorrupt."""
    model = model_of(record)
    return Deployed(
        name=title,
        contracts={
            REGISTRY: model.registry,
            GATEWAY: model.gateway,
            f"{title}Verifier" if model.verifier == "own" else SHARED: model.verifier_address,
            title: record.deployment.address,
        },
        rpc_url=site.network.rpc_url,
        chain_id=site.network.chain_id,
        gas_used=gas,
        code_bytes=model.verifier_code_bytes,
        model_id=model.model_id,
        circuit_digest=model.circuit_digest,
        provenance=model.provenance,
        verifier=model.verifier,
        reused=gas == 0,
        plan=(),
        costs=(),
        salt=record.facts.get("salt"),
    )


def planned_answer(ready: Ready, planner: Planner, model_id: Digest | None) -> Deployed:
    """What a plan says."""
    assert ready.chosen is not None
    prepared, bundle, network = ready.chosen.verifier, ready.bundle, ready.site.network
    return Deployed(
        name=ready.title,
        contracts={step.contract: Address(step.address) for step in planner.steps if step.address},
        rpc_url=network.rpc_url,
        chain_id=network.chain_id,
        gas_used=0,
        code_bytes=len(prepared.artifact.deployed_bytecode),
        model_id=model_id,
        circuit_digest=bundle.circuit_digest,
        provenance=bundle.srs.provenance,
        verifier="own" if isinstance(prepared, OwnVerifier) else "shared",
        reused=False,
        plan=tuple(planner.steps),
        costs=ready.chosen.costs,
        salt=planner.salt_text,
    )
