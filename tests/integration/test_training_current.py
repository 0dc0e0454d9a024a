"""A contract that believes answers of a federation's current model: a further round makes the published version old."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.extras import need_training
from tests.support.federations import write_plan
from tests.support.parties import parties_of, training_home
from zkchain.chain.abi import encode_call
from zkchain.chain.deploy import deploy_contract
from zkchain.chain.deployments import read_deployment
from zkchain.chain.registry import ContractAt, read
from zkchain.chain.signer import dev_signer
from zkchain.chain.training import current_model, lineage_of
from zkchain.chain.transact import send
from zkchain.config import Config
from zkchain.errors import TransactionReverted
from zkchain.pipeline.admission import GATEWAY
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.prove import prove_input
from zkchain.pipeline.submit import submit_proof
from zkchain.pipeline.training.client import Client
from zkchain.pipeline.training.coordinator import Coordinator
from zkchain.pipeline.training.publish import Published, publish_model
from zkchain.solidity.artifacts import load_artifact

need_training()

#: Whose answers these are; the signer of the devnet where nothing else is said.
CLINIC = dev_signer(0)
DAY = 24 * 3600


class Stand:
    """A federation without noise, of two rounds, with its plan, and contracts that act on what it publishes."""

    def __init__(self, folder: Path, config: Config) -> None:
        self.folder, self.config, self.prover = folder, config, make_engine(config)
        self.plan = write_plan(folder, name="current", rounds=2, owners=3, aggregation="clear", private=False)
        self.coordinator: Coordinator
        self.clients: list[Client]
        self.coordinator, self.clients = parties_of(self.plan, config)
        self.chain = self.coordinator.site.chain
        self.answers = 0

    def train(self) -> None:
        """Close one more round."""
        self.coordinator.run_round(lambda: [client.step() for client in self.clients] and None)

    def publish(self, folder: str) -> Published:
        return publish_model(self.plan, config=self.config, prover=self.prover, out=self.folder / folder)

    def router(self, published: Published, name: str = "TrainedTriageRouter") -> ContractAt:
        """A contract for this version; a plain one asks no ledger."""
        gateway = read_deployment(self.config.deployments, self.chain.network, GATEWAY).deployment.address
        artifact, ledger = load_artifact(name), (published.ledger,) if name.startswith("Trained") else ()
        arguments = (gateway, int(published.model_id, 16), 0, DAY, *ledger)
        return ContractAt(deploy_contract(self.chain, CLINIC, artifact, arguments)[1], artifact.abi)

    def recorded(self, published: Published) -> list[int]:
        """A proved answer that the gateway has recorded for the clinic: its instances."""
        self.answers += 1
        question, out = self.folder / "question.json", self.folder / f"{self.answers}.proof.json"
        question.write_text(json.dumps({"input_data": [[0.1, 0.2, 0.1 * self.answers]]}), encoding="ascii")
        bundle = Path(published.folder)
        proved = prove_input(bundle, question, config=self.config, prover=self.prover, network="local", out=out)
        submit_proof(proved.path, "local", config=self.config)
        return [int(value) for value in proved.proof.instances]

    def route(self, router: ContractAt, instances: list[int]) -> None:
        data = encode_call(router.abi, "route", [instances])
        send(self.chain, CLINIC, to=router.address, data=data, abis=[router.abi])

    def cases(self, router: ContractAt) -> int:
        return sum(int(read(self.chain, router, "queueLength", [queue])[0]) for queue in (0, 1))

    def refusal(self, what: Callable[[], object]) -> tuple[object, ...]:
        """The contract's error, and the models in it."""
        with pytest.raises(TransactionReverted) as caught:
            what()
        return caught.value.facts["error"], *caught.value.facts["arguments"]


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    with training_home(tmp_path) as config:
        yield Stand(tmp_path, config)


@pytest.mark.slow
def test_a_version_counts_until_the_ledger_has_another_model_and_the_next_one_after_it_is_published(
    stand: Stand,
) -> None:
    stand.train()
    first = stand.publish("first.bundle")
    router, plain = stand.router(first), stand.router(first, "TriageRouter")
    stand.route(router, stand.recorded(first))
    before = stand.recorded(first)  # while the model is current, and used after that

    stand.train()
    ledger = stand.coordinator.ledger
    model = current_model(stand.chain, ledger)
    assert model != first.model
    old = ("ModelNotCurrent", model, first.model)
    after = stand.recorded(first)  # the gateway still takes it: the version is what it was
    for instances in (before, after):
        assert stand.refusal(lambda given=instances: stand.route(router, given)) == old
        stand.route(plain, instances)
    assert stand.refusal(lambda: stand.router(first)) == old

    second = stand.publish("second.bundle")
    assert second.model_id != first.model_id
    assert lineage_of(stand.chain, ledger, second.model_id).model == model
    assert stand.refusal(lambda: stand.route(router, after)) == old
    answer, newer = stand.recorded(second), stand.router(second)
    with pytest.raises(TransactionReverted, match="NotRecorded"):
        stand.route(newer, after)
    stand.route(newer, answer)
    assert (stand.cases(router), stand.cases(newer), stand.cases(plain)) == (1, 1, 2)
