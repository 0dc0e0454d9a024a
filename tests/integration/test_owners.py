"""What owners, guardians and relayers do by the pipeline: several proofs at once, permits, ranges, ids handed over."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.support.bundles import compile_tiny
from zkchain.chain.client import Chain, connect
from zkchain.chain.dev_accounts import dev_key
from zkchain.chain.devnet import stop_devnet
from zkchain.chain.gateway import record_of, statement_of
from zkchain.chain.networks import resolve_network
from zkchain.chain.registry import ContractAt, get_ranges
from zkchain.chain.relay import statement_id
from zkchain.chain.signer import dev_signer
from zkchain.circuit.options import CompileOptions
from zkchain.config import Config, read_config
from zkchain.errors import (
    AlreadyRecorded,
    BindingRefused,
    DeploymentTaken,
    ModelStopped,
    ProofForeign,
    ProofUnreadable,
    TransactionReverted,
    UsageError,
)
from zkchain.halo2 import Engine
from zkchain.pipeline import models
from zkchain.pipeline.deploy import Deployed, deploy_bundle
from zkchain.pipeline.permit import permit_relay
from zkchain.pipeline.prove import prove_input
from zkchain.pipeline.submit import submit_proof, submit_proofs
from zkchain.proof.codec import read_proof
from zkchain.records import Visibility
from zkchain.solidity.artifacts import load_artifact
from zkchain.values import ZERO_ADDRESS, ZERO_DIGEST, Digest

OWNER, OTHER, STRANGER = dev_signer(0), dev_signer(1), dev_signer(2)
REQUEST = Digest("0x" + "11" * 32)


@dataclass(frozen=True, slots=True)
class Shop:
    """Two deployed models with public inputs; the first takes them between -0.6 and 0.6 only."""

    folder: Path
    config: Config
    prover: Engine
    bounded: Deployed
    free: Deployed

    @property
    def chain(self) -> Chain:
        return connect(resolve_network("local", self.config))

    def contract(self, name: str) -> ContractAt:
        return ContractAt(self.bounded.contracts[name], load_artifact(name).abi)

    def prove(self, name: str, to: Path, values: tuple[float, float] = (0.5, -0.25), **more) -> Path:
        given = to.with_suffix(".input")
        given.write_text(json.dumps({"x": [list(values)]}))
        given = given.rename(to.with_name(f"{to.stem}-input.json"))
        bundle = self.folder / name
        prove_input(bundle, given, config=self.config, prover=self.prover, network="local", name=name, out=to, **more)
        return to

    def recorded(self, path: Path) -> bool:
        proof = read_proof(path)
        assert proof.binding is not None
        gateway = self.contract("InferenceGateway")
        statement = statement_of(self.chain, gateway, proof.binding.model_id, proof.instances)
        assert statement == statement_id(proof.binding, proof.instances)
        return record_of(self.chain, gateway, statement) is not None


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, prover: Engine) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    config = read_config({"ZKCHAIN_HOME": str(folder / "home")}, folder)
    options = CompileOptions(visibility=Visibility(input="public"))
    deployed = []
    for name, seed, bounds in (("bounded", 0, {"x": (-0.6, 0.6)}), ("free", 3, None)):
        compile_tiny(folder, folder / name, config=config, prover=prover, seed=seed, options=options)
        deployed.append(
            deploy_bundle(
                folder / name,
                network="local",
                name=name,
                verifier="shared",
                bounds=bounds,
                config=config,
                prover=prover,
            )
        )
    yield Shop(folder, config, prover, *deployed)
    stop_devnet(config.home)


@pytest.fixture
def as_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZKCHAIN_PRIVATE_KEY", dev_key(1).hex())


def become(monkeypatch: pytest.MonkeyPatch, index: int) -> None:
    monkeypatch.setenv("ZKCHAIN_PRIVATE_KEY", dev_key(index).hex())


# --- ranges ---------------------------------------------------------------------------------------------------------


def test_a_deployed_range_is_in_the_registry_and_an_answer_outside_of_it_is_refused(shop: Shop, tmp_path: Path):
    (found,) = get_ranges(shop.chain, shop.contract("ModelRegistry"), shop.bounded.model_id)
    assert (found.start, found.count) == (0, 2)
    assert found.low == -found.high < 0
    outside = shop.prove("bounded", tmp_path / "outside.json", (0.5, 0.9))
    with pytest.raises(TransactionReverted) as caught:
        submit_proof(outside, "local", config=shop.config)
    assert caught.value.facts["error"] == "InstanceOutOfRange"
    assert caught.value.facts["arguments"][0] == 1
    assert get_ranges(shop.chain, shop.contract("ModelRegistry"), shop.free.model_id) == ()


def test_what_is_registered_with_a_range_is_not_taken_for_another(shop: Shop):
    def again(**more):
        bundle = shop.folder / "bounded"
        return deploy_bundle(bundle, network="local", name="bounded", config=shop.config, prover=shop.prover, **more)

    nonce = shop.chain.nonce(OWNER.address)
    with pytest.raises(DeploymentTaken, match="other ranges"):
        again(bounds={"x": (-0.5, 0.5)})
    assert again(bounds={"x": (-0.6, 0.6)}).reused
    assert again().reused
    assert shop.chain.nonce(OWNER.address) == nonce


# --- several at once ------------------------------------------------------------------------------------------------


def test_several_proofs_in_one_transaction_are_accepted_or_refused_each_alone(shop: Shop, tmp_path: Path):
    first = shop.prove("bounded", tmp_path / "first.json")
    outside = shop.prove("bounded", tmp_path / "outside.json", (0.9, 0.5))
    foreign = shop.prove("free", tmp_path / "foreign.json", account=OTHER.address)
    requested = shop.prove("free", tmp_path / "requested.json", request=REQUEST)
    proofs = [outside, first, first, foreign, requested]
    result = submit_proofs(proofs, "local", config=shop.config)
    assert result.receipt is not None
    accepted = [outcome.event is not None for outcome in result.outcomes]
    assert accepted == [False, True, False, False, True]
    assert [event.model_name for outcome in result.outcomes if (event := outcome.event)] == ["bounded", "free"]
    out_of_range, _, twice, not_mine, _ = (outcome.refusal for outcome in result.outcomes)
    assert out_of_range.facts["error"] == "InstanceOutOfRange"
    assert isinstance(not_mine, BindingRefused)
    # What could be foreseen was left out; the second of two was refused by the transaction itself.
    assert isinstance(twice, AlreadyRecorded)
    assert twice.facts["tx_hash"] == result.receipt.tx_hash
    assert [shop.recorded(path) for path in (outside, first, foreign, requested)] == [False, True, False, True]

    nonce = shop.chain.nonce(OWNER.address)
    again = submit_proofs([first, requested], "local", config=shop.config)
    assert again.receipt is None
    assert all(isinstance(outcome.refusal, AlreadyRecorded) for outcome in again.outcomes)
    assert shop.chain.nonce(OWNER.address) == nonce


def test_a_file_that_is_no_proof_stops_all_of_them_before_anything_is_sent(shop: Shop, tmp_path: Path):
    good, bad = shop.prove("bounded", tmp_path / "good.json"), tmp_path / "bad.json"
    bad.write_text("{}")
    with pytest.raises(ProofUnreadable):
        submit_proofs([good, bad], "local", config=shop.config)
    assert not shop.recorded(good)


# --- permits --------------------------------------------------------------------------------------------------------


def test_who_has_a_permit_submits_for_the_account_and_nobody_else_does(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = shop.prove("bounded", tmp_path / "mine.proof.json")
    permitted = permit_relay(path, "local", config=shop.config, relayer=OTHER.address)
    assert permitted.path == tmp_path / "mine.permit.json"
    become(monkeypatch, 2)
    with pytest.raises(TransactionReverted, match="WrongRelayer"):
        submit_proof(path, "local", config=shop.config, permit_path=permitted.path)
    become(monkeypatch, 1)
    with pytest.raises(BindingRefused, match="WrongAccount"):
        submit_proof(path, "local", config=shop.config)
    done = submit_proof(path, "local", config=shop.config, permit_path=permitted.path)
    assert done.receipt.sender == OTHER.address
    assert done.event.account == OWNER.address
    with pytest.raises(AlreadyRecorded):
        submit_proof(path, "local", config=shop.config, permit_path=permitted.path)


def test_a_permit_that_was_changed_or_is_of_another_proof_is_refused(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path, other = (shop.prove("bounded", tmp_path / f"{name}.proof.json") for name in ("one", "two"))
    permitted = permit_relay(path, "local", config=shop.config, relayer=OTHER.address, valid_for=60)
    become(monkeypatch, 1)
    with pytest.raises(ProofForeign, match="statement"):
        submit_proof(other, "local", config=shop.config, permit_path=permitted.path)
    fields = json.loads(permitted.path.read_text())
    for change in ({"deadline": fields["deadline"] + 1}, {"relayer": ZERO_ADDRESS}, {"signature": "0x" + "11" * 65}):
        permitted.path.write_text(json.dumps(fields | change))
        with pytest.raises(TransactionReverted, match="BadSignature"):
            submit_proof(path, "local", config=shop.config, permit_path=permitted.path)
    for change in ({"more": 1}, {"signature": "0xzz"}, {"deadline": -1}):
        permitted.path.write_text(json.dumps(fields | change))
        with pytest.raises(ProofUnreadable):
            submit_proof(path, "local", config=shop.config, permit_path=permitted.path)
    assert not shop.recorded(path)


def test_only_the_account_that_a_proof_is_bound_to_permits(shop: Shop, tmp_path: Path, as_other: None):
    theirs = shop.prove("bounded", tmp_path / "theirs.json", account=OWNER.address)
    requested = shop.prove("bounded", tmp_path / "requested.json", request=REQUEST)
    for path in (theirs, requested):
        with pytest.raises(ProofForeign):
            permit_relay(path, "local", config=shop.config)
        assert not list(tmp_path.glob("*.permit.json"))


# --- ids ------------------------------------------------------------------------------------------------------------


def test_an_id_is_handed_over_in_two_steps_guarded_and_stopped(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    config = shop.config
    published = models.publish_default("free", "local", config=config).status
    which = published.model_id
    assert published.version_id == shop.free.model_id != which
    models.set_guardian(which, STRANGER.address, "local", config=config)
    offered = models.offer_model(which, OTHER.address, "local", config=config).status
    assert (offered.owner, offered.offered_to, offered.guardian) == (OWNER.address, OTHER.address, STRANGER.address)
    with pytest.raises(TransactionReverted, match="NotOffered"):
        models.accept_model(which, "local", config=config)
    become(monkeypatch, 1)
    assert models.accept_model(which, "local", config=config).status.owner == OTHER.address
    become(monkeypatch, 0)
    for act in (
        lambda: models.set_guardian(which, None, "local", config=config),
        lambda: models.offer_model(which, None, "local", config=config),
        lambda: models.update_default(which, "free", "local", config=config),
        lambda: models.stop_model(which, "local", config=config),
    ):
        with pytest.raises(TransactionReverted, match=r"Not(ModelOwner|Guardian)"):
            act()
    become(monkeypatch, 2)
    stopped = models.stop_model(which, "local", config=config).status
    assert stopped.stopped
    assert stopped == models.show_model(which, "local", config=config).status
    assert not models.show_model("free", "local", config=config).status.stopped


def test_a_model_comes_to_stand_for_another_version_of_its_owner_after_a_day(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    which = models.publish_default("free", "local", config=shop.config).status.model_id
    status = models.update_default(which, "bounded", "local", config=shop.config).status
    assert (status.version_id, status.next_version_id) == (shop.free.model_id, shop.bounded.model_id)
    assert 0 <= status.next_at - shop.chain.head().timestamp - 24 * 3600 <= 60
    assert models.show_model("free", "local", config=shop.config).status.next_version_id == ZERO_DIGEST
    become(monkeypatch, 1)
    nonce = shop.chain.nonce(OTHER.address)
    with pytest.raises(UsageError, match="another account"):
        models.publish_default("free", "local", config=shop.config)
    assert shop.chain.nonce(OTHER.address) == nonce


def test_no_such_id_has_no_status(shop: Shop):
    with pytest.raises(TransactionReverted, match="ModelNotFound"):
        models.show_model(REQUEST, "local", config=shop.config)


def test_a_version_that_its_guardian_stopped_is_proved_no_more(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    config = replace(shop.config, deployments=tmp_path / "deployments")
    shop = replace(shop, config=config)
    deploy_bundle(
        shop.folder / "free", network="local", name="free", verifier="shared", config=config, prover=shop.prover
    )
    models.set_guardian("free", OTHER.address, "local", config=config)
    become(monkeypatch, 1)
    assert models.stop_model("free", "local", config=config).status.stopped
    become(monkeypatch, 0)
    with pytest.raises(ModelStopped):
        shop.prove("free", tmp_path / "late.json")
    with pytest.raises(TransactionReverted, match="ModelDeprecated"):
        models.stop_model("free", "local", config=config)
