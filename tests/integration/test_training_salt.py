"""Salt beyond its range, by which one client could keep every sum from being read: it is named and shut out."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.chains import raw
from tests.support.extras import need_training
from tests.support.federations import write_plan
from tests.support.forgers import Salter
from tests.support.parties import parties_of, training_home
from zkchain.chain.training import ledger_events, round_of
from zkchain.config import Config
from zkchain.errors import RoundFailed, SaltForged
from zkchain.files import parse_json, write_json
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.training.client import Client
from zkchain.pipeline.training.coordinator import Coordinator
from zkchain.pipeline.training.hosts import HostCoordinator
from zkchain.pipeline.training.setup import find_federation
from zkchain.training.grid import EXACT_BITS

need_training()

SALTER = 1
#: Seconds: time enough for proofs on a busy machine; tests move the clock past them.
WINDOWS = "[windows]\njoin = 600\nnoise = 600\nsubmit = 900\nclose = 900\n"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    """One home for all tests here, so that circuits are built once."""
    with training_home(tmp_path_factory.mktemp("salt")) as found:
        yield found


def federation(folder: Path, config: Config, **plan: object) -> tuple[Coordinator, list[Client]]:
    given = {"aggregation": "clear", "extra": WINDOWS, "attempts": 2, **plan}
    coordinator, clients = parties_of(write_plan(folder, **given), config)  # type: ignore[arg-type]
    salter = Salter(coordinator.federation, f"owner{SALTER}", config=config, prover=make_engine(config))
    return coordinator, [salter if n == SALTER else client for n, client in enumerate(clients)]


def stepping(clients: list[Client]) -> Callable[[], None]:
    return lambda: [client.step() for client in clients] and None


def past_closing(coordinator: Coordinator) -> None:
    chain = coordinator.site.chain
    found = round_of(chain, coordinator.ledger, 1)
    raw(chain.network.rpc_url, "evm_mine", found.deadline + coordinator.federation.plan.windows.close + 1)


def said(coordinator: Coordinator, name: str) -> int:
    """How often the ledger said so."""
    found = ledger_events(coordinator.site.chain, coordinator.ledger, coordinator.opened.block)
    return sum(event.name == name for event in found)


@pytest.mark.slow
def test_who_has_salt_out_of_range_is_shut_out_and_the_others_go_on(tmp_path: Path, config: Config) -> None:
    coordinator, clients = federation(tmp_path, config, name="salted", quorum=2)
    with pytest.raises(
        SaltForged, match=r"does not fit 24 bits, because of salt beyond 22 bits of owner1, now shut out"
    ):
        coordinator.run_round(stepping(clients))
    assert (coordinator.gone(), coordinator.done) == ({"owner1"}, 0)
    for client in clients:  # what the honest have given is what the check goes by
        if client is not clients[SALTER]:
            path = coordinator.federation.update(client._name, coordinator.opened.run, 1)
            salt = parse_json(path.read_bytes())["values"][coordinator.circuits.layout.architecture.parameters :]
            assert all(0 <= limb < 2**coordinator.circuits.layout.limb_bits for limb in salt)
    past_closing(coordinator)
    honest = [client for n, client in enumerate(clients) if n != SALTER]
    closed = coordinator.run_round(stepping(honest))
    assert (closed.round, closed.updates, coordinator.done) == (2, 2, 2)
    assert round_of(coordinator.site.chain, coordinator.ledger, 1).phase == "aborted"
    assert said(coordinator, "ClientExpelled") == 1


@pytest.mark.slow
def test_who_reveals_salt_out_of_range_is_shut_out(tmp_path: Path, config: Config) -> None:
    """In a dispute what counts is what was revealed: the owner gave the sum salt that is in range."""
    coordinator, clients = federation(
        tmp_path, config, name="revealed", quorum=2, extra="disputes = true\n" + WINDOWS, private=False
    )
    coordinator.open_round()
    for _ in range(2):  # join, proof
        stepping(clients)()
    path = coordinator.federation.update(f"owner{SALTER}", coordinator.opened.run, 1)
    values = parse_json(path.read_bytes())["values"]
    write_json(path, {"values": [value % 2**coordinator.circuits.layout.limb_bits for value in values]}, mode=0o600)
    with pytest.raises(SaltForged, match="owner1, now shut out"):
        coordinator.run_round(stepping(clients))
    assert said(coordinator, "UpdateRevealed") == 3
    assert (coordinator.gone(), said(coordinator, "ClientExpelled")) == ({"owner1"}, 1)


@pytest.mark.slow
def test_across_hosts_nobody_is_named_and_the_round_is_left(tmp_path: Path, config: Config) -> None:
    """A coordinator that sees no update, after the sum was opened."""
    coordinator, clients = federation(tmp_path, config, name="unseen", private=False, aggregation="mpc")
    coordinator.open_round()
    for _ in range(2):
        stepping(clients)()
    prover = make_engine(config)
    standing = find_federation(coordinator.federation, config=config, prover=prover)
    unseeing = HostCoordinator(standing, config=config, prover=prover)
    total = coordinator.total(1)
    assert max(total) >= 2**EXACT_BITS
    with pytest.raises(RoundFailed, match=r"does not fit 24 bits, .* is not known"):
        unseeing._expect_fit(1, total, lambda: past_closing(coordinator))
    assert unseeing.was_aborted()
    assert unseeing.gone() == frozenset()
