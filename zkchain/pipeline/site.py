"""Where a use case works: one connected network, one signer, one folder of deployment records."""

from dataclasses import dataclass
from pathlib import Path

from ..chain.client import Chain, connect
from ..chain.deployment_record import DeploymentRecord
from ..chain.deployments import code_matches, read_deployment
from ..chain.networks import resolve_network
from ..chain.signer import Signer
from ..chain.signers import load_signer
from ..config import Config
from ..errors import DeploymentDrift, DeploymentNotFound
from ..network_config import LOCAL
from ..records import ContractArtifact, Network

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


def is_same(site: Site, record: DeploymentRecord, artifact: ContractArtifact) -> bool:
    """True when the record is of this artifact. Asks the chain too: whoever can write a file is not believed."""
    found = site.chain.code_at(record.deployment.address)
    return record.bytecode == artifact.bytecode and artifact.differs_at(found) is None


def stands(site: Site, name: str, artifact: ContractArtifact) -> bool:
    """Whether a deployment would find it. An adapter's arguments are not known before its verifier's address is."""
    known = recorded(site, name)
    return known is not None and "arguments" in known.facts and is_same(site, known, artifact)
