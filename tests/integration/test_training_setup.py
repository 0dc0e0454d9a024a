"""Ledgers that a coordinator set up with something else than plan and circuits say: everybody who looks sees it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.extras import need_training
from tests.support.federations import write_plan
from tests.support.ledgers import Laid, as_point, laid, other_first, pin_of, publish_first, put_code
from tests.support.parties import parties_of, training_home
from zkchain.chain.registry import ContractAt, read
from zkchain.chain.signer import dev_signer
from zkchain.chain.training import LedgerEvent, ledger_events
from zkchain.chain.transact import send
from zkchain.config import Config
from zkchain.errors import BoardUntrue
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.training.coordinator import Coordinator
from zkchain.pipeline.training.folder import Weights
from zkchain.pipeline.training.lineage_page import lineage_page
from zkchain.pipeline.training.setup import LEDGER, Standing
from zkchain.pipeline.training.setup_check import Placed, setup_amiss, told_setup
from zkchain.pipeline.training.told import check_setup, check_told
from zkchain.pipeline.training.trace import trace_model
from zkchain.pipeline.training.verify import _Proofs, verify_plan
from zkchain.solidity.artifacts import load_artifact
from zkchain.training.circuits import commit_vectors
from zkchain.training.lineage import Traced
from zkchain.values import Address, address, digest

need_training()

STOP = b"\0"


@dataclass(frozen=True)
class Honest:
    """A federation that was set up as its plan says, and has closed a round."""

    coordinator: Coordinator
    standing: Standing
    plan: Path
    config: Config

    @property
    def first(self) -> Weights:
        return self.standing.federation.weights(self.standing.opened.run, 0)

    @property
    def laid(self) -> Laid:
        return Laid(standing=self.standing, first=self.first)

    @property
    def setup(self) -> dict[str, Any]:
        return told_setup(self.standing.site, self.standing.opened.ledger)

    def amiss(self, ledger: Laid) -> list[str]:
        """The entries that are not as they should be."""
        opened, standing = ledger.opened, self.standing
        lines = setup_amiss(
            standing.site,
            Placed(address=opened.ledger, block=opened.block),
            standing.federation.plan,
            standing.circuits,
            ledger.first,
            home=self.config.home,
            prover=make_engine(self.config),
        )
        return [line.partition(":")[0] for line in lines]

    def traced(self, name: str, plan: Path | None) -> Traced:
        return trace_model(name, "local", config=self.config, prover=make_engine(self.config), plan=plan)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Honest]:
    """With disputes, so that a basis is part of the setup; without noise, which has no part in this."""
    folder = tmp_path_factory.mktemp("setup")
    with training_home(folder) as config:
        plan = write_plan(folder, aggregation="clear", private=False, extra="disputes = true\n")
        coordinator, clients = parties_of(plan, config)
        coordinator.run_round(lambda: [client.step() for client in clients] and None)
        standing = coordinator.standing
        yield Honest(coordinator, standing, plan, config)


def shifting(honest: Honest) -> Laid:
    """A blank that commits to 2000, so that a sum of n updates can be shifted by (n - 1) times as much."""
    (point,) = commit_vectors(honest.standing.circuits, [(2000,)], make_engine(honest.config))
    return laid(honest.standing, honest.config, "shifting", blank=as_point(point))


def lenient(honest: Honest) -> Laid:
    """A server's adapter that takes every call."""
    pin = pin_of(honest.standing, put_code(honest.standing, STOP))
    return laid(honest.standing, honest.config, "lenient", server=pin)


def begun_elsewhere(honest: Honest) -> Laid:
    """Another first model than the plan's seed gives, told and committed to in agreement."""
    values = (honest.first.values[0] + 7, *honest.first.values[1:])
    first, genesis = other_first(honest.standing, values, make_engine(honest.config))
    return laid(honest.standing, honest.config, "elsewhere", first, genesis=genesis)


FORGED: dict[str, tuple[Callable[[Honest], Laid], str]] = {
    "blank": (shifting, "blank"),
    "adapter": (lenient, "server.adapter"),
    "genesis": (begun_elsewhere, "genesis"),
}


