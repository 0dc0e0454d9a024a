"""What of a deployment stands already: found by its record, or by the address that its salt gives it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..chain.create2 import create2_address
from ..chain.deploy import check_created, creation_of
from ..chain.deployment_record import DeploymentRecord
from ..chain.layouts import Statement
from ..errors import DeploymentTaken
from ..records import ContractArtifact, Deployment, Receipt
from ..values import ZERO_DIGEST, Address, keccak_of
from .site import Site, is_same, recorded

#: Facts of every record made here: constructor arguments, and the salt where there was one.
ARGUMENTS, SALT = "arguments", "salt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One contract of a deployment. With a trial, it is used only after the verifier has passed it."""

    name: str
    artifact: ContractArtifact
    args: tuple[Any, ...] = ()
    facts: Mapping[str, Any]
    trial: Statement | None = None
    verifier: Address | None = None  #: what to try; None for the contract itself

    @property
    def creation(self) -> bytes:
        """Creation code with arguments. Raises ContractTooLarge."""
        return creation_of(self.artifact, self.args)


def standing(site: Site, part: Part, salt: bytes | None, *, take_name: bool = False) -> DeploymentRecord | None:
    """The recorded contract, if it is this one. Raises DeploymentDrift.

    With a salt it must stand where the salt puts it: raises DeploymentTaken for a recorded one that does not, unless
    its name may be taken.
    """
    known = recorded(site, part.name)
    if known is None or not is_same(site, known, part.artifact) or known.facts.get(ARGUMENTS) != plain(part.args):
        return None
    if salt is None or known.deployment.address == create2_address(salt, part.creation):
        return known
    if take_name:
        return None
    raise DeploymentTaken(
        f"{part.name} on {site.network.name!r} is recorded at {known.deployment.address}; "
        f"with this salt it would be another one at {create2_address(salt, part.creation)}",
        remedy="leave --salt out to use what is there, or take the name with --force",
        name=part.name,
        recorded=known.deployment.address,
    )


def unrecorded(site: Site, part: Part, salt: bytes) -> DeploymentRecord | None:
    """The record to be of a contract that stands where the salt puts it, whoever has created it; None for none.

    Its creation code, arguments included, follows from its address. Raises DeploymentDrift when its code is other.
    """
    found = create2_address(salt, part.creation)
    if not site.chain.code_at(found):
        return None
    check_created(site.chain, part.artifact, found)
    return confirmed(site, part, found, salt, None)


def confirmed(
    site: Site, part: Part, found: Address, salt: bytes | None, receipt: Receipt | None, raw: Mapping[str, Any] = {}
) -> DeploymentRecord:
    """The record of a contract that was found on chain; `raw` is its receipt as the node gave it, if there is one."""
    code = site.chain.code_at(found)
    deployment = Deployment(
        name=part.name,
        chain_id=site.network.chain_id,
        address=found,
        code_hash=keccak_of(code),
        code_bytes=len(code),
        gas_used=0 if receipt is None else receipt.gas_used,
        tx_hash="" if receipt is None else receipt.tx_hash,
        block=site.chain.block_number() if receipt is None else receipt.block,
        status="confirmed",
    )
    return _record(part, deployment, salt, raw)


def planned(site: Site, part: Part, where: Address, salt: bytes | None) -> DeploymentRecord:
    """The record of a contract that is to be at `where`."""
    deployment = Deployment(
        name=part.name,
        chain_id=site.network.chain_id,
        address=where,
        code_hash=ZERO_DIGEST,
        code_bytes=0,
        gas_used=0,
        tx_hash="",
        block=0,
        status="planned",
    )
    return _record(part, deployment, salt, {})


def _record(part: Part, deployment: Deployment, salt: bytes | None, raw: Mapping[str, Any]) -> DeploymentRecord:
    facts = {**part.facts, ARGUMENTS: plain(part.args)} | ({} if salt is None else {SALT: "0x" + salt.hex()})
    return DeploymentRecord.of(deployment, part.artifact, args=part.args, receipt=raw, facts=facts)


def plain(args: tuple[Any, ...]) -> list[Any]:
    """Constructor arguments as they stand in a record's facts."""
    return [_plain(value) for value in args]


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return "0x" + value.hex() if isinstance(value, bytes) else value
