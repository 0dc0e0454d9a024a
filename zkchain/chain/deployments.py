"""Deployment records on disk: `deployments/<network>/.chainId` and `<Name>.json`, readable by hardhat-deploy.

What only zkchain needs lies under the key `zkchain`, which other tools ignore.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import DeploymentCorrupt, DeploymentNotFound
from ..files import parse_json, write_atomic, write_json
from ..records import Network
from .client import Chain
from .deployment_record import OURS, SOLC_INPUTS, DeploymentRecord, document_of, record_of

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")
#: Folder of records that were set aside.
RETIRED = "retired"
_CHAIN_ID = ".chainId"
_SIZE_LIMIT = 64 * 2**20


def write_deployment(root: Path, network: Network, record: DeploymentRecord) -> Path:
    """Write the record under its name, over an older one. Returns the file.

    A deployment is counted once, however often its record is written.

    Raises DeploymentCorrupt when the folder belongs to another chain or the name is no file name, OSError.
    """
    folder, path = claim_folder(root, network), _path(root, network, record.deployment.name)
    if record.deployment.chain_id != network.chain_id:
        raise DeploymentCorrupt(
            f"{record.deployment.name} was deployed on chain {record.deployment.chain_id}, "
            f"network {network.name!r} is chain {network.chain_id}"
        )
    count = _count(path, record.deployment.tx_hash)
    document = document_of(record, count)
    if record.solc_input:
        write_atomic(folder / SOLC_INPUTS / f"{document['solcInputHash']}.json", record.solc_input.encode())
    write_json(path, document)
    return path


def read_deployment(root: Path, network: Network, name: str) -> DeploymentRecord:
    """The record called `name`. Raises DeploymentNotFound, DeploymentCorrupt."""
    path = _path(root, network, name)
    check_chain_id(root, network)
    if not path.is_file():
        raise DeploymentNotFound(f"no deployment {name!r} is recorded on network {network.name!r}", name=name)
    record = record_of(path, read_document(path))
    if record.deployment.name != name or record.deployment.chain_id != network.chain_id:
        found = f"{record.deployment.name!r} on chain {record.deployment.chain_id}"
        raise DeploymentCorrupt(f"{path} says it is {found}", path=path)
    return record


def list_deployments(root: Path, network: Network) -> tuple[DeploymentRecord, ...]:
    """All records of a network by name. Records without our block, made by other tools, are left out.

    Raises DeploymentCorrupt.
    """
    check_chain_id(root, network)
    return tuple(read_deployment(root, network, path.stem) for path in _files(root, network) if _is_ours(path))


def find_deployments(root: Path, network: Network, **facts: object) -> tuple[DeploymentRecord, ...]:
    """The records that have all these facts, by name; at least one. Raises DeploymentNotFound, DeploymentCorrupt."""
    found = tuple(
        record
        for record in list_deployments(root, network)
        if all(record.facts.get(key) == value for key, value in facts.items())
    )
    if not found:
        wanted = ", ".join(f"{key} {value}" for key, value in facts.items())
        raise DeploymentNotFound(f"no deployment with {wanted} is recorded on network {network.name!r}")
    return found


def recorded_networks(root: Path) -> tuple[Network, ...]:
    """The networks that something was deployed on, by name and without a URL. Raises DeploymentCorrupt."""
    found = []
    for mark in sorted(root.glob(f"*/{_CHAIN_ID}")):
        text = mark.read_text(encoding="ascii", errors="replace").strip()
        if not text.isdigit():
            raise DeploymentCorrupt(f"{mark} does not hold a chain id", path=mark)
        found.append(Network(name=mark.parent.name, rpc_url="", chain_id=int(text)))
    return tuple(found)


def retire_deployment(root: Path, network: Network, name: str) -> Path:
    """Put the record called `name` among the retired ones, where nothing finds it. Returns the new file.

    Raises DeploymentNotFound, DeploymentCorrupt, OSError.
    """
    read_deployment(root, network, name)  # says that there is none, or what is wrong with it
    return set_aside(_path(root, network, name), folder_of(root, network) / RETIRED)


def set_aside(path: Path, folder: Path) -> Path:
    """Move a record's file to `folder`, marked as retired. Returns the new file. Raises DeploymentCorrupt, OSError."""
    document = read_document(path)
    which = str(document.get("transactionHash") or document.get("address"))[2:10].lower()
    document[OURS] = {**document[OURS], "status": "retired"}
    aside = folder / f"{path.stem}-{which}.json"
    write_json(aside, document)
    path.unlink()
    return aside


def code_matches(chain: Chain, record: DeploymentRecord) -> bool:
    """True when the chain holds the recorded code. False after a devnet was restarted, or when it changed."""
    return chain.code_hash(record.deployment.address) == record.deployment.code_hash


def claim_folder(root: Path, network: Network) -> Path:
    """The network's folder, marked with its chain id. Raises DeploymentCorrupt, OSError."""
    check_chain_id(root, network)
    mark = folder_of(root, network) / _CHAIN_ID
    if not mark.exists():
        write_atomic(mark, str(network.chain_id).encode())
    return mark.parent


def check_chain_id(root: Path, network: Network) -> None:
    """Raise DeploymentCorrupt when the network's folder belongs to another chain."""
    mark = folder_of(root, network) / _CHAIN_ID
    try:
        found = mark.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError) as error:
        raise DeploymentCorrupt(f"{mark} cannot be read", path=mark) from error
    if found != str(network.chain_id):
        raise DeploymentCorrupt(
            f"{mark.parent} holds deployments of chain {found[:20]!r}; network {network.name!r} is {network.chain_id}",
            remedy="give the network another name, or move the folder away",
            path=mark,
        )


def folder_of(root: Path, network: Network) -> Path:
    """Where the records of a network lie. Raises DeploymentCorrupt for a name that is none."""
    return root / checked_name(network.name)


def _path(root: Path, network: Network, name: str) -> Path:
    return folder_of(root, network) / f"{checked_name(name)}.json"


def checked_name(name: str) -> str:
    """The name, if it can be a file's. Raises DeploymentCorrupt."""
    if not _NAME.match(name) or name.startswith("."):
        raise DeploymentCorrupt(
            f"{name[:80]!r} cannot be the name of a deployment or a network",
            remedy="use 1 to 64 letters, digits, '_', '-' and '.', not beginning with '.'",
        )
    return name


def _files(root: Path, network: Network) -> Iterator[Path]:
    folder = folder_of(root, network)
    return iter(sorted(folder.glob("*.json"))) if folder.is_dir() else iter(())


def _is_ours(path: Path) -> bool:
    return OURS in read_document(path)


def _count(path: Path, tx_hash: str) -> int:
    if not path.is_file():
        return 1
    before = read_document(path)
    count = before.get("numDeployments", 1)
    earlier = count if isinstance(count, int) else 1
    return earlier if before.get("transactionHash", "") == tx_hash else earlier + 1


def read_document(path: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises DeploymentCorrupt."""
    try:
        with path.open("rb") as file:
            document = parse_json(file.read(_SIZE_LIMIT))
    except (OSError, ValueError, RecursionError) as error:
        raise DeploymentCorrupt(f"{path} cannot be read: {error}", path=path) from error
    if not isinstance(document, dict):
        raise DeploymentCorrupt(f"{path} is no JSON object", path=path)
    return document
