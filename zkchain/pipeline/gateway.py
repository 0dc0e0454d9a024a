"""Use case: put a registry and a gateway on a chain, before any model."""

from dataclasses import dataclass

from ..chain.probe import probe_chain
from ..config import Config
from ..files import exclusive
from ..progress import Report, silent
from ..record import Record
from ..solidity.artifacts import load_artifact
from ..values import Address, sha256_of
from .admission import GATEWAY, REGISTRY
from .sending import Sender
from .site import open_site
from .standing import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayDeployed(Record):
    """Where registry and gateway stand, and what they cost now."""

    network: str
    chain_id: int
    contracts: dict[str, Address]
    gas_used: int
    reused: bool  #: nothing had to be sent


def deploy_gateway(network: str, *, config: Config, report: Report = silent) -> GatewayDeployed:
    """Deploy and record what is missing; models that are deployed afterwards use it.

    Raises ChainUnfit, ChainError, DeploymentError and TransactionError.
    """
    with exclusive(config.home / "deploy" / f"{sha256_of(network.encode())[2:18]}.lock"):
        site = open_site(network, config, signing=True)
        probe_chain(site.chain)
        assert site.signer is not None
        sender = Sender(site, site.signer, report=report)
        registry = sender.place(Part(name=REGISTRY, artifact=load_artifact(REGISTRY), facts={}))
        args = (registry.deployment.address,)
        gateway = sender.place(Part(name=GATEWAY, artifact=load_artifact(GATEWAY), args=args, facts={}))
    return GatewayDeployed(
        network=network,
        chain_id=site.network.chain_id,
        contracts={record.deployment.name: record.deployment.address for record in (registry, gateway)},
        gas_used=sender.gas_used,
        reused=sender.gas_used == 0,
    )
