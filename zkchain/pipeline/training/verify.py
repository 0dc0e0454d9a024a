"""Use case: check again, off the chain, what a federation's parties proved and opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ...chain.abi import decode_call
from ...chain.registry import ContractAt
from ...chain.training import LedgerEvent, ledger_events
from ...config import Config
from ...errors import BridgeBroken
from ...halo2 import Prover
from ...progress import Report, silent
from ...record import Record
from ...training.circuits import TrainingCircuit
from ...values import Address, address, digest
from ..site import Site
from .bridging import BridgeGuard
from .folder import load_federation
from .noise_check import NoiseCheck
from .setup import find_federation

What = Literal["data bridge", "step proof", "server proof", "opened noise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked(Record):
    """One thing that was checked."""

    round: int  #: 0 for what was before all rounds
    what: What
    who: Address
    holds: bool
    why: str = ""  #: a bridge does not hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified(Record):
    """Everything that was checked. Good when all of it holds and there is any."""

    checks: tuple[Checked, ...]
    good: bool


def verify_plan(plan_path: Path, *, config: Config, prover: Prover, report: Report = silent) -> Verified:
    """Verify every accepted proof with the circuits that the plan gives, and recompute every opened noise.

    Data that the plan says were registered by hashes have to be those that are trained on.

    A proof that cannot be read back from its transaction does not hold. Raises TrainingError, ChainError, EngineError.
    """
    federation = load_federation(plan_path)
    standing = find_federation(federation, config=config, prover=prover, report=report)
    circuits, site, ledger = standing.circuits, standing.site, standing.ledger
    events = ledger_events(site.chain, ledger, standing.opened.block)
    noise = NoiseCheck(federation, config, prover, report) if federation.plan.privacy is not None else None
    bridges = BridgeGuard(standing, prover=prover, report=report)
    checks = [_bridge(bridges, address(event.fields["client"])) for event in events if _bridged(event, bridges)]
    for event in events:
        if event.name == "UpdateProved":
            number, who = event.fields["round"], address(event.fields["client"])
            report(f"round {number}: verifying {who}")
            proof = _proof(site, ledger, event, "submit")
            checks.append(_checked(number, "step proof", who, circuits.step, proof, prover, report))
            if noise is not None:
                mine = [item for item in events if item.fields.get("round") == number]
                holds = noise.verdict(event, mine) == "recomputed"
                checks.append(Checked(round=number, what="opened noise", who=who, holds=holds))
        if event.name == "RoundClosed":
            number = event.fields["round"]
            proof = _proof(site, ledger, event, "close")
            checks.append(_checked(number, "server proof", ledger.address, circuits.server, proof, prover, report))
    return Verified(checks=tuple(checks), good=bool(checks) and all(item.holds for item in checks))


def _bridged(event: LedgerEvent, bridges: BridgeGuard) -> bool:
    return event.name == "DataRegistered" and address(event.fields["client"]) in bridges.members


def _bridge(bridges: BridgeGuard, who: Address) -> Checked:
    try:
        bridges.registration(who)
    except BridgeBroken as error:
        return Checked(round=0, what="data bridge", who=who, holds=False, why=error.message)
    return Checked(round=0, what="data bridge", who=who, holds=True)


def _checked(
    number: int,
    what: What,
    who: Address,
    circuit: TrainingCircuit,
    proof: bytes | None,
    prover: Prover,
    report: Report,
) -> Checked:
    holds = proof is not None and prover.verify(circuit.files, (), proof, report)
    return Checked(round=number, what=what, who=who, holds=holds)


def _proof(site: Site, ledger: ContractAt, event: LedgerEvent, function: str) -> bytes | None:
    """The proof that the event's transaction gave to the ledger; None when it was not called so."""
    data = site.chain.calldata_of(digest(event.tx_hash))
    try:
        arguments: Sequence[object] = decode_call(ledger.abi, function, data or b"")
    except ValueError:
        return None
    given = arguments[1]
    found = given[0] if isinstance(given, tuple) else given
    return found if isinstance(found, bytes) else None
