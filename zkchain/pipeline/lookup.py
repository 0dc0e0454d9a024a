"""Find the deployed model that a bundle or a proof belongs to."""

from dataclasses import dataclass

from ..chain.deployments import DeploymentRecord, code_matches, find_deployment
from ..errors import DeploymentCorrupt, DeploymentDrift, DeploymentNotFound
from ..records import Segment
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


def find_model(site: Site, circuit_digest: Digest) -> DeployedModel:
    """The model with this circuit on the site's network, its adapter's code compared with the record.

    Raises DeploymentNotFound, DeploymentDrift and DeploymentCorrupt.
    """
    record = find_deployment(site.root, site.network, circuit_digest=circuit_digest)
    if not code_matches(site.chain, record):
        error = DeploymentNotFound if site.network.devnet else DeploymentDrift
        raise error(
            f"{record.deployment.name} is recorded at {record.deployment.address} on {site.network.name!r}, "
            "but the chain does not hold its code",
            name=record.deployment.name,
            address=record.deployment.address,
        )
    return model_of(record)


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
