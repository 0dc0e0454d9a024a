"""Use case: follow what the gateways of a network accept, from where this consumer stopped."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext

from ..chain.deployments import list_deployments
from ..chain.follow import Watched, chain_cursor, follow
from ..chain.gateway import KnownModel
from ..chain.registry import ContractAt
from ..config import Config
from ..errors import DeploymentNotFound
from ..progress import Report, silent
from ..records import EventNotice
from ..solidity.artifacts import load_artifact
from .lookup import model_of
from .site import Site, open_site

#: The consumer's name when it has none.
CURSOR = "default"


def follow_inferences(
    network: str,
    *,
    config: Config,
    cursor: str = CURSOR,
    from_block: int | None = None,
    wait: bool = True,
    hold: Callable[[], AbstractContextManager[object]] = nullcontext,
    report: Report = silent,
) -> Iterator[EventNotice]:
    """Accepted answers of the models recorded on `network` that `cursor` was not told of, then new ones as they come.

    A cursor that is used for the first time begins at `from_block`, or where a gateway was deployed; later it goes on
    where it stopped. How notices are acknowledged, and what `wait` and `hold` do, is said in `chain.follow`. Raises
    UsageError, CursorTaken, CursorLost, DeploymentError, FileError and ChainError.
    """
    site = open_site(network, config, signing=False)
    watched_gateways(site, from_block)  # nothing is written where there is nothing to follow
    with chain_cursor(site.chain, config.home / "cursors", cursor) as opened:
        yield from follow(
            site.chain, opened, lambda: watched_gateways(site, from_block), wait=wait, hold=hold, report=report
        )


def watched_gateways(site: Site, from_block: int | None = None) -> Watched:
    """The recorded models and their gateways, each with the first block to read: `from_block`, or its own.

    Raises DeploymentNotFound when no model is recorded, DeploymentCorrupt.
    """
    records = list_deployments(site.root, site.network)
    models = [model_of(record) for record in records if "model_id" in record.facts]
    if not models:
        raise DeploymentNotFound(f"no model is recorded on network {site.network.name!r}")
    deployed = {record.deployment.address: record.deployment.block for record in records}
    abi = load_artifact("InferenceGateway").abi
    return Watched(
        gateways=tuple(
            (ContractAt(gateway, abi), deployed.get(gateway, 0) if from_block is None else from_block)
            for gateway in sorted({model.gateway for model in models})
        ),
        models={
            model.model_id: KnownModel(model_id=model.model_id, name=model.model_name, segments=model.segments)
            for model in models
        },
    )
