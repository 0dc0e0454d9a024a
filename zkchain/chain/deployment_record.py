"""One deployment record and its document: what hardhat-deploy reads, and under the key `zkchain` what only we need."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import DeploymentCorrupt
from ..record import Record
from ..records import ContractArtifact, Deployment, DeploymentStatus
from ..values import address, sha256_of

#: Folder of compiler inputs beside the records, and the key of our block.
SOLC_INPUTS, OURS = "solcInputs", "zkchain"


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


def document_of(record: DeploymentRecord, count: int) -> dict[str, Any]:
    """The document of a record, as hardhat-deploy reads it, with our block."""
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
        **({"transactionHash": record.deployment.tx_hash} if record.deployment.tx_hash else {}),
        "receipt": plain["receipt"],
        "args": _plain_argument(record.args),
        "numDeployments": count,
        "bytecode": plain["bytecode"],
        "deployedBytecode": plain["deployed_bytecode"],
        OURS: ours,
    }
    if record.solc_input:
        # The name of a file, as hardhat-deploy gives it. What is trusted is the SHA-256 in our block.
        document["solcInputHash"] = hashlib.md5(record.solc_input.encode(), usedforsecurity=False).hexdigest()
    return document


def record_of(
    path: Path, document: Mapping[str, Any], states: Sequence[DeploymentStatus] = ("confirmed",)
) -> DeploymentRecord:
    """The record of a document read from `path`, which must be in one of these `states`. Raises DeploymentCorrupt."""
    try:
        _check_address(document)
        ours = dict(document[OURS])
        facts, compiler, input_digest = ours.pop("facts"), ours.pop("compiler"), ours.pop("solc_input_sha256")
        deployment = _in_state(Deployment.from_json(ours), states)
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


def _in_state(deployment: Deployment, states: Sequence[DeploymentStatus]) -> Deployment:
    """A record that was retired is kept, and must not be relied on where it is found."""
    if deployment.status not in states:
        raise ValueError(f"its status is {deployment.status!r}")
    return deployment


def _check_address(document: Mapping[str, Any]) -> None:
    """Other tools read the outer address, we the inner one."""
    if address(document["address"]) != document[OURS]["address"]:
        raise ValueError("two different addresses")


def _solc_input(path: Path, name: object, wanted: object) -> str:
    if wanted is None:
        return ""
    if not isinstance(name, str) or not re.fullmatch(r"[0-9a-f]{32}", name):
        raise ValueError("solcInputHash is not the name of a file")
    try:
        text = (path.parent / SOLC_INPUTS / f"{name}.json").read_bytes()
    except OSError as error:
        raise ValueError(f"the compiler input {name} is missing") from error
    if sha256_of(text) != wanted:
        raise ValueError(f"the compiler input {name} was changed")
    return text.decode()


def _plain_argument(value: Any) -> Any:
    """Constructor arguments as hardhat-deploy writes them: bytes as hex, whole numbers beyond 2^53 as text."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, (list, tuple)):
        return [_plain_argument(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53:
        return str(value)
    return value
