"""Noise that was forged, and chance that a chain forgets: what the coordinator does before it closes a round."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.chains import raw
from tests.support.extras import need_training
from tests.support.federations import write_plan
from tests.support.forgers import Forger
from tests.support.parties import parties_of, training_home
from zkchain.chain.training import LedgerEvent, act, current_model, ledger_events, round_of
from zkchain.config import Config
from zkchain.errors import ClientStruck, NoiseForged, RoundFailed, TransactionReverted
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.training.client import Client
from zkchain.pipeline.training.coordinator import Coordinator
from zkchain.pipeline.training.run import run_plan
from zkchain.pipeline.training.setup import find_federation, signer_of
from zkchain.pipeline.training.verify import verify_plan

need_training()

FORGER = 1
#: Seconds: time enough for proofs on a busy machine; tests move the clock past them.
WINDOWS = "[windows]\njoin = 600\nnoise = 600\nsubmit = 900\nclose = 900\n"
#: Blocks of which a chain gives the hash, and some more.
FORGOTTEN = 260


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    """One home for all tests here, so that circuits are built once."""
    with training_home(tmp_path_factory.mktemp("noise")) as found:
        yield found


def federation(folder: Path, config: Config, **plan: object) -> tuple[Coordinator, list[Client]]:
    given = {"aggregation": "clear", "extra": WINDOWS, "attempts": 2, **plan}
    return parties_of(write_plan(folder, **given), config)  # type: ignore[arg-type]


def with_forger(coordinator: Coordinator, clients: list[Client], config: Config) -> list[Client]:
    forger = Forger(coordinator.federation, f"owner{FORGER}", config=config, prover=make_engine(config))
    return [forger if n == FORGER else client for n, client in enumerate(clients)]


def stepping(clients: list[Client]) -> Callable[[], None]:
    return lambda: [client.step() for client in clients] and None


def events(coordinator: Coordinator, name: str) -> list[LedgerEvent]:
    found = ledger_events(coordinator.site.chain, coordinator.ledger, coordinator.opened.block)
    return [event for event in found if event.name == name]


def past_closing(coordinator: Coordinator, number: int) -> None:
    chain = coordinator.site.chain
    found = round_of(chain, coordinator.ledger, number)
    raw(chain.network.rpc_url, "evm_mine", found.deadline + coordinator.federation.plan.windows.close + 1)


class Waited(Exception):
    """Somebody is waited for."""


def waited() -> None:
    raise Waited


def mine(coordinator: Coordinator, blocks: int) -> None:
    for _ in range(blocks):
        coordinator.site.chain.mine()


def test_one_who_forges_noise_is_shut_out_before_the_model_changes_and_the_others_go_on(
    tmp_path: Path, config: Config
) -> None:
    coordinator, clients = federation(tmp_path, config, name="forged", quorum=2)
    chain, ledger = coordinator.site.chain, coordinator.ledger
    forging = with_forger(coordinator, clients, config)
    before = current_model(chain, ledger)
    with pytest.raises(NoiseForged, match=r"round 1 cannot be closed: .* owner1, now shut out$") as caught:
        coordinator.run_round(stepping(forging))
    assert caught.value.facts["owners"] == ("owner1",)
    assert coordinator.gone() == {"owner1"}
    assert (current_model(chain, ledger), coordinator.done) == (before, 0)
    assert round_of(chain, ledger, 1).phase == "submit", "the ledger lets nobody abort it yet"
    with pytest.raises(TransactionReverted) as early:
        act(chain, signer_of(coordinator.federation.plan, -1, config), ledger, "abort", [1])
    assert early.value.facts["error"] == "RoundCanGoOn"
    with pytest.raises(ClientStruck):
        forging[FORGER].step()

    honest = [client for n, client in enumerate(clients) if n != FORGER]
    prover = make_engine(config)
    standing = find_federation(coordinator.federation, config=config, prover=prover)
    again = Coordinator(standing, config=config, prover=prover)  # the same command once more
    with pytest.raises(Waited):
        again.run_round(waited)
    assert round_of(chain, ledger, 1).phase == "submit"
    past_closing(coordinator, 1)
    closed = again.run_round(stepping(honest))
    assert (closed.round, closed.updates, again.done) == (2, 2, 2)
    assert round_of(chain, ledger, 1).phase == "aborted"
    assert [event.fields["round"] for event in events(coordinator, "RoundAborted")] == [1]
    assert len(events(coordinator, "ClientExpelled")) == 1


@pytest.mark.slow
def test_the_same_command_again_leaves_the_round_and_ends_the_plan_without_the_forger(
    tmp_path: Path, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`train run`, whose clients are processes: the round that was left is one of the plan's."""
    coordinator, clients = federation(tmp_path, config, name="again", quorum=2, rounds=2)
    with pytest.raises(NoiseForged):
        coordinator.run_round(stepping(with_forger(coordinator, clients, config)))
    past_closing(coordinator, 1)
    monkeypatch.setenv("ZKCHAIN_HOME", str(config.home))
    trained = run_plan(tmp_path / "plan.toml", config=config, prover=make_engine(config))
    assert [(one.round, one.updates) for one in trained.rounds] == [(2, 2)]
    assert (trained.done, trained.shut_out) == (2, ("owner1",))
    assert [one.name for one in trained.clients] == ["owner0", "owner2"]
    verified = verify_plan(tmp_path / "plan.toml", config=config, prover=make_engine(config))
    assert verified.good, "what was forged went into no model"
    assert {check.round for check in verified.checks} == {0, 2}


