"""Owners who do not come: the round goes on with the quorum, or ends without a new model and another one follows."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.extras import need_training
from tests.support.federations import write_plan
from tests.support.parties import parties_of, training_home
from zkchain.chain.devnet import stop_devnet
from zkchain.chain.training import current_model, model_round, round_of
from zkchain.config import Config
from zkchain.errors import DataMismatch, RoundFailed
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.training.client import Client
from zkchain.pipeline.training.coordinator import Coordinator
from zkchain.pipeline.training.folder import load_federation
from zkchain.pipeline.training.setup import open_federation
from zkchain.training.accounting import UNITS, epsilon

need_training()

OWNERS, QUORUM = 4, 3
#: Seconds: long enough for the honest to act on a busy machine, short enough to wait for.
WINDOWS = "[windows]\njoin = 12\nnoise = 12\nsubmit = 60\nclose = 600\n"


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Config]:
    with training_home(tmp_path) as found:
        yield found


def parties(folder: Path, config: Config) -> tuple[Coordinator, list[Client]]:
    return parties_of(write_plan(folder, owners=OWNERS, quorum=QUORUM, aggregation="clear", extra=WINDOWS), config)


def test_a_round_goes_on_without_one_who_never_joins(tmp_path: Path, config: Config) -> None:
    coordinator, clients = parties(tmp_path, config)
    closed = coordinator.run_round(lambda: [client.step() for client in clients[:QUORUM]] and None)
    assert closed.updates == QUORUM
    assert model_round(coordinator.site.chain, coordinator.ledger) == 1


@pytest.mark.slow
def test_below_the_quorum_a_round_is_aborted_and_the_next_one_can_be_closed(tmp_path: Path, config: Config) -> None:
    coordinator, clients = parties(tmp_path, config)
    chain, ledger = coordinator.site.chain, coordinator.ledger
    before = current_model(chain, ledger)
    with pytest.raises(RoundFailed, match="aborted"):
        coordinator.run_round(lambda: [client.step() for client in clients[: QUORUM - 1]] and None)
    assert round_of(chain, ledger, 1).phase == "aborted"
    assert (current_model(chain, ledger), model_round(chain, ledger)) == (before, 0)
    assert not any(client.step() for client in clients), "they wait for the next round"
    closed = coordinator.run_round(lambda: [client.step() for client in clients] and None)
    assert (closed.round, closed.updates, model_round(chain, ledger)) == (2, OWNERS, 2)


@pytest.mark.slow
def test_two_uses_of_a_batch_cost_what_the_accountant_says_of_two(tmp_path: Path, config: Config) -> None:
    plan = write_plan(tmp_path, aggregation="clear", rounds=2, samples=4)
    plan.write_text(plan.read_text(encoding="utf-8").replace("uses = 1", "uses = 2"), encoding="utf-8")
    coordinator, clients = parties_of(plan, config)
    noise, privacy = coordinator.opened.noise, coordinator.federation.plan.privacy
    assert privacy is not None
    for uses in (1, 2):
        coordinator.run_round(lambda: [client.step() for client in clients] and None)
        exact = epsilon(noise.multiplier, uses, privacy.delta, privacy.accountant)
        assert exact <= coordinator.epsilon() / UNITS < exact + 1e-6
    assert coordinator.epsilon() / UNITS <= privacy.epsilon + 1e-6


@pytest.mark.slow
def test_a_client_does_not_open_a_model_more_often_than_its_salt_lasts_for(tmp_path: Path, config: Config) -> None:
    plan = write_plan(tmp_path, owners=OWNERS, quorum=QUORUM, aggregation="clear", extra=WINDOWS, private=False)
    coordinator, clients = parties_of(plan, config)
    few = clients[: QUORUM - 1]
    with pytest.raises(RoundFailed, match="aborted"):
        coordinator.run_round(lambda: [client.step() for client in few] and None)
    with pytest.raises(RoundFailed, match="1 rounds with proofs have come to nothing since the model was made"):
        coordinator.run_round(lambda: [client.step() for client in clients] and None)


@pytest.mark.parametrize("mode", ["he", pytest.param("secagg", marks=pytest.mark.slow)])
def test_a_federation_without_noise_sums_what_nobody_sees(tmp_path: Path, config: Config, mode: str) -> None:
    coordinator, clients = parties_of(write_plan(tmp_path, owners=3, aggregation=mode, private=False), config)
    closed = coordinator.run_round(lambda: [client.step() for client in clients] and None)
    assert (closed.updates, closed.epsilon) == (3, 0)
    assert model_round(coordinator.site.chain, coordinator.ledger) == 1


@pytest.mark.slow
def test_a_devnet_that_began_anew_is_trained_on_anew(tmp_path: Path, config: Config) -> None:
    """The ledger has the address that it had, and what was proved, and shown, on the old one is of no use."""
    plan, seen = write_plan(tmp_path, aggregation="clear"), []
    for _ in range(2):
        coordinator, clients = parties_of(plan, config)
        closed = coordinator.run_round(lambda clients=clients: [client.step() for client in clients] and None)  # type: ignore[misc]
        assert (closed.round, closed.updates) == (1, 3)
        run = coordinator.opened.run
        secrets = coordinator.federation.rounds("owner0", run) / "round-0000.secrets.json"
        seen.append((coordinator.ledger.address, run, secrets.read_bytes()))
        stop_devnet(config.home)
    (one, first, kept), (other, second, drawn) = seen
    assert one == other
    assert first != second
    assert kept != drawn


def test_data_that_does_not_last_for_the_plan_is_refused_before_anything_is_sent(
    tmp_path: Path, config: Config
) -> None:
    federation, prover = load_federation(write_plan(tmp_path, rounds=3, samples=8)), make_engine(config)
    open_federation(federation, config=config, prover=prover)
    client = Client(federation, "owner0", config=config, prover=prover)
    with pytest.raises(DataMismatch, match="enough for 2 rounds; the plan has 3"):
        client.register()
