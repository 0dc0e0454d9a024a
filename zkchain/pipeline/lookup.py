"""Find the deployed model that a bundle or a proof belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..chain.deployment_record import DeploymentRecord
from ..chain.deployments import code_matches, find_deployments, read_deployment
from ..chain.registry import ContractAt, get_version, is_stopped, read
from ..errors import (
    DeploymentAmbiguous,
    DeploymentCorrupt,
    DeploymentDrift,
    DeploymentNotFound,
    ModelStopped,
)
from ..record import Record
from ..records import Proof, Provenance, Segment
from ..solidity.artifacts import load_artifact
from ..values import Address, Digest, address
from .layout import layout_of
from .site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedModel(Record):
    """What a client needs to know of a registered model."""

    model_name: str
    model_id: Digest
    gateway: Address
    registry: Address
    circuit_digest: Digest
    provenance: Provenance
    binding: bool
    segments: tuple[Segment, ...]
    verifier: Literal["own", "shared"]
    verifier_address: Address
    verifier_code_bytes: int


def find_model(
    site: Site, circuit_digest: Digest, model_id: Digest | None = None, *, name: str | None = None
) -> DeployedModel:
    """The model with this circuit, and with `model_id` or under `name` where one is given, on the site's network.

    Of several, the one that is live: on chain, as recorded, and not stopped. Records of one registered model are
    one; of several live models none is preferred. Raises DeploymentNotFound, DeploymentAmbiguous, DeploymentDrift
    and DeploymentCorrupt.
    """
    live = _live(site, _records(site, circuit_digest, model_id, name))
    if len(live) > 1:
        raise DeploymentAmbiguous(
            f"circuit {circuit_digest[:12]} is deployed on {site.network.name!r} as {', '.join(live)}",
            names=tuple(live),
        )
    return next(iter(live.values()))


def find_bound_model(site: Site, proof: Proof, name: str | None = None) -> DeployedModel:
    """The model a proof names, or, when none is deployed under that id, one with its circuit.

    The latter lets the caller say for what the proof was made instead. Raises as `find_model` does.
    """
    if proof.binding is None:
        return find_model(site, proof.circuit_digest, name=name)
    try:
        return find_model(site, proof.circuit_digest, proof.binding.model_id, name=name)
    except DeploymentNotFound:
        # Whichever this is, the proof is not for it.
        return next(iter(_live(site, _records(site, proof.circuit_digest, None, name)).values()))


def checked_model(site: Site, record: DeploymentRecord) -> DeployedModel:
    """The model of a record that agrees with the chain.

    What is recorded is compared: the adapter's code, the gateway's and the registry's code with the contracts that
    ship, and the registry's entry with the record. Raises DeploymentNotFound, DeploymentDrift, DeploymentCorrupt.
    """
    model = model_of(record)
    if not code_matches(site.chain, record):
        error = DeploymentNotFound if site.network.devnet else DeploymentDrift
        raise error(
            f"{record.deployment.name} is recorded at {record.deployment.address} on {site.network.name!r}, "
            "but the chain does not hold its code",
            name=record.deployment.name,
            address=record.deployment.address,
        )
    _compare_with_chain(site, record, model)
    return model


def refuse_stopped(site: Site, model: DeployedModel) -> None:
    """Raise ModelStopped when the gateway accepts no more answers of this model."""
    refuse_stopped_version(site, model.registry, model.model_id, model.model_name)


def refuse_stopped_version(site: Site, registry: Address, model_id: Digest, name: str) -> None:
    """The same for an id in a registry. Raises ModelStopped."""
    if is_stopped(site.chain, ContractAt(registry, load_artifact("ModelRegistry").abi), model_id):
        raise ModelStopped(
            f"{name} ({model_id}) was stopped by its owner in the registry on {site.network.name!r}",
            name=name,
            model_id=model_id,
        )


def model_of(record: DeploymentRecord) -> DeployedModel:
    """The model that a record describes. Raises DeploymentCorrupt."""
    try:
        return DeployedModel.from_json({key: record.facts[key] for key in DeployedModel.__dataclass_fields__})
    except (KeyError, ValueError, TypeError) as error:
        raise DeploymentCorrupt(f"the record of {record.deployment.name} is no model's: {error}") from error


def _records(
    site: Site, circuit_digest: Digest, model_id: Digest | None, name: str | None
) -> Sequence[DeploymentRecord]:
    """Records of registered models, at least one. An adapter whose registration failed is not one yet."""
    wanted = {"circuit_digest": circuit_digest} | ({} if model_id is None else {"model_id": model_id})
    if name is not None:
        read_deployment(site.root, site.network, name)  # says that there is none of this name
    found = [
        record
        for record in find_deployments(site.root, site.network, **wanted)
        if "model_id" in record.facts and name in (None, record.deployment.name)
    ]
    if not found:
        which = f"model of circuit {circuit_digest[:12]}" + ("" if name is None else f" called {name!r}")
        raise DeploymentNotFound(f"no {which} is registered on network {site.network.name!r}")
    return found


def _live(site: Site, records: Sequence[DeploymentRecord]) -> dict[str, DeployedModel]:
    """Models by the record's name, each once, without those that are gone or stopped while there are others."""
    live: dict[str, DeployedModel] = {}
    for record in records if len(records) > 1 else ():
        try:
            model = checked_model(site, record)
        except (DeploymentDrift, DeploymentNotFound):
            continue
        known = {(other.gateway, other.model_id) for other in live.values()}
        if (model.gateway, model.model_id) not in known and not _stopped(site, model):
            live[record.deployment.name] = model
    # What is wrong with the only one says more than that none will do.
    return live or {records[0].deployment.name: checked_model(site, records[0])}


def _stopped(site: Site, model: DeployedModel) -> bool:
    return is_stopped(site.chain, ContractAt(model.registry, load_artifact("ModelRegistry").abi), model.model_id)


def _compare_with_chain(site: Site, record: DeploymentRecord, model: DeployedModel) -> None:
    """A contract that does nothing accepts every call: only ours, with our entry in it, may judge."""
    for name, found in (("InferenceGateway", model.gateway), ("ModelRegistry", model.registry)):
        artifact = load_artifact(name)
        if artifact.differs_at(site.chain.code_at(found)) is not None:
            raise DeploymentDrift(f"{found} is recorded as {name}, but has other code", address=found)
    gateway = ContractAt(model.gateway, load_artifact("InferenceGateway").abi)
    registry = ContractAt(model.registry, load_artifact("ModelRegistry").abi)
    version = get_version(site.chain, registry, model.model_id)
    served = address(read(site.chain, gateway, "registry", [])[0])
    if (
        served != model.registry
        or version is None
        or version.circuit_digest != model.circuit_digest
        or version.adapter != record.deployment.address
        or version.layout != layout_of(model.segments)
    ):
        raise DeploymentDrift(
            f"the registry on {site.network.name!r} does not hold {record.deployment.name} as it is recorded",
            model_id=model.model_id,
        )
