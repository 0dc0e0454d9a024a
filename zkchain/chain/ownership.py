"""Who may do what with a registered id, and which version a model stands for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import DeploymentDrift, EventMissing
from ..progress import Report, silent
from ..record import Record
from ..records import Receipt
from ..values import ZERO_DIGEST, Address, Digest, address
from .abi import encode_call, event_topic
from .client import Chain
from .gateway import logs_of
from .registry import ContractAt, ModelVersion, is_stopped, read, word_digest
from .signer import Signer
from .transact import send


@dataclass(frozen=True, slots=True, kw_only=True)
class IdStatus(Record):
    """What the registry says of an id, a version's or a model's. Zero stands for nobody and for no version."""

    model_id: Digest
    owner: Address
    offered_to: Address
    guardian: Address
    stopped: bool
    version_id: Digest  #: the version it stands for: itself, or a model's default
    next_version_id: Digest  #: what a model will stand for
    next_at: int  #: from when on, Unix seconds; 0 when no update is on its way


def status_of(chain: Chain, registry: ContractAt, model_id: Digest) -> IdStatus:
    """Read an id's status. Raises TransactionReverted when the registry has no such id."""

    def ask(name: str) -> tuple[Any, ...]:
        return read(chain, registry, name, [int(model_id, 16)])

    _, next_version, next_at = ask("scheduledUpdate")
    return IdStatus(
        model_id=model_id,
        owner=address(ask("ownerOf")[0]),
        offered_to=address(ask("pendingOwnerOf")[0]),
        guardian=address(ask("guardianOf")[0]),
        stopped=is_stopped(chain, registry, model_id),
        version_id=word_digest(ask("versionOf")[0]),
        next_version_id=word_digest(next_version),
        next_at=next_at,
    )


def change(
    chain: Chain, signer: Signer, registry: ContractAt, name: str, arguments: Sequence[Any], report: Report = silent
) -> Receipt:
    """Send one of the registry's functions: stop, setGuardian, transferOwnership, acceptOwnership, updateModel …

    Raises TransactionReverted, before anything is sent when the registry would refuse, and what `send` raises.
    """
    data = encode_call(registry.abi, name, arguments)
    return send(chain, signer, to=registry.address, data=data, abis=[registry.abi], report=report, label=name)


def publish_model(
    chain: Chain, signer: Signer, registry: ContractAt, version: ModelVersion, report: Report = silent
) -> tuple[Digest, Receipt]:
    """Register a model of ERC-7992 whose default version is the signer's `version`; returns the model's id.

    Raises EventMissing, DeploymentDrift when the model stands for another version, and what `change` raises.
    """
    receipt = change(chain, signer, registry, "registerModel", [commitment_of(chain, registry, version)], report)
    topic = event_topic(registry.abi, "ModelRegistered")
    logs = [log for log in logs_of(chain, receipt) if log.address == registry.address and log.topics[0] == topic]
    if len(logs) != 1:
        raise EventMissing(f"{registry.address} does not say which model it registered", tx_hash=receipt.tx_hash)
    return logs[0].topics[1], receipt


def update_model(
    chain: Chain, signer: Signer, registry: ContractAt, model_id: Digest, version: ModelVersion, report: Report = silent
) -> Receipt:
    """Have a model stand for the owner's `version`, after the registry's delay. Raises what `change` raises."""
    arguments = [int(model_id, 16), commitment_of(chain, registry, version)]
    return change(chain, signer, registry, "updateModel", arguments, report)


def commitment_of(chain: Chain, registry: ContractAt, version: ModelVersion) -> tuple[Any, ...]:
    """What a version is to ERC-7992, as the contract's struct."""
    (system,) = read(chain, registry, "PROOF_SYSTEM_ID", [])
    digests = (version.model_digest, version.circuit_digest, version.key_digest)
    return (*(bytes.fromhex(text[2:]) for text in digests), system, "")


def require_version(found: Digest, wanted: Digest, registry: ContractAt) -> None:
    """Raise DeploymentDrift unless a model stands for the version that it should."""
    if found != wanted:
        what = "no version" if found == ZERO_DIGEST else f"version {found}"
        raise DeploymentDrift(
            f"the model at {registry.address} stands for {what}, not for {wanted}",
            remedy="a model stands for the version that its own owner registered last under the same hashes",
            version_id=found,
            wanted=wanted,
        )
