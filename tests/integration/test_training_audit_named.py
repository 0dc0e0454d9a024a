"""An audit by somebody who has no record of anything: the ledger is named, and all else comes from the chain."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from eth_abi.abi import encode

from tests.support.auditors import auditor_of
from tests.support.extras import need_training
from tests.support.federations import write_plan
from tests.support.ledgers import Laid, laid, publish_first, put_code
from tests.support.parties import parties_of, training_home
from zkchain.chain.abi import decode_call, types_of
from zkchain.chain.client import Chain
from zkchain.chain.deploy import create, creation_of
from zkchain.chain.deployments import read_deployment
from zkchain.chain.devnet import running_devnet
from zkchain.chain.signer import dev_signer
from zkchain.chain.training import act, ledger_events
from zkchain.config import Config
from zkchain.errors import LineageBroken, RpcError, UsageError
from zkchain.pipeline.admission import GATEWAY, REGISTRY
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.training.ledger_birth import created_in
from zkchain.pipeline.training.lineage_page import lineage_page
from zkchain.pipeline.training.setup import Standing
from zkchain.pipeline.training.trace import trace_model
from zkchain.pipeline.training.trace_source import NamedLedger
from zkchain.solidity.artifacts import load_artifact
from zkchain.training.lineage import Traced
from zkchain.values import ZERO_ADDRESS, Address, Digest, address, digest, keccak_of

need_training()

STOP = b"\0"
NAME = "firstModel"


@dataclass(frozen=True)
class Audited:
    """A federation that closed a round with noise and published, and an auditor who has its plan and no record."""

    standing: Standing
    plan: Path
    config: Config
    auditor: Config
    model_id: Digest

    @property
    def ledger(self) -> Address:
        return self.standing.opened.ledger

    @property
    def chain(self) -> Chain:
        return self.standing.site.chain

    @property
    def gateway(self) -> Address:
        return address(read_deployment(self.standing.site.root, self.standing.site.network, NAME).facts["gateway"])

    def here(self, plan: Path | None = None, **named: object) -> Traced:
        """The federation's own audit, with its records."""
        given = NamedLedger(address=self.ledger, **named) if named else None  # type: ignore[arg-type]
        return trace_model(NAME, "local", config=self.config, prover=make_engine(self.config), plan=plan, named=given)

    def outside(self, named: NamedLedger | None = None, *, plan: Path | None = None, which: str = "") -> Traced:
        """The auditor's."""
        given = named or NamedLedger(address=self.ledger)
        prover = make_engine(self.auditor)
        return trace_model(which or self.model_id, "shared", config=self.auditor, prover=prover, plan=plan, named=given)

    def refused(self, *, match: str, which: str = "", **given: object) -> LineageBroken:
        named = NamedLedger(**{"address": self.ledger, **given})  # type: ignore[arg-type]
        with pytest.raises(LineageBroken, match=match) as caught:
            self.outside(named, which=which)
        return caught.value


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audited]:
    folder = tmp_path_factory.mktemp("audited")
    with training_home(folder) as config:
        plan = write_plan(folder, aggregation="clear")
        coordinator, clients = parties_of(plan, config)
        coordinator.run_round(lambda: [client.step() for client in clients] and None)
        standing = coordinator.standing
        trained = Laid(standing=standing, first=standing.federation.weights(standing.opened.run, 1))
        model_id = publish_first(trained, config, make_engine(config), NAME, owner=6)
        devnet = running_devnet(config.home)
        assert devnet is not None
        yield Audited(standing, plan, config, auditor_of(tmp_path_factory.mktemp("auditor"), devnet.rpc_url), model_id)


def copied(plan: Path, folder: Path) -> Path:
    """The plan as an auditor has it: the file alone."""
    path = folder / plan.name
    path.write_bytes(plan.read_bytes())
    return path


def test_who_has_no_record_sees_what_who_has_all_sees(audited: Audited) -> None:
    assert not audited.auditor.deployments.exists()
    here, outside = audited.here(), audited.outside()
    assert outside.rounds == here.rounds != ()
    assert len(outside.rounds[0].updates) == len(outside.data) == 3
    assert (outside.data, outside.disputes) == (here.data, here.disputes)
    assert outside.epsilon == here.epsilon is not None
    assert (outside.model_id, outside.model, outside.poseidon) == (here.model_id, here.model, here.poseidon)
    assert (outside.problems, outside.setup) == (here.problems, here.setup) == ((), "none")
    assert not audited.auditor.deployments.exists(), "an audit records nothing"


def test_without_a_gateway_no_answers_are_looked_for_and_it_says_how(audited: Audited) -> None:
    outside = audited.outside()
    assert (outside.gateway, outside.answers) == (None, ())
    page = lineage_page(outside)
    assert "not looked for" in page
    assert "--gateway ADDRESS" in page
    (said,) = (text for text in outside.unchecked if text.startswith("the model's answers"))
    assert "--gateway ADDRESS" in said
    assert len(outside.unchecked) == 1 + len(audited.here().unchecked)


def test_with_the_gateway_answers_are_looked_for(audited: Audited) -> None:
    outside = audited.outside(NamedLedger(address=audited.ledger, gateway=audited.gateway))
    assert (outside.gateway, outside.answers) == (audited.gateway, ())
    assert "not looked for" not in lineage_page(outside)
    assert not any("--gateway" in text for text in outside.unchecked)
    assert any(text.startswith("what the answers say") for text in outside.unchecked)


