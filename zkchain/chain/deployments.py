"""Deployment records on disk: `deployments/<network>/.chainId` and `<Name>.json`, readable by hardhat-deploy.

What only zkchain needs lies under the key `zkchain`, which other tools ignore.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import DeploymentCorrupt, DeploymentNotFound
from ..files import parse_json, write_atomic, write_json
from ..record import Record
from ..records import ContractArtifact, Deployment, Network
from ..values import address, sha256_of
from .client import Chain

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")
_CHAIN_ID, _SOLC_INPUTS, _OURS = ".chainId", "solcInputs", "zkchain"
_SIZE_LIMIT = 64 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentRecord(Record):
    """Everything about one contract on one chain. `facts` is the free part of our block: digests, segments …"""

    deployment: Deployment
    abi: tuple[dict[str, Any], ...]
    args: tuple[Any, ...]
    bytecode: bytes
    deployed_bytecode: bytes
    compiler: str
    solc_input: str  #: standard-JSON input; empty for raw code
    receipt: dict[str, Any]  #: as the node gave it
    facts: dict[str, Any] = field(default_factory=dict)
    count: int = 1  #: how often this name was deployed on this network

    @classmethod
    def of(
        cls,
        deployment: Deployment,
        artifact: ContractArtifact,
        *,
        args: tuple[Any, ...],
        receipt: Mapping[str, Any],
        facts: Mapping[str, Any],
    ) -> "DeploymentRecord":
        """The record of an artifact that was deployed with these constructor arguments."""
        return cls(
            deployment=deployment,
            abi=artifact.abi,
            args=args,
            bytecode=artifact.bytecode,
            deployed_bytecode=artifact.deployed_bytecode,
            compiler=artifact.compiler,
            solc_input=artifact.solc_input,
            receipt=dict(receipt),
            facts=dict(facts),
        )


def write_deployment(root: Path, network: Network, record: DeploymentRecord) -> Path:
    """Write the record under its name, over an older one. Returns the file.

    A deployment is counted once, however often its record is written.

    Raises DeploymentCorrupt when the folder belongs to another chain or the name is no file name, OSError.
    """
    folder, path = _claimed(root, network), _path(root, network, record.deployment.name)
    if record.deployment.chain_id != network.chain_id:
        raise DeploymentCorrupt(
            f"{record.deployment.name} was deployed on chain {record.deployment.chain_id}, "
            f"network {network.name!r} is chain {network.chain_id}"
        )
    count = _count(path, record.deployment.tx_hash)
    document = _document(record, count)
    if record.solc_input:
        write_atomic(folder / _SOLC_INPUTS / f"{document['solcInputHash']}.json", record.solc_input.encode())
    write_json(path, document)
    return path


def read_deployment(root: Path, network: Network, name: str) -> DeploymentRecord:
    """The record called `name`. Raises DeploymentNotFound, DeploymentCorrupt."""
    path = _path(root, network, name)
    _check_chain_id(root, network)
    if not path.is_file():
        raise DeploymentNotFound(f"no deployment {name!r} is recorded on network {network.name!r}", name=name)
    record = _record(path, _json(path))
    if record.deployment.name != name or record.deployment.chain_id != network.chain_id:
        found = f"{record.deployment.name!r} on chain {record.deployment.chain_id}"
        raise DeploymentCorrupt(f"{path} says it is {found}", path=path)
    return record


def list_deployments(root: Path, network: Network) -> tuple[DeploymentRecord, ...]:
    """All records of a network by name. Records without our block, made by other tools, are left out.

    Raises DeploymentCorrupt.
    """
    _check_chain_id(root, network)
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


def code_matches(chain: Chain, record: DeploymentRecord) -> bool:
    """True when the chain holds the recorded code. False after a devnet was restarted, or when it changed."""
    return chain.code_hash(record.deployment.address) == record.deployment.code_hash


def _document(record: DeploymentRecord, count: int) -> dict[str, Any]:
    plain = record.to_json()
    ours = {
        **plain["deployment"],
        "compiler": record.compiler,
        "solc_input_sha256": sha256_of(record.solc_input.encode()) if record.solc_input else None,
        "facts": plain["facts"],
    }
    document = {
        "address": record.deployment.address,
        "abi": list(record.abi),
        "transactionHash": record.deployment.tx_hash,
        "receipt": plain["receipt"],
        "args": _plain_argument(record.args),
        "numDeployments": count,
        "bytecode": plain["bytecode"],
        "deployedBytecode": plain["deployed_bytecode"],
        _OURS: ours,
    }
    if record.solc_input:
        # The name of a file, as hardhat-deploy gives it. What is trusted is the SHA-256 in our block.
        document["solcInputHash"] = hashlib.md5(record.solc_input.encode(), usedforsecurity=False).hexdigest()
    return document


def _record(path: Path, document: Mapping[str, Any]) -> DeploymentRecord:
    try:
        _check_address(document)
        ours = dict(document[_OURS])
        facts, compiler, input_digest = ours.pop("facts"), ours.pop("compiler"), ours.pop("solc_input_sha256")
        deployment = _confirmed(Deployment.from_json(ours))
        return DeploymentRecord(
            deployment=deployment,
            abi=tuple(dict(entry) for entry in document["abi"]),
            args=tuple(document["args"]),
            bytecode=bytes.fromhex(document["bytecode"].removeprefix("0x")),
            deployed_bytecode=bytes.fromhex(document["deployedBytecode"].removeprefix("0x")),
            compiler=compiler,
            solc_input=_solc_input(path, document.get("solcInputHash"), input_digest),
            receipt=dict(document["receipt"]),
            facts=dict(facts),
            count=int(document["numDeployments"]),
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise DeploymentCorrupt(f"{path} is no deployment record: {error}", path=path) from error


def _confirmed(deployment: Deployment) -> Deployment:
    """Nothing here writes another status yet; what is planned, sent or retired must not be relied on."""
    if deployment.status != "confirmed":
        raise ValueError(f"its status is {deployment.status!r}")
    return deployment


def _check_address(document: Mapping[str, Any]) -> None:
    """Other tools read the outer address, we the inner one."""
    if address(document["address"]) != document[_OURS]["address"]:
        raise ValueError("two different addresses")


def _solc_input(path: Path, name: object, wanted: object) -> str:
    if wanted is None:
        return ""
    if not isinstance(name, str) or not re.fullmatch(r"[0-9a-f]{32}", name):
        raise ValueError("solcInputHash is not the name of a file")
    try:
        text = (path.parent / _SOLC_INPUTS / f"{name}.json").read_bytes()
    except OSError as error:
        raise ValueError(f"the compiler input {name} is missing") from error
    if sha256_of(text) != wanted:
        raise ValueError(f"the compiler input {name} was changed")
    return text.decode()


def _claimed(root: Path, network: Network) -> Path:
    """The network's folder, marked with its chain id."""
    _check_chain_id(root, network)
    mark = _folder(root, network) / _CHAIN_ID
    if not mark.exists():
        write_atomic(mark, str(network.chain_id).encode())
    return mark.parent


