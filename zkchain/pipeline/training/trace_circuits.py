"""Whether a ledger's coordinator has registered the circuits of its federation, in the ledger's registry."""

from collections.abc import Iterator
from dataclasses import dataclass

from ...chain.circuit_book import CircuitEntry, circuit_of
from ...chain.registry import ContractAt, read
from ...config import Config
from ...errors import RpcError, TransactionReverted
from ...halo2 import Prover
from ...progress import Report
from ...solidity.artifacts import load_artifact
from ...solidity.exact import difference
from ...training.chaining import Role
from ...training.circuits import TrainingCircuits, statement_of
from ...training.lineage import EntryVerdict, TracedCircuit
from ...values import Address, Digest, address, digest
from ..admission import REGISTRY
from ..site import Site
from .circuit_entries import Pin, key_of, pin_from
from .folder import Federation
from .setup import LEDGER, circuits_of
from .setup_check import told_setup

#: Of each entry of a ledger's setup that pins an adapter, the circuit's role.
_PINNED: tuple[tuple[str, Role], ...] = (("client", "step"), ("server", "server"), ("weights", "weights"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What the registry should have of one circuit."""

    statement: str
    digest: Digest
    pin: Pin | None
    key: Digest | None  #: None where there is an adapter, which the registry has asked
    dev_srs: bool


def trace_circuits(
    site: Site,
    ledger: Address,
    federation: Federation | None,
    config: Config,
    prover: Prover | None,
    report: Report,
    problems: list[str],
) -> tuple[TracedCircuit, ...]:
    """The circuits of the ledger behind a traced model; what of their entries is not as it should be is a problem.

    With the plan they are the plan's, unless the plan is of another ledger. Raises as `compare_entries` does,
    and what building circuits raises.
    """
    circuits = None
    if federation is not None and prover is not None:
        opened = federation.opened() if federation.is_open else None
        if opened is None or opened.ledger == ledger:
            circuits = circuits_of(federation, config=config, prover=prover, report=report)
    found, amiss = compare_entries(site, ledger, circuits)
    problems += [f"the registry's circuits: {line}" for line in amiss]
    return found


def compare_entries(
    site: Site, ledger: Address, circuits: TrainingCircuits | None
) -> tuple[tuple[TracedCircuit, ...], tuple[str, ...]]:
    """The circuits of a ledger with what the registry has of them, and what of it is not as it should be, a line each.

    With the circuits that the plan gives, these have to be registered, with the adapters that the ledger pins, and the
    bridge without one. Without them nothing is known but what the pinned adapters tell: of a bridge, nothing.
    Raises ConnectionFailed and RpcError.
    """
    if load_artifact(LEDGER).differs_at(site.chain.code_at(ledger)) is not None:
        return (), (f"what stands at {ledger} is no training ledger",)
    setup, amiss = told_setup(site, ledger), list[str]()
    coordinator, registry = address(setup["coordinator"]), address(setup["registry"])
    pins = {role: pin_from(setup[entry]) for entry, role in _PINNED}
    wanted = list(_told(site, pins, setup["devSrs"], amiss) if circuits is None else _planned(pins, circuits))
    trouble = difference(site.chain.code_at(registry), load_artifact(REGISTRY), [])
    if trouble:
        amiss.append(f"what stands at {registry} is no model registry, so nothing that it says of circuits counts")
    book = None if trouble else ContractAt(registry, load_artifact(REGISTRY).abi)
    return tuple(_traced(site, book, coordinator, one, amiss) for one in wanted), tuple(amiss)


def _planned(pins: dict[Role, Pin], circuits: TrainingCircuits) -> Iterator[_Wanted]:
    dev, bridge = circuits.srs.provenance == "dev", circuits.bridge
    for circuit in (circuits.step, circuits.server, circuits.weights):
        statement, pin = statement_of(circuit.role), pins[circuit.role]
        yield _Wanted(statement=statement, digest=circuit.digest, pin=pin, key=None, dev_srs=dev)
    if bridge is not None:
        statement, key = statement_of("bridge"), key_of(bridge)
        yield _Wanted(statement=statement, digest=bridge.digest, pin=None, key=key, dev_srs=dev)


def _told(site: Site, pins: dict[Role, Pin], dev: bool, amiss: list[str]) -> Iterator[_Wanted]:
    abi = load_artifact("Halo2Adapter").abi
    for role, pin in pins.items():
        try:
            (found,) = read(site.chain, ContractAt(pin.adapter, abi), "circuit", [])
        except (TransactionReverted, RpcError):
            amiss.append(f"{statement_of(role)}: the adapter {pin.adapter} that the ledger pins tells no circuit")
            continue
        circuit = digest("0x" + bytes(found).hex())
        yield _Wanted(statement=statement_of(role), digest=circuit, pin=pin, key=None, dev_srs=dev)


def _traced(
    site: Site, book: ContractAt | None, coordinator: Address, wanted: _Wanted, amiss: list[str]
) -> TracedCircuit:
    verdict: EntryVerdict = "missing"
    if book is not None:
        try:
            found = circuit_of(site.chain, book, coordinator, wanted.digest)
        except RpcError:  # its name is no text
            verdict = "other"
            amiss.append(f"{wanted.statement}: the entry of circuit {wanted.digest} cannot be read")
        else:
            lines = _differences(found, wanted, coordinator, book.address)
            verdict = "missing" if found is None else "other" if lines else "registered"
            amiss += lines
    adapter = None if wanted.pin is None else wanted.pin.adapter
    return TracedCircuit(statement=wanted.statement, digest=wanted.digest, adapter=adapter, entry=verdict)


def _differences(found: CircuitEntry | None, wanted: _Wanted, coordinator: Address, registry: Address) -> list[str]:
    name, which = wanted.statement, f"the entry of circuit {wanted.digest}"
    if found is None:
        return [f"{name}: {coordinator} has not registered circuit {wanted.digest} in {registry}"]
    pin, lines = wanted.pin, []
    if found.statement != name:
        lines.append(f"{name}: {which} has the name {found.statement!a}")
    adapter = None if pin is None else pin.adapter
    if found.adapter != adapter:
        said = "is checked off the chain" if adapter is None else f"has the adapter {adapter} in the ledger"
        lines.append(f"{name}: {which} has {_adapter(found)}, the circuit {said}")
    elif pin is not None and found.adapter_code_hash != pin.code_hash:
        lines.append(f"{name}: {which} has another code hash of the adapter than the ledger")
    if wanted.key is not None and found.key_digest != wanted.key:
        lines.append(f"{name}: {which} has the key {found.key_digest}, the circuit's is {wanted.key}")
    if found.dev_srs != wanted.dev_srs:
        lines.append(f"{name}: {which} has devSrs {found.dev_srs}, allowed is {wanted.dev_srs}")
    return lines


def _adapter(found: CircuitEntry) -> str:
    return "no adapter" if found.adapter is None else f"the adapter {found.adapter}"
