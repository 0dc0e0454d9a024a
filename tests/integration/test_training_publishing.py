"""What was trained is published once for each model: the gateway takes proofs of its weights, and of no others."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import onnx
import pytest

from tests.support.extras import need_training
from tests.support.federations import write_plan
from tests.support.parties import parties_of, training_home
from zkchain.chain.training import lineage_of
from zkchain.circuit.bundle import circuit_files, load_bundle
from zkchain.circuit.options import CompileOptions
from zkchain.config import Config
from zkchain.errors import DeploymentNotFound, ProofForeign, ProofRejected, TransactionReverted, ZkchainError
from zkchain.model import read_samples, to_input_data
from zkchain.pipeline.compile import compile_model
from zkchain.pipeline.deployments import check_recorded
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.prove import prove_input
from zkchain.pipeline.submit import submit_proof
from zkchain.pipeline.training.client import Client
from zkchain.pipeline.training.coordinator import Coordinator
from zkchain.pipeline.training.publish import Published, publish_model
from zkchain.pipeline.training.trace import trace_model
from zkchain.proof.codec import read_proof, write_proof
from zkchain.proof.prove import make_proof
from zkchain.training.inference import pins_of
from zkchain.training.lineage import Traced
from zkchain.training.methods import method_of

need_training()


@dataclass(frozen=True)
class Versions:
    """A federation that was published after its first round, and again after its second."""

    coordinator: Coordinator
    plan: Path
    config: Config
    first: Published
    first_again: Published
    sent_again: int
    second: Published
    second_again: Published
    sent_second_again: int

    def traced(self, name: str) -> Traced:
        return trace_model(name, "local", config=self.config, prover=make_engine(self.config), plan=self.plan)

    @property
    def question(self) -> Path:
        path = self.plan.with_name("question.json")
        path.write_text(json.dumps({"input_data": [[0.6, 0.5, 0.4]]}), encoding="utf-8")
        return path

    def honest(self, version: Published) -> Path:
        """A proof of a version's own weights, for it."""
        out, folder = self.plan.with_name(f"{version.model_id}.json"), Path(version.folder)
        prover = make_engine(self.config)
        return prove_input(folder, self.question, config=self.config, prover=prover, out=out, network="local").path

    def compiled(self, weights: tuple[int, ...]) -> Path:
        """A bundle of other weights, made as `publish_model` makes those of the ledger's."""
        plan = self.coordinator.federation.plan
        network, d = plan.architecture, plan.architecture.parameters
        model, samples = self.plan.with_name("tests.onnx"), self.coordinator.federation.root / "samples.npy"
        onnx.save(method_of(network).inference(network, weights[:d], plan.scale), str(model))
        published = load_bundle(Path(self.second.folder))
        return compile_model(
            model,
            samples,
            config=self.config,
            prover=make_engine(self.config),
            out=self.plan.with_name("other.bundle"),
            options=CompileOptions(
                visibility=published.visibility,
                pinned=tuple(sorted((name, json.dumps(value)) for name, value in pins_of(plan.scale).items())),
            ),
        ).folder

    def expect_refused(self, folder: Path, version: Published) -> None:
        """What a bundle proves is no answer of `version`, whatever its file says it is."""
        bundle, honest = load_bundle(folder), read_proof(self.honest(version))
        (sample,) = read_samples(self.question, bundle.model)
        prover, files = make_engine(self.config), circuit_files(folder)
        assert honest.binding is not None
        assert honest.binding.model_id == version.model_id
        proof, _ = make_proof(prover, files, bundle, to_input_data(sample), honest.binding)
        path = self.plan.with_name("lie.json")
        write_proof(path, proof)
        with pytest.raises(ZkchainError) as caught:
            submit_proof(path, "local", config=self.config)
        assert isinstance(caught.value, DeploymentNotFound | ProofForeign)  # its file says of which circuit it is
        write_proof(path, replace(proof, circuit_digest=honest.circuit_digest))
        with pytest.raises(TransactionReverted) as refused:
            submit_proof(path, "local", config=self.config)
        assert refused.value.facts["error"] == "ParamsDigestMismatch"
        (own,) = [one.start for one in bundle.segments if one.kind == "params_hash"]
        instances = tuple(
            honest.instances[place] if place == own else value for place, value in enumerate(proof.instances)
        )
        write_proof(path, replace(proof, circuit_digest=honest.circuit_digest, instances=instances))
        with pytest.raises(ProofRejected):
            submit_proof(path, "local", config=self.config)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    with training_home(tmp_path_factory.mktemp("publishing")) as found:
        yield found


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory, config: Config) -> Versions:
    plan = write_plan(tmp_path_factory.mktemp("plan"), rounds=2, aggregation="clear", private=False)
    coordinator, clients = parties_of(plan, config)
    one_round(coordinator, clients)
    chain = coordinator.site.chain

    def publish() -> tuple[Published, int]:
        before = chain.block_number()  # a devnet makes a block of each transaction
        number = coordinator.done
        found = publish_model(plan, config=config, prover=make_engine(config), out=plan.with_name(f"{number}.bundle"))
        return found, chain.block_number() - before

    (first, _), (first_again, sent_again) = publish(), publish()
    one_round(coordinator, clients)
    (second, _), (second_again, sent_second_again) = publish(), publish()
    return Versions(
        coordinator=coordinator,
        plan=plan,
        config=config,
        first=first,
        first_again=first_again,
        sent_again=sent_again,
        second=second,
        second_again=second_again,
        sent_second_again=sent_second_again,
    )