@pytest.mark.parametrize("which", FORGED)
def test_a_forged_ledger_is_refused_by_a_member_fails_verifying_and_is_a_problem_of_the_audit(
    honest: Honest, which: str
) -> None:
    build, entry = FORGED[which]
    forged, config, federation = build(honest), honest.config, honest.standing.federation
    assert honest.amiss(forged) == [entry]

    prover = make_engine(config)
    opened = check_told(federation, forged.opened.to_json(), 0, config=config)  # as far as no circuit is needed
    with pytest.raises(BoardUntrue, match=entry) as caught:
        check_setup(federation, opened, forged.first.to_json(), config=config, prover=prover)
    assert caught.value.facts["entry"] == entry

    name = f"forged{which}"
    publish_first(forged, config, prover, name, owner=5 + list(FORGED).index(which))
    try:
        forged.tell()
        verified = verify_plan(honest.plan, config=config, prover=prover)
        traced = honest.traced(name, honest.plan)
    finally:
        honest.laid.tell()
    checked, circuits = verified.checks
    assert (circuits.what, circuits.holds) == ("circuits", which != "adapter"), "no other adapter is registered"
    assert (checked.what, checked.who, checked.holds, verified.good) == ("setup", forged.opened.ledger, False, False)
    assert checked.why.startswith(f"{entry}: ")
    assert traced.problems[0].startswith(f"the ledger's setup: {entry}: ")
    others = [line for line in traced.problems[1:] if line.startswith("the registry's circuits: training.server: ")]
    assert (list(traced.problems[1:]), len(others)) == (others, int(which == "adapter"))
    assert traced.setup == "wrong"
    page = lineage_page(traced)
    assert "Every line was checked" not in page
    assert "Not every line holds" in page

    blind = honest.traced(name, None)
    mute = [line for line in blind.problems if line.endswith("that the ledger pins tells no circuit")]
    assert (list(blind.problems), len(mute), blind.setup) == (mute, int(which == "adapter"), "none")
    assert "train audit MODEL --plan PLAN" in blind.unchecked[0]
    assert "Every line was checked" not in lineage_page(blind)


def test_the_honest_ledger_passes_everywhere_and_only_then_the_page_says_so(honest: Honest) -> None:
    config, prover, federation = honest.config, make_engine(honest.config), honest.standing.federation
    assert honest.amiss(honest.laid) == []
    opened = check_told(federation, honest.standing.opened.to_json(), 0, config=config)
    assert check_setup(federation, opened, honest.first.to_json(), config=config, prover=prover) == honest.first
    verified = verify_plan(honest.plan, config=config, prover=prover)
    assert verified.good
    assert [one.what for one in verified.checks] == ["setup", "circuits", *["step proof"] * 3, "server proof"]
    again = laid(honest.standing, config, "again")
    publish_first(again, config, prover, "againModel", owner=4)
    try:
        again.tell()
        traced = honest.traced("againModel", honest.plan)
        alone = verify_plan(honest.plan, config=config, prover=prover)
    finally:
        honest.laid.tell()
    assert (traced.problems, traced.setup, len(traced.unchecked)) == ((), "compared", 1)
    assert "verifies every proof again" in traced.unchecked[0]
    assert "Every line was checked" in lineage_page(traced)
    assert [(one.what, one.holds) for one in alone.checks] == [("setup", True), ("circuits", True)]
    assert not alone.good, "a setup alone is nothing that was proved"
    other = honest.traced("againModel", honest.plan)
    assert other.setup == "wrong"
    assert other.problems[0].startswith(f"the plan is of the ledger {honest.standing.opened.ledger}")


def test_first_weights_that_are_not_told_are_compared_with_nothing_and_verify_says_so(honest: Honest) -> None:
    ledger = honest.standing.opened
    path = honest.standing.federation._told(ledger.run, 0)
    kept = path.read_bytes()
    path.unlink()
    try:
        verified = verify_plan(honest.plan, config=honest.config, prover=make_engine(honest.config))
    finally:
        path.write_bytes(kept)
    assert not verified.good
    assert verified.checks[0].why == "genesis: the weights after round 0 are not on the board"


def registry_elsewhere(honest: Honest) -> dict[str, object]:
    return {"registry": put_code(honest.standing, STOP)}


