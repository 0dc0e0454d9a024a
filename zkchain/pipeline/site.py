"""Where a use case works: one connected network, one signer, one folder of deployment records."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..chain.client import Chain, connect
from ..chain.deploy import deploy_contract
from ..chain.deployment_record import DeploymentRecord
from ..chain.deployments import code_matches, read_deployment, write_deployment
from ..chain.networks import resolve_network
from ..chain.signer import Signer
from ..chain.signers import load_signer
from ..chain.transact import claim_key
from ..config import Config
from ..errors import DeploymentDrift, DeploymentNotFound
from ..network_config import LOCAL
from ..progress import Report, silent
from ..records import ContractArtifact, Deployment, Network, Receipt
from ..values import Address, digest, keccak_of

#: Folder of the journals of transactions, in ZKCHAIN_HOME.
JOURNALS = "accounts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A connection and what goes with it. `signer` is None for use cases that only read."""

    chain: Chain
    signer: Signer | None
    root: Path

    @property
    def network(self) -> Network:
        """The network of the connection."""
        return self.chain.network


def open_site(network: str, config: Config, *, signing: bool) -> Site:
    """Connect to `network`. Raises NetworkUnknown, ConnectionFailed, WrongChain, SignerMissing, DevKeyRefused."""
    target = resolve_network(network, config)
    chain = connect(target, journals=config.home / JOURNALS)
    return Site(chain=chain, signer=_signer(target, config) if signing else None, root=config.deployments)


def _signer(network: Network, config: Config) -> Signer:
    if network.name in config.signers:
        found: Signer = config.signers[network.name]
        return found
    return load_signer(None if network.name == LOCAL else config.network(network.name).signer, network)


def recorded(site: Site, name: str) -> DeploymentRecord | None:
    """The record called `name` when the chain still holds its code; None when there is none to rely on.

    A devnet forgets when it is restarted, so there a record without code only means "deploy again". Elsewhere
    the code of a contract does not go away by itself: raises DeploymentDrift.
    """
    try:
        record = read_deployment(site.root, site.network, name)
    except DeploymentNotFound:
        return None
    if code_matches(site.chain, record):
        return record
    if site.network.devnet:
        return None
    raise DeploymentDrift(
        f"{name} at {record.deployment.address} on {site.network.name!r} no longer has the recorded code",
        name=name,
        address=record.deployment.address,
    )


def deploy_once(
    site: Site,
    name: str,
    artifact: ContractArtifact,
    args: tuple[Any, ...],
    report: Report = silent,
    *,
    facts: Mapping[str, Any] | None = None,
    accept: Callable[[Address], object] | None = None,
) -> tuple[DeploymentRecord, bool]:
    """The recorded contract called `name` if it has this bytecode and these arguments, else a fresh one.

    The flag is true when a contract was deployed. A fresh contract that `accept` raises for is not recorded. Raises
    what `deploy_contract` and `accept` raise, and DeploymentDrift.
    """
    known = recorded(site, name)
    if known is not None and is_same(site, known, artifact) and known.facts.get("arguments") == _plain(args):
        return known, False
    report(f"deploying {name}")
    assert site.signer is not None
    # Whoever runs again after a failure between here and the record gets the contract that was created.
    key = f"deploy {name} {keccak_of(artifact.bytecode + repr(_plain(args)).encode())}"
    receipt, address = deploy_contract(site.chain, site.signer, artifact, args, report, key=key)
    if accept is not None:
        accept(address)
    record = make_record(site, name, artifact, args, receipt, address, {**(facts or {}), "arguments": _plain(args)})
    write_deployment(site.root, site.network, record)
    claim_key(site.chain, site.signer.address, key)
    return record, True


def is_same(site: Site, record: DeploymentRecord, artifact: ContractArtifact) -> bool:
    """True when the record is of this artifact. Asks the chain too: whoever can write a file is not believed."""
    found = site.chain.code_at(record.deployment.address)
    return record.bytecode == artifact.bytecode and artifact.differs_at(found) is None


def stands(site: Site, name: str, artifact: ContractArtifact) -> bool:
    """Whether `deploy_once` would find it. An adapter's arguments are not known before its verifier's address is."""
    known = recorded(site, name)
    return known is not None and "arguments" in known.facts and is_same(site, known, artifact)


def make_record(
    site: Site,
    name: str,
    artifact: ContractArtifact,
    args: tuple[Any, ...],
    receipt: Receipt,
    address: Address,
    facts: Mapping[str, Any],
) -> DeploymentRecord:
    """The record of a contract that was just deployed and found on chain."""
    code, raw = site.chain.code_at(address), site.chain.raw_receipt(digest(receipt.tx_hash)) or {}
    deployment = Deployment(
        name=name,
        chain_id=site.network.chain_id,
        address=address,
        code_hash=site.chain.code_hash(address),
        code_bytes=len(code),
        gas_used=receipt.gas_used,
        tx_hash=receipt.tx_hash,
        block=receipt.block,
        status="confirmed",
    )
    return DeploymentRecord.of(deployment, artifact, args=args, receipt=raw, facts=facts)


def _plain(args: tuple[Any, ...]) -> list[Any]:
    return ["0x" + value.hex() if isinstance(value, bytes) else value for value in args]