def test_the_plan_works_as_with_records(audited: Audited, tmp_path: Path) -> None:
    """The auditor has the plan's file and no folder of the federation; only the salt of the first model is missed."""
    here, outside = audited.here(audited.plan), audited.outside(plan=copied(audited.plan, tmp_path))
    assert (here.setup, here.problems) == (outside.setup, outside.problems) == ("compared", ())
    assert outside.rounds == here.rounds
    assert {update.noise for update in outside.rounds[0].updates} == {"recomputed"}
    assert any("its salt is not here" in text for text in outside.unchecked)


def test_who_has_a_record_can_name_the_ledger_too(audited: Audited) -> None:
    named = audited.here(block=audited.standing.opened.block)
    assert named == audited.here()
    assert named == audited.here(gateway=audited.gateway)


def test_the_block_is_found_taken_from_the_plans_folder_or_said(audited: Audited) -> None:
    block = audited.standing.opened.block
    assert created_in(audited.chain, audited.ledger) == block
    assert created_in(audited.chain, audited.ledger, None, block) == block
    assert created_in(audited.chain, audited.ledger, None, block + 1) == block, "what was noted may be of another chain"
    assert audited.outside(NamedLedger(address=audited.ledger, block=block)) == audited.outside()


@pytest.mark.parametrize("off", [-1, 1, 10**9])
def test_a_block_in_which_the_ledger_was_not_created_is_refused(audited: Audited, off: int) -> None:
    """From a later one, what the ledger said before would be missed without a word."""
    error = audited.refused(match="no transaction of block", block=audited.standing.opened.block + off)
    assert error.remedy.startswith("give --block N")


class Forgetful(Chain):
    """A node that keeps the states of its last blocks alone."""

    __slots__ = ()

    def code_at(self, account: Address, block: int | None = None) -> bytes:
        if block is not None and block < self.block_number() - 2:
            raise RpcError("missing trie node")
        return super().code_at(account, block)


def test_a_node_without_old_states_needs_to_be_told_the_block(audited: Audited) -> None:
    site = audited.standing.site.chain
    node = Forgetful(site.network, site._pool)
    with pytest.raises(RpcError, match="missing trie node") as caught:
        created_in(node, audited.ledger)
    assert "--block N" in caught.value.remedy
    assert created_in(node, audited.ledger, audited.standing.opened.block) == audited.standing.opened.block


def test_what_is_no_ledger_is_refused(audited: Audited) -> None:
    for wrong in (audited.gateway, dev_signer(3).address, put_code(audited.standing, STOP)):
        error = audited.refused(match="is no training ledger", address=wrong)
        assert "--ledger" in error.remedy


def test_the_ledger_of_another_federation_does_not_know_the_model(audited: Audited) -> None:
    other = laid(audited.standing, audited.config, "other", enrolled=False).opened.ledger
    error = audited.refused(match="knows no model", address=other)
    assert (error.facts["ledger"], error.facts["model_id"]) == (other, audited.model_id)
    audited.refused(match="knows no model", which="0x" + "11" * 32)


def test_what_is_no_models_id_is_said_to_be_none(audited: Audited) -> None:
    for which in (NAME, "0x12", "0x" + "zz" * 32):
        with pytest.raises(UsageError, match="neither a model's id nor recorded"):
            audited.outside(which=which)


def test_the_gateway_of_another_registry_is_refused(audited: Audited) -> None:
    _, other = create(audited.chain, dev_signer(9), REGISTRY, creation_of(load_artifact(REGISTRY), ()))
    _, elsewhere = create(audited.chain, dev_signer(9), GATEWAY, creation_of(load_artifact(GATEWAY), (other,)))
    error = audited.refused(match=f"serves the registry {other}", gateway=elsewhere)
    assert "--gateway" in error.remedy
    error = audited.refused(match="is no inference gateway", gateway=audited.ledger)
    assert "--gateway" in error.remedy


def test_a_ledger_whose_registry_takes_everything_is_refused(audited: Audited) -> None:
    """The ledger's code is ours, and links what its registry says: a registry that says yes to all links any model."""
    chain, ledger, standing = audited.chain, audited.standing.ledger, audited.standing
    hashed = next(event for event in ledger_events(chain, ledger, 0) if event.name == "WeightsHashed")
    sent = chain.sent(digest(hashed.tx_hash))
    assert sent is not None
    proof, poseidon = decode_call(ledger.abi, "hashWeights", sent.data)
    yes = put_code(standing, answering(route_of(poseidon)))
    first = bytes(hashed.fields["model"])
    forged = laid(standing, audited.config, "yes", enrolled=False, registry=yes, genesis=first).standing.ledger
    act(chain, dev_signer(0), forged, "hashWeights", [proof, poseidon])
    act(chain, dev_signer(0), forged, "linkModel", [int(audited.model_id, 16)])
    audited.refused(match=f"names the registry {yes}, where no model registry stands", address=forged.address)


def route_of(poseidon: int) -> bytes:
    """What a registry answers of a version with the weights of this hash."""
    abi = load_artifact(REGISTRY).abi
    outputs = next(item for item in abi if item.get("name") == "routeOf")["outputs"]
    digest_of = bytes.fromhex(keccak_of(poseidon.to_bytes(32, "big"))[2:])
    return encode(types_of(outputs), [(ZERO_ADDRESS, bytes(32), digest_of, (0,) * 8, False, [])])


def answering(words: bytes) -> bytes:
    """The runtime code of a contract that answers every call with these words."""
    size = b"\x61" + len(words).to_bytes(2, "big")
    head = size + bytes.fromhex("600f600039") + size + bytes.fromhex("6000f3")
    return head.ljust(15, STOP) + words