#: What else a setup can have that it should not.
ENTRIES: dict[str, tuple[Callable[[Honest], dict[str, object]], list[str]]] = {
    "step": (lambda honest: {"client": honest.setup["server"]}, ["client.adapter", "client.adapter", "client.adapter"]),
    "weights": (
        lambda honest: {"weights": pin_of(honest.standing, put_code(honest.standing, STOP))},
        ["weights.adapter"],
    ),
    "basis": (lambda _: {"basisHash": b"\1" * 32}, ["basisHash"]),
    "no basis": (lambda _: {"basisHash": bytes(32)}, ["basisHash"]),
    "srs": (lambda _: {"devSrs": False}, ["devSrs"]),
    "registry": (registry_elsewhere, ["registry"]),
    "quorum": (lambda _: {"quorum": 1}, ["quorum"]),
    "windows": (lambda _: {"submitSeconds": 7}, ["submitSeconds"]),
    "weighted": (lambda _: {"weighted": True}, ["weighted"]),
}


@pytest.mark.parametrize("which", ENTRIES)
def test_every_entry_of_the_setup_is_compared(honest: Honest, which: str) -> None:
    changes, entries = ENTRIES[which]
    name = f"entry{list(ENTRIES).index(which)}"
    assert honest.amiss(laid(honest.standing, honest.config, name, enrolled=False, **changes(honest))) == entries


def test_an_adapter_that_is_ours_with_a_verifier_that_is_not_is_seen(honest: Honest) -> None:
    """Our code, the right circuit's digest, and behind it a contract that answers everything with yes."""
    adapter, chain = load_artifact("Halo2Adapter"), honest.standing.site.chain
    at, _ = honest.setup["server"]
    code = chain.code_at(address(at))
    assert adapter.differs_at(code) is None
    yes = put_code(honest.standing, bytes.fromhex("600160005260206000f3"))
    words = {
        bytes.fromhex(find_generated(honest, at)[2:]).rjust(32, b"\0"): bytes.fromhex(yes[2:]).rjust(32, b"\0"),
        key_digest_of(honest, at): bytes.fromhex(chain.code_hash(yes)[2:]),
    }
    forged = code
    for old, new in words.items():
        forged = forged.replace(old, new)
    assert adapter.differs_at(forged) is None
    ledger = laid(
        honest.standing,
        honest.config,
        "yes",
        enrolled=False,
        server=pin_of(honest.standing, put_code(honest.standing, forged)),
    )
    assert honest.amiss(ledger) == ["server.adapter", "server.adapter"]


def test_an_adapter_that_tells_one_value_and_works_with_another_is_seen(honest: Honest) -> None:
    """Code that no constructor has made: the getter's place of an immutable is right, the place that counts is not."""
    adapter, chain = load_artifact("Halo2Adapter"), honest.standing.site.chain
    at, _ = honest.setup["server"]
    code = bytearray(chain.code_at(address(at)))
    generated = bytes.fromhex(find_generated(honest, at)[2:]).rjust(32, b"\0")
    (places,) = [places for places in adapter.immutables if code[places[0] : places[0] + 32] == generated]
    assert len(places) > 1
    answers = []
    for place in places:  # whichever of them the getter reads
        forged = bytearray(code)
        forged[place : place + 32] = bytes(12) + b"\1" * 20
        pin = pin_of(honest.standing, put_code(honest.standing, bytes(forged)))
        answers.append(honest.amiss(laid(honest.standing, honest.config, f"split{place}", enrolled=False, server=pin)))
    assert all(set(one) == {"server.adapter"} for one in answers)


def test_a_ledger_that_no_constructor_has_made_is_seen(honest: Honest) -> None:
    """The same code and the same setup to tell, and storage that was never written: its model is not its genesis."""
    chain, opened = honest.standing.site.chain, honest.standing.opened
    found = put_code(honest.standing, chain.code_at(opened.ledger))
    assert load_artifact(LEDGER).differs_at(chain.code_at(found)) is None
    assert told_setup(honest.standing.site, found) == honest.setup
    block = chain.block_number()
    forged = replace(opened, ledger=found, block=block, block_hash=chain.block_hash(block))
    ledger = Laid(standing=replace(honest.standing, opened=forged), first=honest.first)
    assert honest.amiss(ledger) == ["creation"]
    with pytest.raises(BoardUntrue, match="creation"):
        check_told(honest.standing.federation, forged.to_json(), 0, config=honest.config)
    elsewhere = Laid(standing=replace(honest.standing, opened=replace(opened, block=block)), first=honest.first)
    assert honest.amiss(elsewhere) == ["creation"]


