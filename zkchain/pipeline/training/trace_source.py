"""Where an audit begins: which model, the ledger that knows it, and whose answers are looked at.

From what is recorded here, or, where the auditor names a ledger, from the chain alone.
"""

import re
from dataclasses import dataclass

from ...chain.deployment_record import DeploymentRecord
from ...chain.deployments import find_deployments, list_deployments, read_deployment
from ...chain.gateway import KnownModel
from ...chain.registry import ContractAt, get_version, read
from ...chain.training import lineage_of
from ...errors import DeploymentNotFound, LineageBroken, UsageError
from ...solidity.artifacts import load_artifact
from ...values import ZERO_DIGEST, Address, Digest, address, digest
from ..admission import GATEWAY, REGISTRY
from ..lookup import checked_model
from ..site import Site
from .folder import Federation
from .ledger_birth import created_in
from .setup import LEDGER
from .setup_check import told_setup

_ID = re.compile(r"0x[0-9a-fA-F]{64}\Z")
_NO_GATEWAY = (
    "the model's answers: no gateway of it is recorded here; zkchain train audit MODEL --ledger ADDRESS "
    "--gateway ADDRESS lists those that a gateway has accepted"
)
_NO_OUTPUTS = (
    "what the answers say: how the model's outputs lie in an answer is recorded where it was deployed, not here; "
    "zkchain verify reads a proof with the bundle"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedLedger:
    """A ledger that the auditor names, because no record of the model has to be here."""

    address: Address
    gateway: Address | None = None  #: whose answers to look at; None for that of the model's record
    block: int | None = None  #: in which the ledger was created; None to find it


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A model, and the contracts by which it is followed; their code is the code that ships."""

    model_id: Digest
    registry: Address
    ledger: ContractAt
    created: int  #: the block in which the ledger was created
    gateway: ContractAt | None  #: None where nobody knows one
    known: KnownModel | None  #: how to read the model's answers, where its record is here
    unchecked: tuple[str, ...] = ()  #: what cannot be looked at for want of either


def find_source(site: Site, which: str, named: NamedLedger | None, federation: Federation | None) -> Source:
    """The model called `which`, a deployment's name or a model's id, and the ledger that knows it.

    With a named ledger the id needs no record. A federation that was set up with that ledger says in which block.

    Raises DeploymentNotFound, DeploymentDrift, DeploymentCorrupt, LineageBroken where no ledger knows the model or a
    contract is not what it is said to be, UsageError, and RpcError where the ledger's block cannot be found.
    """
    if named is None:
        model = checked_model(site, _record_of(site, which))
        ledger, created = _recorded_ledger(site, model.model_id)
        return Source(
            model_id=model.model_id,
            registry=model.registry,
            ledger=ledger,
            created=created,
            gateway=ContractAt(model.gateway, load_artifact(GATEWAY).abi),
            known=KnownModel(model_id=model.model_id, name=model.model_name, segments=model.segments),
        )
    try:
        found = checked_model(site, _record_of(site, which))
    except DeploymentNotFound:
        if not _ID.match(which):
            raise _unnamed(site, which) from None
        found = None
    model_id = digest(which.lower()) if found is None else found.model_id
    ledger = _named_ledger(site, named.address, model_id)
    registry = _registry_of(site, ledger, model_id)
    gateway, known = None, None
    if found is not None:
        gateway = ContractAt(found.gateway, load_artifact(GATEWAY).abi)
        known = KnownModel(model_id=model_id, name=found.model_name, segments=found.segments)
    if named.gateway is not None:
        gateway = _named_gateway(site, named.gateway, registry)
    unchecked = (_NO_GATEWAY,) if gateway is None else (_NO_OUTPUTS,) if known is None else ()
    return Source(
        model_id=model_id,
        registry=registry,
        ledger=ledger,
        created=created_in(site.chain, ledger.address, named.block, _noted_block(federation, ledger.address)),
        gateway=gateway,
        known=known,
        unchecked=unchecked,
    )


def _record_of(site: Site, which: str) -> DeploymentRecord:
    """The deployment called so, or the one of a model's id. Raises DeploymentNotFound."""
    if which.startswith("0x"):
        return find_deployments(site.root, site.network, model_id=which.lower())[0]
    return read_deployment(site.root, site.network, which)


def _recorded_ledger(site: Site, model_id: Digest) -> tuple[ContractAt, int]:
    """The recorded ledger that knows the model, and the block in which it was created. Raises LineageBroken."""
    artifact = load_artifact(LEDGER)
    for record in list_deployments(site.root, site.network):
        if record.bytecode != artifact.bytecode:
            continue
        ledger = ContractAt(record.deployment.address, artifact.abi)
        if artifact.differs_at(site.chain.code_at(ledger.address)) is not None:
            continue
        if lineage_of(site.chain, ledger, model_id).model != ZERO_DIGEST:
            return ledger, record.deployment.block
    raise LineageBroken(f"no training ledger that is recorded here knows model {model_id}", model_id=model_id)


def _unnamed(site: Site, which: str) -> UsageError:
    return UsageError(
        f"{which!r} is neither a model's id nor recorded on network {site.network.name!r}",
        remedy="give MODEL as 0x and 64 hex digits, as zkchain train publish told it",
        found=which,
    )


def _named_ledger(site: Site, at: Address, model_id: Digest) -> ContractAt:
    artifact = load_artifact(LEDGER)
    ledger = ContractAt(at, artifact.abi)
    if artifact.differs_at(site.chain.code_at(at)) is not None:
        raise LineageBroken(
            f"what stands at {at} on {site.network.name!r} is no training ledger",
            remedy="give --ledger the address that the federation's coordinator told, and --network where it is",
            ledger=at,
        )
    if lineage_of(site.chain, ledger, model_id).model == ZERO_DIGEST:
        raise LineageBroken(
            f"the ledger at {at} knows no model {model_id}",
            remedy="give --ledger the ledger of the federation that trained the model; do not trust a model that none "
            "has linked",
            ledger=at,
            model_id=model_id,
        )
    return ledger


def _registry_of(site: Site, ledger: ContractAt, model_id: Digest) -> Address:
    """The registry that the ledger's setup names. Raises LineageBroken for one that is none, or without the model."""
    artifact, at = load_artifact(REGISTRY), address(told_setup(site, ledger.address)["registry"])
    if artifact.differs_at(site.chain.code_at(at)) is not None:
        raise LineageBroken(
            f"the ledger at {ledger.address} names the registry {at}, where no model registry stands", registry=at
        )
    if get_version(site.chain, ContractAt(at, artifact.abi), model_id) is None:
        raise LineageBroken(f"the registry {at} has no model {model_id}", registry=at, model_id=model_id)
    return at


def _named_gateway(site: Site, at: Address, registry: Address) -> ContractAt:
    """The gateway, if it is one, and serves the registry. Raises LineageBroken."""
    artifact = load_artifact(GATEWAY)
    gateway = ContractAt(at, artifact.abi)
    if artifact.differs_at(site.chain.code_at(at)) is not None:
        raise LineageBroken(
            f"what stands at {at} on {site.network.name!r} is no inference gateway",
            remedy="give --gateway the gateway to which the model's answers are submitted, or leave it out",
            gateway=at,
        )
    served = address(read(site.chain, gateway, "registry", [])[0])
    if served != registry:
        raise LineageBroken(
            f"the gateway at {at} serves the registry {served}, the ledger's is {registry}",
            remedy="give --gateway a gateway of the ledger's registry, or leave it out",
            gateway=at,
            found=served,
            expected=registry,
        )
    return gateway


def _noted_block(federation: Federation | None, ledger: Address) -> int | None:
    """What the plan's federation has noted of where its ledger was created, if this is its ledger."""
    if federation is None or not federation.is_open:
        return None
    opened = federation.opened()
    return opened.block if opened.ledger == ledger else None