def _check_chain_id(root: Path, network: Network) -> None:
    mark = _folder(root, network) / _CHAIN_ID
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


def _folder(root: Path, network: Network) -> Path:
    return root / _checked(network.name)


def _path(root: Path, network: Network, name: str) -> Path:
    return _folder(root, network) / f"{_checked(name)}.json"


def _checked(name: str) -> str:
    if not _NAME.match(name) or name.startswith("."):
        raise DeploymentCorrupt(
            f"{name[:80]!r} cannot be the name of a deployment or a network",
            remedy="use 1 to 64 letters, digits, '_', '-' and '.', not beginning with '.'",
        )
    return name


def _files(root: Path, network: Network) -> Iterator[Path]:
    folder = _folder(root, network)
    return iter(sorted(folder.glob("*.json"))) if folder.is_dir() else iter(())


def _is_ours(path: Path) -> bool:
    return _OURS in _json(path)


def _count(path: Path, tx_hash: str) -> int:
    if not path.is_file():
        return 1
    before = _json(path)
    count = before.get("numDeployments", 1)
    earlier = count if isinstance(count, int) else 1
    return earlier if before.get("transactionHash") == tx_hash else earlier + 1


def _json(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            document = parse_json(file.read(_SIZE_LIMIT))
    except (OSError, ValueError, RecursionError) as error:
        raise DeploymentCorrupt(f"{path} cannot be read: {error}", path=path) from error
    if not isinstance(document, dict):
        raise DeploymentCorrupt(f"{path} is no JSON object", path=path)
    return document


def _plain_argument(value: Any) -> Any:
    """Constructor arguments as hardhat-deploy writes them: bytes as hex, whole numbers beyond 2^53 as text."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, (list, tuple)):
        return [_plain_argument(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53:
        return str(value)
    return value
