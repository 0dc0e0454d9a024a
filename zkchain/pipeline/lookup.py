"""Find the deployed model that a bundle or a proof belongs to."""

from dataclasses import dataclass

from ..chain.deploy import same_code
from ..chain.deployments import DeploymentRecord, code_matches, find_deployment
from ..chain.registry import ContractAt, get_version, read
from ..errors import DeploymentCorrupt, DeploymentDrift, DeploymentNotFound
from ..records import Proof, Segment
from ..solidity.artifacts import load_artifact
from ..values import Address, Digest, address, digest
from .site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedModel:
    """What a client needs to know of a registered model."""

    name: str
    model_id: Digest
    gateway: Address
    registry: Address
    circuit_digest: Digest
    provenance: str
    binding: bool
    segments: tuple[Segment, ...]


def find_model(site: Site, circuit_digest: Digest, model_id: Digest | None = None) -> DeployedModel:
    """The model with this circuit, and with `model_id` where one is given, on the site's network.

    What is recorded is compared with the chain: the adapter's code, the gateway's and the registry's code with the
    contracts that ship, and the registry's entry with the record. Raises DeploymentNotFound, DeploymentDrift and
    DeploymentCorrupt.
    """
    facts = {"circuit_digest": circuit_digest} | ({} if model_id is None else {"model_id": model_id})
    record = find_deployment(site.root, site.network, **facts)
    if not code_matches(site.chain, record):
        error = DeploymentNotFound if site.network.devnet else DeploymentDrift
        raise error(
            f"{record.deployment.name} is recorded at {record.deployment.address} on {site.network.name!r}, "
            "but the chain does not hold its code",
            name=record.deployment.name,
            address=record.deployment.address,
        )
    model = model_of(record)
    _compare_with_chain(site, record, model)
    return model


def find_bound_model(site: Site, proof: Proof) -> DeployedModel:
    """The model a proof names, or, when none is deployed under that id, the one with its circuit.

    The latter lets the caller say for what the proof was made instead. Raises as `find_model` does.
    """
    if proof.binding is None:
        return find_model(site, proof.circuit_digest)
    try:
        return find_model(site, proof.circuit_digest, proof.binding.model_id)
    except DeploymentNotFound:
        return find_model(site, proof.circuit_digest)


def _compare_with_chain(site: Site, record: DeploymentRecord, model: DeployedModel) -> None:
    """A contract that does nothing accepts every call: only ours, with our entry in it, may judge."""
    for name, found in (("InferenceGateway", model.gateway), ("ModelRegistry", model.registry)):
        artifact = load_artifact(name)
        if not same_code(site.chain.code_at(found), artifact.deployed_bytecode, immutables=True):
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
    ):
        raise DeploymentDrift(
            f"the registry on {site.network.name!r} does not hold {model.name} as it is recorded",
            model_id=model.model_id,
        )


def model_of(record: DeploymentRecord) -> DeployedModel:
    """The model that a record describes. Raises DeploymentCorrupt."""
    facts = record.facts
    try:
        return DeployedModel(
            name=str(facts["model_name"]),
            model_id=digest(facts["model_id"]),
            gateway=address(facts["gateway"]),
            registry=address(facts["registry"]),
            circuit_digest=digest(facts["circuit_digest"]),
            provenance=str(facts["provenance"]),
            binding=bool(facts["binding"]),
            segments=tuple(Segment.from_json(segment) for segment in facts["segments"]),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise DeploymentCorrupt(f"the record of {record.deployment.name} is incomplete: {error}") from error
