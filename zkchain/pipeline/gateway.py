"""Use case: put a registry and a gateway on a chain, before any model."""

from dataclasses import dataclass

from ..chain.probe import probe_chain
from ..config import Config
from ..files import exclusive
from ..progress import Report, silent
from ..record import Record
from ..solidity.artifacts import load_artifact
from ..values import Address, sha256_of
from .deploy import GATEWAY, REGISTRY
from .site import deploy_once, open_site


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
        registry, fresh_registry = deploy_once(site, REGISTRY, load_artifact(REGISTRY), (), report)
        args = (registry.deployment.address,)
        gateway, fresh_gateway = deploy_once(site, GATEWAY, load_artifact(GATEWAY), args, report)
    steps = ((registry, fresh_registry), (gateway, fresh_gateway))
    return GatewayDeployed(
        network=network,
        chain_id=site.network.chain_id,
        contracts={record.deployment.name: record.deployment.address for record, _ in steps},
        gas_used=sum(record.deployment.gas_used for record, fresh in steps if fresh),
        reused=not any(fresh for _, fresh in steps),
    )
