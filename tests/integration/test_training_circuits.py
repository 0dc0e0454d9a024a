"""A federation's circuits in the registry: registered once, by its coordinator, and missed by who looks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.support.extras import need_training
from tests.support.federations import write_plan
from tests.support.ledgers import laid, pin_of, publish_first, put_code
from tests.support.parties import training_home
from zkchain.chain.circuit_book import CircuitEntry, circuit_of, entry_without_adapter, register_circuits
from zkchain.chain.deployments import list_deployments
from zkchain.chain.registry import ContractAt
from zkchain.chain.signer import Signer, dev_signer
from zkchain.chain.training import ledger_events
from zkchain.chain.transact import send
from zkchain.config import Config
from zkchain.errors import DeploymentDrift, DeploymentTaken, TransactionReverted
from zkchain.pipeline.admission import REGISTRY
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.training.circuit_entries import key_of
from zkchain.pipeline.training.folder import load_federation
from zkchain.pipeline.training.setup import Standing, open_federation
from zkchain.pipeline.training.setup_check import told_setup
from zkchain.pipeline.training.trace import trace_model
from zkchain.pipeline.training.trace_circuits import compare_entries
from zkchain.pipeline.training.verify import Checked, verify_plan
from zkchain.solidity.artifacts import load_artifact
from zkchain.training.circuits import TrainingCircuit
from zkchain.training.lineage import Traced
from zkchain.values import ZERO_DIGEST, Address, Digest, address, digest, keccak_of

need_training()

STOP = b"\0"
NAMES = ("training.step", "training.server", "training.weights", "training.bridge")


class Killed(BaseException):
    """As a process that is killed: nothing catches it."""


def bridged_plan(folder: Path, *, name: str = "tests", coordinator: str = "") -> Path:
    """A plan with one owner whose data are registered by hashes, so that its circuits are four."""
    plan = write_plan(folder, name=name, aggregation="clear", private=False)
    text = plan.read_text(encoding="utf-8")
    text = text.replace("data = 'owner0.csv'", "data = 'registered:early'\ncommitment = 'poseidon'")
    plan.write_text((f"coordinator = '{coordinator}'\n" if coordinator else "") + text, encoding="utf-8")
    return plan


@dataclass(frozen=True)
class Registered:
    """A federation that was set up, after several processes that were to do it had been killed."""

    standing: Standing
    plan: Path
    config: Config
    stages: tuple[str, ...]

    @property
    def registry(self) -> ContractAt:
        setup = told_setup(self.standing.site, self.standing.opened.ledger)
        return ContractAt(address(setup["registry"]), load_artifact(REGISTRY).abi)

    @property
    def circuits(self) -> list[TrainingCircuit]:
        built = self.standing.circuits
        assert built.bridge is not None
        return [built.step, built.server, built.weights, built.bridge]

    def entry(self, which: int, owner: Address | None = None) -> CircuitEntry:
        """What an owner, the coordinator unless told, has registered of a circuit."""
        by = owner or address(told_setup(self.standing.site, self.standing.opened.ledger)["coordinator"])
        found = circuit_of(self.standing.site.chain, self.registry, by, self.circuits[which].digest)
        assert found is not None
        return found

    def said(self) -> list[str]:
        """Each entry that the registry has told of, by its transaction."""
        first = 0
        events = ledger_events(self.standing.site.chain, self.registry, first)
        return [event.tx_hash for event in events if event.name == "CircuitRegistered"]

    def register(self, signer: Signer, *entries: CircuitEntry) -> None:
        register_circuits(self.standing.site.chain, signer, self.registry, entries)

    def verified(self) -> Checked:
        """What verifying the plan says of the circuits."""
        verified = verify_plan(self.plan, config=self.config, prover=make_engine(self.config))
        (found,) = (one for one in verified.checks if one.what == "circuits")
        return found

    def traced(self, name: str, plan: Path | None) -> Traced:
        return trace_model(name, "local", config=self.config, prover=make_engine(self.config), plan=plan)


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registered]:
    """Killed before the circuits were sent, while it waited for the receipt, and before the ledger was deployed."""
    folder = tmp_path_factory.mktemp("circuits")
    stages: list[str] = []

    def until(stage: str) -> Callable[..., None]:
        mine: list[str] = []

        def report(said: str, _: float | None = None) -> None:
            mine.append(said)
            stages.append(said)
            if said == stage and "registering the circuits" in [*mine, *(stages if "Ledger" in said else ())]:
                raise Killed

        return report

    with training_home(folder) as config:
        plan, prover = bridged_plan(folder), make_engine(config)
        for stage in ("registering the circuits", "waiting for receipt", "deploying testsLedger"):
            with pytest.raises(Killed):
                open_federation(load_federation(plan), config=config, prover=prover, report=until(stage))
        standing = open_federation(load_federation(plan), config=config, prover=prover)
        yield Registered(standing, plan, config, tuple(stages))


def test_a_setup_that_was_killed_has_registered_every_circuit_once_and_in_one_transaction(
    registered: Registered,
) -> None:
    assert registered.stages.count("registering the circuits") == 2, "the third had nothing to register"
    assert [len(registered.said()), len(set(registered.said()))] == [4, 1]
    again = open_federation(
        load_federation(registered.plan), config=registered.config, prover=make_engine(registered.config)
    )
    assert again.opened == registered.standing.opened
    assert len(registered.said()) == 4


def test_the_entries_say_what_the_ledger_pins_and_that_the_bridge_has_no_adapter(registered: Registered) -> None:
    setup = told_setup(registered.standing.site, registered.standing.opened.ledger)
    for which, entry in enumerate(("client", "server", "weights")):
        found = registered.entry(which)
        assert (found.statement, found.dev_srs) == (NAMES[which], True)
        assert (found.adapter, bytes.fromhex(found.adapter_code_hash[2:])) == (
            address(setup[entry][0]),
            setup[entry][1],
        )
    bridge = registered.circuits[3]
    wanted = entry_without_adapter(bridge.digest, "training.bridge", key_of(bridge), dev_srs=True)
    assert registered.entry(3) == wanted
    assert (wanted.adapter, wanted.adapter_code_hash) == (None, ZERO_DIGEST)


def test_who_verifies_finds_them_and_a_setup_with_its_circuits_is_nothing_that_was_proved(
    registered: Registered,
) -> None:
    checked = registered.verified()
    assert (checked.holds, checked.why, checked.who) == (True, "", registered.standing.opened.ledger)
    verified = verify_plan(registered.plan, config=registered.config, prover=make_engine(registered.config))
    assert ([one.what for one in verified.checks], verified.good) == (["setup", "circuits"], False)
    assert all(one.holds for one in verified.checks)


def test_a_second_federation_with_the_same_circuits_pins_the_adapters_that_are_registered(
    registered: Registered, tmp_path: Path
) -> None:
    before = len(registered.said())
    plan = bridged_plan(tmp_path, name="second")
    prover = make_engine(registered.config)
    standing = open_federation(load_federation(plan), config=registered.config, prover=prover)
    site = standing.site
    ours, theirs = (told_setup(site, one.opened.ledger) for one in (standing, registered.standing))
    assert [ours[name] for name in ("client", "server", "weights")] == [
        theirs[name] for name in ("client", "server", "weights")
    ]
    assert standing.opened.ledger != registered.standing.opened.ledger
    assert len(registered.said()) == before
    names = {record.deployment.name for record in list_deployments(site.root, site.network)}
    assert {name for name in names if name.startswith("second")} == {"secondLedger"}
    verified = verify_plan(plan, config=registered.config, prover=prover)
    assert [(one.what, one.holds) for one in verified.checks] == [("setup", True), ("circuits", True)]


def look_alike(registered: Registered, which: int) -> CircuitEntry:
    """An adapter of our code and for the right circuit and key, behind which nothing says yes or no."""
    adapter, chain = load_artifact("Halo2Adapter"), registered.standing.site.chain
    honest = registered.entry(which)
    assert honest.adapter is not None
    code = bytearray(chain.code_at(honest.adapter))
    assert adapter.differs_at(bytes(code)) is None
    told = {bytes.fromhex(word[2:]) for word in (honest.circuit_digest, honest.key_digest)}
    for places in adapter.immutables:
        if bytes(code[places[0] : places[0] + 32]) not in told:  # the verifier's address
            for place in places:
                code[place : place + 32] = bytes(12) + b"\1" * 20
    found = put_code(registered.standing, bytes(code))
    return replace(honest, adapter=found, adapter_code_hash=chain.code_hash(found))


def without_adapter(registered: Registered, which: int) -> CircuitEntry:
    return replace(registered.entry(which), adapter=None, adapter_code_hash=ZERO_DIGEST)


def other_name(registered: Registered, which: int) -> CircuitEntry:
    return replace(registered.entry(which), statement="training.everything")


def other_key(registered: Registered, which: int) -> CircuitEntry:
    return replace(registered.entry(which), key_digest=keccak_of(b"another key"))


def other_srs(registered: Registered, which: int) -> CircuitEntry:
    return replace(registered.entry(which), dev_srs=False)


#: What an account can have said of a circuit before it coordinates, what it is then told, and what others are.
TAKEN: dict[str, tuple[int, Callable[[Registered, int], CircuitEntry], str, str]] = {
    "name": (0, other_name, "another name, key or reference string", "has the name 'training.everything'"),
    "no adapter": (1, without_adapter, "has no adapter", "has no adapter, the circuit has the adapter"),
    "look-alike": (2, look_alike, "an adapter that is not of this circuit", "the circuit has the adapter"),
    "srs": (0, other_srs, "another name, key or reference string", "has devSrs False, allowed is True"),
    "bridge": (3, other_key, "says something else of it", "has the key"),
}


@pytest.mark.parametrize("which", TAKEN)
def test_a_circuit_that_was_registered_as_something_else_stops_its_coordinator_and_is_told_to_who_looks(
    registered: Registered, tmp_path: Path, which: str
) -> None:
    circuit, entry, refused, told = TAKEN[which]
    account = 4 + list(TAKEN).index(which)
    signer, prover = dev_signer(account), make_engine(registered.config)
    registered.register(signer, entry(registered, circuit))
    plan = load_federation(bridged_plan(tmp_path, name=f"taken{account}", coordinator=f"dev:{account}"))
    with pytest.raises(DeploymentTaken, match=refused) as caught:
        open_federation(plan, config=registered.config, prover=prover)
    assert caught.value.facts["circuit"] == registered.circuits[circuit].digest
    assert not plan.is_open

    rest = [registered.entry(other) for other in range(4) if other != circuit]
    registered.register(signer, *rest)
    ledger = laid(
        registered.standing, registered.config, f"taken{account}", enrolled=False, coordinator=signer.address
    ).opened.ledger
    found, (problem,) = compare_entries(registered.standing.site, ledger, registered.standing.circuits)
    assert problem.startswith(f"{NAMES[circuit]}: the entry of circuit {registered.circuits[circuit].digest} ")
    assert told in problem
    assert [one.entry for one in found] == ["other" if place == circuit else "registered" for place in range(4)]
    alone, problems = compare_entries(registered.standing.site, ledger, None)
    assert [one.statement for one in alone] == list(NAMES[:3]), "nobody knows of a bridge without the plan"
    assert problems == (() if circuit == 3 else (problem,))


def test_circuits_that_nobody_registered_are_missed_by_who_verifies_and_who_audits(registered: Registered) -> None:
    """The same ledger but for its coordinator, who has said nothing; that others have does not count."""
    config, standing = registered.config, registered.standing
    stranger = dev_signer(9).address
    setup = told_setup(standing.site, standing.opened.ledger)
    honest = laid(standing, config, "traced", enrolled=False)
    publish_first(honest, config, make_engine(config), "tracedModel", owner=3)
    good = registered.traced("tracedModel", None)
    assert [(one.statement, one.entry) for one in good.circuits] == [(name, "registered") for name in NAMES[:3]]
    assert [one.adapter for one in good.circuits] == [address(setup[at][0]) for at in ("client", "server", "weights")]
    assert not [line for line in good.problems if "circuits" in line]

    first = standing.federation.weights(standing.opened.run, 0)
    silent = laid(standing, config, "silent", enrolled=False, coordinator=stranger)
    try:
        silent.tell()
        checked = registered.verified()
    finally:
        replace(silent, standing=standing, first=first).tell()
    lines = [
        f"{name}: {stranger} has not registered circuit {circuit.digest} in {registered.registry.address}"
        for name, circuit in zip(NAMES, registered.circuits, strict=True)
    ]
    assert (checked.holds, checked.why) == (False, "; ".join(lines))
    found, amiss = compare_entries(standing.site, silent.opened.ledger, None)
    assert ({one.entry for one in found}, list(amiss)) == ({"missing"}, lines[:3])


def test_an_audit_with_the_plan_lists_the_bridge_that_nobody_checks_on_chain(registered: Registered) -> None:
    config, standing = registered.config, registered.standing
    first = standing.federation.weights(standing.opened.run, 0)
    ledger = laid(standing, config, "whole")
    publish_first(ledger, config, make_engine(config), "wholeModel", owner=2)
    try:
        ledger.tell()
        traced = registered.traced("wholeModel", registered.plan)
    finally:
        replace(ledger, standing=standing, first=first).tell()
    assert [(one.statement, one.digest, one.entry) for one in traced.circuits] == [
        (name, circuit.digest, "registered") for name, circuit in zip(NAMES, registered.circuits, strict=True)
    ]
    assert [one.checked_by for one in traced.circuits][3] == "checked off the chain"
    assert traced.problems == ()


def test_adapters_registries_and_ledgers_that_are_none_tell_nothing_that_counts(registered: Registered) -> None:
    standing = registered.standing
    site, stop = standing.site, put_code(standing, STOP)
    lenient = laid(standing, registered.config, "mute", enrolled=False, server=pin_of(standing, stop)).opened.ledger
    found, amiss = compare_entries(site, lenient, None)
    assert [one.statement for one in found] == ["training.step", "training.weights"]
    assert amiss == (f"training.server: the adapter {stop} that the ledger pins tells no circuit",)
    planned, (problem,) = compare_entries(site, lenient, standing.circuits)
    assert [one.entry for one in planned] == ["registered", "other", "registered", "registered"]
    assert f"the circuit has the adapter {stop} in the ledger" in problem

    elsewhere = laid(standing, registered.config, "nowhere", enrolled=False, registry=stop).opened.ledger
    found, amiss = compare_entries(site, elsewhere, standing.circuits)
    assert {one.entry for one in found} == {"missing"}
    assert amiss == (f"what stands at {stop} is no model registry, so nothing that it says of circuits counts",)
    assert compare_entries(site, stop, None) == ((), (f"what stands at {stop} is no training ledger",))


def test_a_name_that_is_no_text_is_a_problem_and_stops_nobody(registered: Registered) -> None:
    """Anybody who coordinates can put any bytes there."""
    chain, registry, signer = registered.standing.site.chain, registered.registry, dev_signer(2)
    name = b"a-name-to-be-spoilt"
    entry = replace(registered.entry(0), statement=name.decode())
    recorded: list[bytes] = []

    class Stop(Exception):
        pass

    def catch(*_: object, data: bytes, **__: object) -> None:
        recorded.append(data)
        raise Stop

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("zkchain.chain.circuit_book.send", catch)
        with pytest.raises(Stop):
            registered.register(signer, entry)
    spoilt = recorded[0].replace(name, b"\xff" * len(name))
    send(chain, signer, to=registry.address, data=spoilt, abis=[registry.abi])
    ledger = laid(
        registered.standing, registered.config, "spoilt", enrolled=False, coordinator=signer.address
    ).opened.ledger
    found, amiss = compare_entries(registered.standing.site, ledger, None)
    assert [one.entry for one in found] == ["other", "missing", "missing"]
    assert amiss[0] == f"training.step: the entry of circuit {registered.circuits[0].digest} cannot be read"


def test_the_book_takes_a_circuit_once_and_what_it_keeps_is_compared(
    registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer, circuit = dev_signer(1), digest("0x" + "77" * 32)
    entry = entry_without_adapter(circuit, "something", keccak_of(b"key"), dev_srs=False)
    chain, registry = registered.standing.site.chain, registered.registry
    assert circuit_of(chain, registry, signer.address, circuit) is None
    registered.register(signer, entry)
    assert circuit_of(chain, registry, signer.address, circuit) == entry
    assert circuit_of(chain, registry, dev_signer(0).address, circuit) is None
    with pytest.raises(TransactionReverted, match="CircuitAlreadyRegistered"):
        registered.register(signer, replace(entry, statement="something else"))
    other = replace(entry, circuit_digest=digest("0x" + "78" * 32))
    monkeypatch.setattr("zkchain.chain.circuit_book.circuit_of", lambda *_: replace(other, statement="drifted"))
    with pytest.raises(DeploymentDrift, match="does not hold circuit"):
        registered.register(signer, other)


def test_an_account_without_code_is_no_book(registered: Registered) -> None:
    """Neither an answer nor the error of a missing entry: whoever asks has to be told."""
    nobody = ContractAt(put_code(registered.standing, STOP), registered.registry.abi)
    owner, circuit = dev_signer(0).address, Digest(ZERO_DIGEST)
    with pytest.raises(Exception, match="does not answer circuitOf"):
        circuit_of(registered.standing.site.chain, nobody, owner, circuit)