def one_round(coordinator: Coordinator, clients: list[Client]) -> None:
    coordinator.run_round(lambda: [client.step() for client in clients] and None)


def test_what_is_published_is_published_once(versions: Versions) -> None:
    assert versions.sent_again == versions.sent_second_again == 0
    assert versions.first_again == replace(versions.first, gas=0)
    assert versions.second_again == replace(versions.second, gas=0)
    assert min(versions.first.gas, versions.second.gas) > 0


def test_each_version_keeps_the_lineage_of_its_own_model(versions: Versions) -> None:
    assert versions.first.model_id != versions.second.model_id
    chain, ledger = versions.coordinator.site.chain, versions.coordinator.ledger
    for number, version in enumerate((versions.first, versions.second), start=1):
        lineage = lineage_of(chain, ledger, version.model_id)
        assert (lineage.round, lineage.model, hex(lineage.poseidon)) == (number, version.model, version.poseidon)
        traced = versions.traced(version.model_id)
        assert (traced.problems, traced.round, traced.model) == ((), number, version.model)
        assert [item.round for item in traced.rounds] == list(range(1, number + 1))
    found = {name: versions.traced(name).model_id for name in ("testsModel", "testsModel-round1")}
    assert found == {"testsModel": versions.second.model_id, "testsModel-round1": versions.first.model_id}
    assert not any(check.trouble for check in check_recorded("local", versions.config))


def test_honest_answers_of_both_versions_are_accepted_each_for_its_own(versions: Versions) -> None:
    for version in (versions.first, versions.second):
        proof = versions.honest(version)
        submitted = submit_proof(proof, "local", config=versions.config)
        assert submitted.event.model_id == version.model_id
        assert versions.traced(version.model_id).answers[-1].tx_hash == submitted.receipt.tx_hash


def test_other_weights_in_the_same_circuit_are_refused_for_the_published_model(versions: Versions) -> None:
    """Statement 5: the same network, options and binding, and one parameter that is another one."""
    trained = versions.coordinator.federation.weights(versions.coordinator.opened.run, 2).values
    other = versions.compiled((trained[0] + 1, *trained[1:]))
    assert load_bundle(other).verifying_key_digest == load_bundle(Path(versions.second.folder)).verifying_key_digest
    versions.expect_refused(other, versions.second)


def test_the_weights_of_an_earlier_round_are_refused_for_the_newer_version_and_the_other_way_round(
    versions: Versions,
) -> None:
    versions.expect_refused(Path(versions.first.folder), versions.second)
    versions.expect_refused(Path(versions.second.folder), versions.first)
