"""Use case: what was deployed, whether it still stands as recorded, and how to set a record aside."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..chain.deployment_record import DeploymentRecord
from ..chain.deployments import (
    code_matches,
    list_deployments,
    read_deployment,
    recorded_networks,
    retire_deployment,
)
from ..chain.pending import list_pending, retire_pending
from ..chain.registry import ContractAt, is_stopped, read
from ..config import Config
from ..errors import DeploymentCorrupt, DeploymentDrift, DeploymentNotFound, NetworkUnknown
from ..progress import Report, silent
from ..record import Record
from ..records import DeploymentStatus, Network
from ..solidity.artifacts import load_artifact
from ..values import address
from .lookup import checked_model
from .site import Site, open_site


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentLine(Record):
    """A recorded contract. `model_id` is empty for contracts that are no registered model's adapter.

    One that is planned or sent was left by a run that did not end; the next one goes on with it.
    """

    network: str
    chain_id: int
    name: str
    address: str
    block: int
    gas_used: int
    tx_hash: str
    model_id: str
    status: DeploymentStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentCheck(Record):
    """A record against its chain; `trouble` is empty when they agree. `note` is worth knowing and no trouble."""

    name: str
    address: str
    trouble: str
    note: str = ""


def list_recorded(config: Config, network: str | None = None) -> tuple[DeploymentLine, ...]:
    """All records, or those of one network, unfinished ones last. Asks nobody.

    Raises NetworkUnknown, DeploymentCorrupt.
    """
    networks = [_recorded(config, network)] if network else recorded_networks(config.deployments)
    lines: list[DeploymentLine] = []
    for one in networks:
        lines += (_line(record, one.name) for record in list_deployments(config.deployments, one))
        lines += (_line(pending, one.name) for pending in list_pending(config.deployments, one))
    return tuple(lines)


def show_recorded(name: str, network: str, config: Config) -> tuple[DeploymentLine, DeploymentRecord]:
    """One record. Asks nobody. Raises NetworkUnknown, DeploymentNotFound, DeploymentCorrupt."""
    record = read_deployment(config.deployments, _recorded(config, network), name)
    return _line(record, network), record


def check_recorded(network: str, config: Config, report: Report = silent) -> tuple[DeploymentCheck, ...]:
    """Compare every record of a network with its chain: code, the registry's pins, and who owns a model.

    Raises NetworkUnknown, DeploymentNotFound when nothing is recorded, DeploymentCorrupt, and what connecting raises.
    """
    known = _recorded(config, network)
    if not list_deployments(config.deployments, known):
        raise DeploymentNotFound(f"nothing is recorded on network {network!r}")
    site = open_site(network, config, signing=False)
    found = []
    for record in list_deployments(site.root, site.network):
        report(f"checking {record.deployment.name}")
        trouble, note = _compared(site, record)
        found.append(
            DeploymentCheck(name=record.deployment.name, address=record.deployment.address, trouble=trouble, note=note)
        )
    return tuple(found)


def retire_recorded(name: str, network: str, config: Config) -> Path:
    """Set a record aside, so that its name is free; its contract stays. An unfinished one goes before a confirmed one.

    Raises as `show_recorded`, and OSError.
    """
    known = _recorded(config, network)
    return retire_pending(config.deployments, known, name) or retire_deployment(config.deployments, known, name)


def records_of(network: str, config: Config) -> tuple[Network, Sequence[DeploymentRecord]]:
    """A network that something was deployed on, and all its records. Raises NetworkUnknown, DeploymentCorrupt."""
    known = _recorded(config, network)
    return known, list_deployments(config.deployments, known)


def _recorded(config: Config, name: str) -> Network:
    for network in recorded_networks(config.deployments):
        if network.name == name:
            return network
    known = ", ".join(network.name for network in recorded_networks(config.deployments)) or "none"
    raise NetworkUnknown(
        f"nothing was deployed on a network {name!r} from here; networks with records: {known}",
        remedy="run: zkchain deployments list",
        name=name,
    )


def _compared(site: Site, record: DeploymentRecord) -> tuple[str, str]:
    """What is wrong, and what is worth knowing."""
    if not code_matches(site.chain, record):
        return "the chain does not hold the recorded code at this address", ""
    if "model_id" not in record.facts:
        return "", ""
    try:
        model = checked_model(site, record)
    except (DeploymentDrift, DeploymentNotFound, DeploymentCorrupt) as error:
        return error.message, ""
    registry = ContractAt(model.registry, load_artifact("ModelRegistry").abi)
    owner = address(read(site.chain, registry, "ownerOf", [int(model.model_id, 16)])[0])
    try:
        expected = address(str(record.facts.get("owner") or record.receipt.get("from", "")).lower())
    except ValueError:
        return "the record does not say for whom it was registered", ""
    if owner != expected:
        return f"the model belongs to {owner}; it was registered for {expected}", ""
    stopped = is_stopped(site.chain, registry, model.model_id)
    return "", "stopped: the gateway accepts no more answers" if stopped else ""


def _line(record: DeploymentRecord, network: str) -> DeploymentLine:
    deployment = record.deployment
    return DeploymentLine(
        network=network,
        chain_id=deployment.chain_id,
        name=deployment.name,
        address=deployment.address,
        block=deployment.block,
        gas_used=deployment.gas_used,
        tx_hash=deployment.tx_hash,
        model_id=str(record.facts.get("model_id", "")),
        status=deployment.status,
    )
