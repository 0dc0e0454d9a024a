"""A round with real proofs, and every party that lies in it: the ledger answers each with its own reason."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.support.extras import need_training
from tests.support.federations import write_plan
from tests.support.parties import parties_of, training_home
from zkchain.chain.training import client_of, current_model, model_round
from zkchain.config import Config
from zkchain.errors import RoundFailed, TransactionReverted
from zkchain.pipeline.training.client import Client
from zkchain.pipeline.training.coordinator import Coordinator

need_training()

OWNERS = 3


@dataclass
class Round:
    """A federation whose three owners have joined, committed to noise and proved, and of whom none has submitted."""

    coordinator: Coordinator
    clients: list[Client]

    def refusal(self, which: int, **changed: object) -> str:
        """What the ledger says to an owner's submission with something in it changed."""
        with pytest.raises(TransactionReverted) as caught:
            self.clients[which].send(1, replace(self.clients[which].submission(1), **changed))
        return str(caught.value.facts["error"])


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    with training_home(tmp_path_factory.mktemp("rounds")) as found:
        yield found


@pytest.fixture(scope="module")
def opened(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Round:
    folder: Path = tmp_path_factory.mktemp("plan")
    coordinator, clients = parties_of(write_plan(folder, owners=OWNERS, aggregation="clear"), config)
    coordinator.open_round()
    for client in clients:
        assert client.step()  # noise
    for client in clients:
        client.prove(1)
    return Round(coordinator, clients)


def test_a_tampered_proof_is_refused(opened: Round) -> None:
    proof = opened.clients[0].submission(1).proof
    assert opened.refusal(0, proof=proof[:-1] + bytes([proof[-1] ^ 1])) == "InvalidProof"


def test_another_owners_proof_is_refused(opened: Round) -> None:
    assert opened.refusal(0, proof=opened.clients[1].submission(1).proof) == "WrongBatch"


def test_a_path_to_another_batch_is_refused(opened: Round) -> None:
    path = opened.clients[0].submission(1).path
    assert opened.refusal(0, path=(bytes(32), *path[1:])) == "WrongBatch"


def test_other_candidates_than_those_committed_to_are_refused(opened: Round) -> None:
    hashes = opened.clients[0].submission(1).noise_hashes
    assert opened.refusal(0, noise_hashes=(*hashes[1:], hashes[0])) == "WrongCandidates"


def test_other_secrets_than_those_committed_to_are_refused(opened: Round) -> None:
    secrets = opened.clients[0].submission(1).secrets
    assert opened.refusal(0, secrets=tuple(reversed(secrets))) == "WrongCandidates"


def test_a_lying_aggregator_changes_nothing_and_an_honest_one_does(opened: Round) -> None:
    """All submit; one of the sums is off by one in one coordinate."""
    for client in opened.clients:
        assert client.step()
    coordinator = opened.coordinator
    chain, ledger = coordinator.site.chain, coordinator.ledger
    before, total = current_model(chain, ledger), coordinator.total(1)
    with pytest.raises(TransactionReverted) as caught:
        coordinator.close(1, (total[0] + 1, *total[1:]))
    assert caught.value.facts["error"] == "SumMismatch"
    assert (current_model(chain, ledger), model_round(chain, ledger)) == (before, 0)
    coordinator.close(1, total)
    assert model_round(chain, ledger) == 1
    assert current_model(chain, ledger) != before


def test_epsilon_on_chain_is_the_schedules(opened: Round) -> None:
    coordinator = opened.coordinator
    for member in coordinator.opened.members:
        found = client_of(coordinator.site.chain, coordinator.ledger, member)
        assert found.epsilon == coordinator.opened.noise.schedule[0]
        assert found.participations == 1


def test_a_client_does_not_train_from_weights_that_the_ledger_does_not_hold(opened: Round) -> None:
    client, federation = opened.clients[0], opened.coordinator.federation
    run = opened.coordinator.opened.run
    told = federation.weights(run, 1)
    try:
        federation.save_weights(run, replace(told, values=(told.values[0] + 1, *told.values[1:])))
        with pytest.raises(RoundFailed, match="not those that the ledger holds"):
            client.weights(2)
    finally:
        federation.save_weights(run, told)
