"""Everything that a model needs on a chain, in the order in which the parts need each other."""

from dataclasses import dataclass, replace

from ..chain.deployment_record import DeploymentRecord
from ..chain.deployments import write_deployment
from ..chain.registry import ModelVersion
from ..records import Bundle
from ..solidity.artifacts import load_artifact
from ..values import ZERO_DIGEST, Address, Digest
from .admission import GATEWAY, REGISTRY
from .layout import layout_of
from .order import Ready
from .placer import Placer
from .standing import ARGUMENTS, Part
from .verifier import place_verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Everything that a model needs on a chain, there or planned. `model_id` is None in a plan without an owner."""

    registry: DeploymentRecord
    gateway: DeploymentRecord
    adapter: DeploymentRecord
    model_id: Digest | None


def place_model(placer: Placer, ready: Ready) -> Placed:
    """Place registry, gateway, verifier and adapter, and register the model. Raises what the placer raises."""
    assert ready.chosen is not None
    bundle, title = ready.bundle, ready.title
    registry = placer.place(Part(name=REGISTRY, artifact=load_artifact(REGISTRY), facts={}))
    at = registry.deployment.address
    gateway = placer.place(Part(name=GATEWAY, artifact=load_artifact(GATEWAY), args=(at,), facts={}))
    adapter = placer.place(place_verifier(placer, title, bundle.circuit_digest, ready.chosen.verifier, ready.trial))
    model_id = placer.register(registry, adapter, _version(bundle, adapter, title), ready.ranges)
    return Placed(registry=registry, gateway=gateway, adapter=adapter, model_id=model_id)


def record_model(ready: Ready, placed: Placed, owner: Address) -> DeploymentRecord:
    """Write the record of a registered model. Raises DeploymentCorrupt, OSError.

    Without its constructor's arguments, it is not found again by them: a second model gets an adapter of its own, since
    its id would be the first one's.
    """
    bundle = ready.bundle
    kept = {key: value for key, value in placed.adapter.facts.items() if key != ARGUMENTS}
    final = replace(
        placed.adapter,
        facts={
            **kept,
            "model_digest": bundle.model.digest,
            "model_id": placed.model_id,
            "owner": owner,
            "registry": placed.registry.deployment.address,
            "gateway": placed.gateway.deployment.address,
            "provenance": bundle.srs.provenance,
            "binding": bundle.binding,
            "segments": [segment.to_json() for segment in bundle.segments],
            "model_name": ready.title,
            "proof_bytes": bundle.proof_bytes,
        },
    )
    write_deployment(ready.site.root, ready.site.network, final)
    return final


def _version(bundle: Bundle, adapter: DeploymentRecord, title: str) -> ModelVersion:
    return ModelVersion(
        circuit_digest=bundle.circuit_digest,
        model_digest=bundle.model.digest,
        adapter=adapter.deployment.address,
        adapter_code_hash=adapter.deployment.code_hash,
        key_digest=adapter.facts["key_digest"],
        params_digest=bundle.params_digest or ZERO_DIGEST,
        layout=layout_of(bundle.segments),
        dev_srs=bundle.srs.provenance == "dev",
        name=title,
    )
