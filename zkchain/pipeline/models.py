"""Use case: what the owner or the guardian of a registered model does with it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..chain.deployments import read_deployment
from ..chain.ownership import IdStatus, change, publish_model, require_version, status_of, update_model
from ..chain.registry import ContractAt, ModelVersion, get_version, model_id_of
from ..chain.signer import Signer
from ..config import Config
from ..errors import DeploymentDrift, UsageError
from ..progress import Report, silent
from ..records import Receipt
from ..solidity.artifacts import load_artifact
from ..values import ZERO_ADDRESS, Address, Digest, digest
from .lookup import checked_model
from .site import Site, open_site

_REGISTRY = "ModelRegistry"
_ID = re.compile(r"0x[0-9a-fA-F]{64}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChange:
    """What was sent, None when it was only asked, and what the registry says since."""

    receipt: Receipt | None
    status: IdStatus


def show_model(which: str, network: str, *, config: Config) -> ModelChange:
    """What the registry says of the deployment called `which`, or of that id. Nothing is sent.

    Raises DeploymentNotFound, DeploymentDrift, DeploymentCorrupt, TransactionReverted for an id that is none, and
    what connecting raises; so do the other use cases here.
    """
    site = open_site(network, config, signing=False)
    registry, model_id = _registered(site, which)
    return ModelChange(receipt=None, status=status_of(site.chain, registry, model_id))


def stop_model(which: str, network: str, *, config: Config, report: Report = silent) -> ModelChange:
    """Stop a version or model for ever, as its owner or guardian. Raises TransactionReverted for anyone else."""
    return _changed(which, network, "stop", (), config, report)


def set_guardian(
    which: str, guardian: Address | None, network: str, *, config: Config, report: Report = silent
) -> ModelChange:
    """Name who besides the owner may stop it; None for nobody. Raises TransactionReverted for all but the owner."""
    return _changed(which, network, "setGuardian", (guardian or ZERO_ADDRESS,), config, report)


def offer_model(
    which: str, new_owner: Address | None, network: str, *, config: Config, report: Report = silent
) -> ModelChange:
    """Offer the id to another account, which has to accept; None takes the offer back.

    Raises TransactionReverted for all but the owner.
    """
    return _changed(which, network, "transferOwnership", (new_owner or ZERO_ADDRESS,), config, report)


def accept_model(which: str, network: str, *, config: Config, report: Report = silent) -> ModelChange:
    """Take over an id that was offered to the signer. Raises TransactionReverted when it was not."""
    return _changed(which, network, "acceptOwnership", (), config, report)


def publish_default(name: str, network: str, *, config: Config, report: Report = silent) -> ModelChange:
    """Register a model of ERC-7992 whose default version is the deployment called `name`; its id can be updated.

    Raises UsageError for a version that another account registered.
    """
    site = open_site(network, config, signing=True)
    registry, version_id, version, signer = _own_version(site, name)
    report("registering the model")
    model_id, receipt = publish_model(site.chain, signer, registry, version, report)
    status = status_of(site.chain, registry, model_id)
    require_version(status.version_id, version_id, registry)
    return ModelChange(receipt=receipt, status=status)


def update_default(
    model_id: Digest, name: str, network: str, *, config: Config, report: Report = silent
) -> ModelChange:
    """Have the model `model_id` stand for the deployment called `name` after the registry's delay of a day.

    Raises UsageError for a version that another account registered, TransactionReverted for all but the owner.
    """
    site = open_site(network, config, signing=True)
    registry, version_id, version, signer = _own_version(site, name)
    report("scheduling the update")
    receipt = update_model(site.chain, signer, registry, model_id, version, report)
    status = status_of(site.chain, registry, model_id)
    require_version(status.next_version_id, version_id, registry)
    return ModelChange(receipt=receipt, status=status)


def _changed(
    which: str, network: str, function: str, arguments: Sequence[Any], config: Config, report: Report
) -> ModelChange:
    site = open_site(network, config, signing=True)
    assert site.signer is not None
    registry, model_id = _registered(site, which)
    receipt = change(site.chain, site.signer, registry, function, [int(model_id, 16), *arguments], report)
    return ModelChange(receipt=receipt, status=status_of(site.chain, registry, model_id))


def _registered(site: Site, which: str) -> tuple[ContractAt, Digest]:
    """The registry and the id: of a deployment by name, or as given, in the registry that is recorded."""
    artifact = load_artifact(_REGISTRY)
    if not _ID.match(which):
        model = checked_model(site, read_deployment(site.root, site.network, which))
        return ContractAt(model.registry, artifact.abi), model.model_id
    at = read_deployment(site.root, site.network, _REGISTRY).deployment.address
    if artifact.differs_at(site.chain.code_at(at)) is not None:
        raise DeploymentDrift(f"{at} is recorded as {_REGISTRY}, but has other code", address=at)
    return ContractAt(at, artifact.abi), digest(which.lower())


def _own_version(site: Site, name: str) -> tuple[ContractAt, Digest, ModelVersion, Signer]:
    assert site.signer is not None
    registry, version_id = _registered(site, name)
    version = get_version(site.chain, registry, version_id)
    mine = version and model_id_of(site.chain, registry, site.signer.address, version.circuit_digest, version.adapter)
    if version is None or mine != version_id:
        raise UsageError(
            f"{name} ({version_id}) was registered by another account than {site.signer.address}: "
            "a model stands for versions of its own owner only",
            remedy="deploy the bundle with this account under another --name, or sign with the other account",
            version_id=version_id,
        )
    return registry, version_id, version, site.signer
