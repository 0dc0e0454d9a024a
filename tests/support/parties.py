"""The coordinator and the clients of a federation in one process, each with its own folder and account."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.homes import furnished
from zkchain.chain.devnet import stop_devnet
from zkchain.config import Config, read_config
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.training.client import Client
from zkchain.pipeline.training.coordinator import Coordinator
from zkchain.pipeline.training.folder import load_federation
from zkchain.pipeline.training.setup import open_federation


@contextmanager
def training_home(folder: Path) -> Iterator[Config]:
    """A home in `folder`, whose devnet ends with it."""
    found = read_config({"ZKCHAIN_HOME": str(furnished(folder / "home"))}, cwd=folder)
    try:
        yield found
    finally:
        stop_devnet(found.home)


def parties_of(plan: Path, config: Config) -> tuple[Coordinator, list[Client]]:
    """The federation of a plan, set up, and all its owners, whose data are registered."""
    federation, prover = load_federation(plan), make_engine(config)
    coordinator = Coordinator(open_federation(federation, config=config, prover=prover), config=config, prover=prover)
    names = [owner.name for owner in federation.plan.owners]
    clients = [Client(federation, name, config=config, prover=prover) for name in names]
    for client in clients:
        client.register()
    return coordinator, clients