def test_what_is_no_ledger_is_asked_for_nothing_more(honest: Honest) -> None:
    stop = replace(honest.standing.opened, ledger=put_code(honest.standing, STOP))
    assert honest.amiss(Laid(standing=replace(honest.standing, opened=stop), first=honest.first)) == ["code"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda first: replace(first, values=first.values[:-1]), "numbers, allowed"),
        (lambda first: replace(first, values=(first.values[0] + 1, *first.values[1:])), "the plan's seed gives"),
        (lambda first: replace(first, values=(*first.values[:-1], first.values[-1] + 1)), "as told give"),
        (lambda first: replace(first, round=1), "weights after round 1 for the first ones"),
    ],
    ids=["short", "parameter", "salt", "round"],
)
def test_first_weights_that_are_not_the_ledgers_are_refused(
    honest: Honest, change: Callable[[Weights], Weights], says: str
) -> None:
    federation, opened, prover = honest.standing.federation, honest.standing.opened, make_engine(honest.config)
    with pytest.raises(BoardUntrue, match=says):
        check_setup(federation, opened, change(honest.first).to_json(), config=honest.config, prover=prover)


def test_a_board_that_tells_no_first_weights_is_refused(honest: Honest) -> None:
    federation, opened, prover = honest.standing.federation, honest.standing.opened, make_engine(honest.config)
    with pytest.raises(BoardUntrue, match="no first weights"):
        check_setup(federation, opened, {"round": 0}, config=honest.config, prover=prover)


def test_a_proof_counts_only_if_its_transaction_called_the_ledger(honest: Honest) -> None:
    """The same calldata in a call of another contract, which may be anything, is not what the ledger was given."""
    chain, ledger = honest.standing.site.chain, honest.standing.ledger
    events = ledger_events(chain, ledger, honest.standing.opened.block)
    stop = put_code(honest.standing, STOP)
    prover = make_engine(honest.config)
    for name, checked in (("UpdateProved", "step"), ("RoundClosed", "server")):
        event = next(one for one in events if one.name == name)
        sent = chain.sent(digest(event.tx_hash))
        assert sent is not None
        assert sent.to == ledger.address
        copied = send(chain, dev_signer(9), to=stop, data=sent.data)
        proofs = _Proofs(honest.standing, events, prover, lambda *_: None)
        assert getattr(proofs, checked)(event).holds
        elsewhere = getattr(proofs, checked)(replace(event, tx_hash=copied.tx_hash))
        assert (elsewhere.holds, "something else than the ledger" in elsewhere.why) == (False, True)


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("UpdateProved", {"updatePoints": bytes(64)}, "another update"),
        ("UpdateProved", {"batchIndex": 1}, "another batch"),
        ("RoundClosed", {"oldModel": bytes(32)}, "another old model"),
        ("RoundClosed", {"newModel": bytes(32)}, "another new model"),
    ],
)
def test_a_proof_of_other_vectors_than_the_event_speaks_of_does_not_hold(
    honest: Honest, name: str, change: dict[str, object], says: str
) -> None:
    chain, ledger = honest.standing.site.chain, honest.standing.ledger
    events = ledger_events(chain, ledger, honest.standing.opened.block)
    event = next(one for one in events if one.name == name)
    told = changed(event, **change)
    proofs = _Proofs(honest.standing, events, make_engine(honest.config), lambda *_: None)
    checked = proofs.step(told) if name == "UpdateProved" else proofs.server(told)
    assert (checked.holds, says in checked.why) == (False, True)


def test_a_sum_that_is_not_that_of_the_updates_does_not_hold(honest: Honest) -> None:
    """As where a blank that commits to something has let the ledger take a shifted one."""
    chain, ledger = honest.standing.site.chain, honest.standing.ledger
    events = ledger_events(chain, ledger, honest.standing.opened.block)
    closed = next(one for one in events if one.name == "RoundClosed")
    fewer = [one for one in events if one is not next(one for one in events if one.name == "UpdateProved")]
    proofs = _Proofs(honest.standing, fewer, make_engine(honest.config), lambda *_: None)
    assert "another sum" in proofs.server(closed).why


def changed(event: LedgerEvent, **fields: object) -> LedgerEvent:
    return replace(event, fields={**event.fields, **fields})


def find_generated(honest: Honest, adapter: str) -> Address:
    return address(_told(honest, adapter, "generated"))


def key_digest_of(honest: Honest, adapter: str) -> bytes:
    return bytes(_told(honest, adapter, "keyDigest"))


def _told(honest: Honest, adapter: str, name: str) -> Any:
    return read(honest.standing.site.chain, ContractAt(address(adapter), load_artifact("Halo2Adapter").abi), name, [])[
        0
    ]