@pytest.mark.slow
def test_without_a_quorum_no_round_follows_one_with_forged_noise(tmp_path: Path, config: Config) -> None:
    coordinator, clients = federation(tmp_path, config, name="alone")
    with pytest.raises(NoiseForged):
        coordinator.run_round(stepping(with_forger(coordinator, clients, config)))
    past_closing(coordinator, 1)
    with pytest.raises(RoundFailed, match="2 owners are left, and the plan's quorum is 3"):
        coordinator.run_round()
    assert round_of(coordinator.site.chain, coordinator.ledger, 1).phase == "aborted"


@pytest.mark.slow
def test_a_round_with_forged_noise_is_no_reason_to_ask_for_updates(tmp_path: Path, config: Config) -> None:
    extra = "disputes = true\n" + WINDOWS
    coordinator, clients = federation(tmp_path, config, name="asked", quorum=2, extra=extra)
    forging = with_forger(coordinator, clients, config)
    coordinator.open_round()
    for _ in range(2):  # noise, proof
        stepping(forging)()
    with pytest.raises(NoiseForged, match="owner1"):
        coordinator.dispute()
    assert events(coordinator, "UpdateRevealed") == []
    assert round_of(coordinator.site.chain, coordinator.ledger, 1).phase == "submit"


@pytest.mark.parametrize(
    "noise_too", [pytest.param(False, marks=pytest.mark.slow), True], ids=["challenge alone", "beacon and challenge"]
)
@pytest.mark.slow
def test_chance_is_kept_for_longer_than_the_chain_does(tmp_path: Path, config: Config, noise_too: bool) -> None:
    """Nobody acts for so many blocks that the hash would be lost; the round is closed all the same."""
    coordinator, clients = federation(tmp_path, config, name=f"drawn{noise_too:d}")
    chain, ledger, slept = coordinator.site.chain, coordinator.ledger, set[str]()

    def late() -> None:
        """Come late to a phase once, after the coordinator has seen it."""
        phase = round_of(chain, ledger, 1).phase
        if phase not in slept and (phase == "submit" or noise_too):
            slept.add(phase)
            mine(coordinator, FORGOTTEN)
        stepping(clients)()

    closed = coordinator.run_round(late)
    assert (closed.updates, coordinator.done) == (3, 1)
    assert slept == ({"submit", "noise"} if noise_too else {"submit"})
    drawn = events(coordinator, "BeaconDrawn")
    assert [event.fields["phase"] for event in drawn] == [2, 3], "each once"


@pytest.mark.slow
def test_a_client_that_draws_first_is_no_failure_of_the_coordinators(tmp_path: Path, config: Config) -> None:
    coordinator, clients = federation(tmp_path, config, name="raced")
    coordinator.open_round()
    seen = round_of(coordinator.site.chain, coordinator.ledger, 1)
    clients[0].step()  # commits to its noise, for which the beacon has to be drawn
    assert coordinator._waiting._draw(1, seen) == 0
    assert len(events(coordinator, "BeaconDrawn")) == 1


@pytest.mark.slow
def test_a_round_whose_chance_was_lost_is_aborted_at_once(tmp_path: Path, config: Config) -> None:
    coordinator, clients = federation(tmp_path, config, name="lost")
    coordinator.open_round()
    stepping(clients)()
    mine(coordinator, FORGOTTEN)  # while no coordinator runs
    with pytest.raises(RoundFailed, match="round 1 was aborted"):
        coordinator.run_round()
    closed = coordinator.run_round(stepping(clients))
    assert (closed.round, closed.updates) == (2, 3)
