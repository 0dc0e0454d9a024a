"""Deployments on their way: `deployments/<network>/pending/<Name>.json`, where tools that want addresses do not look.

A record is there from before its transaction is signed until its contract is confirmed. What was signed is kept by the
account's journal of transactions: a run that was killed is carried on from there.
"""

from dataclasses import replace
from pathlib import Path

from ..files import write_json
from ..records import DeploymentStatus, Network
from .deployment_record import DeploymentRecord, document_of, record_of
from .deployments import RETIRED, check_chain_id, checked_name, claim_folder, folder_of, read_document, set_aside

_PENDING = "pending"
_STATES: tuple[DeploymentStatus, ...] = ("planned", "sent")


def write_pending(root: Path, network: Network, record: DeploymentRecord) -> None:
    """Write a planned or sent record over an older one of its name. Raises DeploymentCorrupt, OSError."""
    name = checked_name(record.deployment.name)
    # The compiler's input is written with the confirmed record; nothing here is compiled again.
    document = document_of(replace(record, solc_input=""), record.count)
    write_json(claim_folder(root, network) / _PENDING / f"{name}.json", document)


def has_pending(root: Path, network: Network, name: str) -> bool:
    """Whether there is one of that name."""
    return _path(root, network, name).is_file()


def list_pending(root: Path, network: Network) -> tuple[DeploymentRecord, ...]:
    """All of a network, by name. Raises DeploymentCorrupt."""
    check_chain_id(root, network)
    folder = folder_of(root, network) / _PENDING
    paths = sorted(folder.glob("*.json")) if folder.is_dir() else []
    return tuple(record_of(path, read_document(path), _STATES) for path in paths)


def drop_pending(root: Path, network: Network, name: str) -> None:
    """Forget it, if there is one. Raises OSError."""
    _path(root, network, name).unlink(missing_ok=True)


def retire_pending(root: Path, network: Network, name: str) -> Path | None:
    """Put it among the retired records; None when there is none. Its transaction goes on: see `zkchain tx`.

    Raises DeploymentCorrupt, OSError.
    """
    path = _path(root, network, name)
    return set_aside(path, folder_of(root, network) / RETIRED) if path.is_file() else None


def _path(root: Path, network: Network, name: str) -> Path:
    return folder_of(root, network) / _PENDING / f"{checked_name(name)}.json"
