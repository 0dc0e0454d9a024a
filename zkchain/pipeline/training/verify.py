"""Use case: check again, off the chain, what a federation's parties set up, proved and opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ...chain.abi import decode_call
from ...chain.training import LedgerEvent, ledger_events
from ...config import Config
from ...errors import BridgeBroken, RoundFailed
from ...halo2 import Prover
from ...progress import Report, silent
from ...record import Record
from ...training.attribution import blank_of
from ...training.circuits import TrainingCircuit
from ...values import Address, address, digest
from .bridging import BridgeGuard
from .folder import load_federation
from .noise_check import NoiseCheck
from .proof_points import server_points_amiss, step_points_amiss
from .setup import Standing, find_federation
from .setup_check import Placed, setup_amiss
from .trace_circuits import compare_entries

What = Literal["setup", "circuits", "data bridge", "step proof", "server proof", "opened noise"]
#: What can be checked before anything was proved.
BEFOREHAND: tuple[What, ...] = ("setup", "circuits")
_ELSEWHERE = "its transaction called something else than the ledger, so the proof cannot be read back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked(Record):
    """One thing that was checked."""

    round: int  #: 0 for what was before all rounds
    what: What
    who: Address
    holds: bool
    why: str = ""  #: it does not hold, where there is more to say


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified(Record):
    """Everything that was checked. Good when all of it holds, and there is any besides the setup and its circuits."""

    checks: tuple[Checked, ...]
    good: bool


def verify_plan(plan_path: Path, *, config: Config, prover: Prover, report: Report = silent) -> Verified:
    """Verify every accepted proof with the circuits that the plan gives, and recompute every opened noise.

    Not of rounds that were aborted: what was proved in them went into no model, and may be why they were.

    The ledger has to be set up with what plan and circuits say; its coordinator has to have registered the circuits in
    its registry; data that the plan says were registered by hashes have to be those that are trained on; and a proof
    has to commit to what the ledger's events say.

    A proof that cannot be read back from its transaction does not hold. Raises TrainingError, ChainError, EngineError,
    CompilerNotFound where a verifier has to be compiled without a compiler.
    """
    federation = load_federation(plan_path)
    standing = find_federation(federation, config=config, prover=prover, report=report)
    site, ledger = standing.site, standing.ledger
    events = ledger_events(site.chain, ledger, standing.opened.block)
    noise = NoiseCheck(federation, config, prover, report) if federation.plan.privacy is not None else None
    bridges = BridgeGuard(standing, prover=prover, report=report)
    proofs = _Proofs(standing, events, prover, report)
    checks = [_setup(standing, config, prover, report), _circuits(standing)]
    checks += [_bridge(bridges, address(event.fields["client"])) for event in events if _bridged(event, bridges)]
    aborted = {event.fields["round"] for event in events if event.name == "RoundAborted"}
    for event in events:
        if event.name == "UpdateProved" and event.fields["round"] not in aborted:
            number, who = event.fields["round"], address(event.fields["client"])
            report(f"round {number}: verifying {who}")
            checks.append(proofs.step(event))
            if noise is not None:
                mine = [item for item in events if item.fields.get("round") == number]
                holds = noise.verdict(event, mine) == "recomputed"
                checks.append(Checked(round=number, what="opened noise", who=who, holds=holds))
        if event.name == "RoundClosed":
            checks.append(proofs.server(event))
    good = all(item.holds for item in checks) and any(item.what not in BEFOREHAND for item in checks)
    return Verified(checks=tuple(checks), good=good)


def _setup(standing: Standing, config: Config, prover: Prover, report: Report) -> Checked:
    """Whether the ledger is what the plan says; the first weights have to be here, or nobody can say."""
    opened, plan = standing.opened, standing.federation.plan
    placed = Placed(address=opened.ledger, block=opened.block)
    amiss: list[str] = []
    try:
        first = standing.federation.weights(opened.run, 0)
    except RoundFailed as error:
        first = None
        amiss.append(f"genesis: {error.message}")
    amiss += setup_amiss(
        standing.site, placed, plan, standing.circuits, first, home=config.home, prover=prover, report=report
    )
    return Checked(round=0, what="setup", who=opened.ledger, holds=not amiss, why="; ".join(amiss))


def _circuits(standing: Standing) -> Checked:
    """Whether the ledger's coordinator has registered the plan's circuits in the ledger's registry."""
    _, amiss = compare_entries(standing.site, standing.opened.ledger, standing.circuits)
    return Checked(round=0, what="circuits", who=standing.opened.ledger, holds=not amiss, why="; ".join(amiss))


def _bridged(event: LedgerEvent, bridges: BridgeGuard) -> bool:
    return event.name == "DataRegistered" and address(event.fields["client"]) in bridges.members


def _bridge(bridges: BridgeGuard, who: Address) -> Checked:
    try:
        bridges.registration(who)
    except BridgeBroken as error:
        return Checked(round=0, what="data bridge", who=who, holds=False, why=error.message)
    return Checked(round=0, what="data bridge", who=who, holds=True)


class _Proofs:
    """Verifies the proofs that a ledger has accepted, each against what its event says."""

    def __init__(self, standing: Standing, events: Sequence[LedgerEvent], prover: Prover, report: Report) -> None:
        self._circuits, self._site, self._ledger = standing.circuits, standing.site, standing.ledger
        self._private = standing.federation.plan.privacy is not None
        self._events, self._prover, self._report = events, prover, report
        self._blank = blank_of(standing.circuits, prover, report)

    def step(self, event: LedgerEvent) -> Checked:
        """A client's proof of its step."""
        number, who = event.fields["round"], address(event.fields["client"])
        arguments = self._call(event, "submit")
        if arguments is None:
            return Checked(round=number, what="step proof", who=who, holds=False, why=_ELSEWHERE)
        proof, path, *_ = arguments[1]
        why = step_points_amiss(proof, path, event, self._events, private=self._private)
        return self._checked(number, "step proof", who, self._circuits.step, proof, why)

    def server(self, event: LedgerEvent) -> Checked:
        """The coordinator's proof of a round's new model."""
        number, who = event.fields["round"], self._ledger.address
        arguments = self._call(event, "close")
        if arguments is None:
            return Checked(round=number, what="server proof", who=who, holds=False, why=_ELSEWHERE)
        why = server_points_amiss(arguments[1], event, self._events, self._blank)
        return self._checked(number, "server proof", who, self._circuits.server, arguments[1], why)

    def _checked(
        self, number: int, what: What, who: Address, circuit: TrainingCircuit, proof: bytes, why: str
    ) -> Checked:
        holds = not why and self._prover.verify(circuit.files, (), proof, self._report)
        return Checked(round=number, what=what, who=who, holds=holds, why=why)

    def _call(self, event: LedgerEvent, function: str) -> tuple[Any, ...] | None:
        """What the event's transaction called the ledger with; None when it called something else.

        A client that is a contract is called by its owner and calls the ledger itself: what it gives is in no
        transaction, and calldata to another contract may hold anything.
        """
        sent = self._site.chain.sent(digest(event.tx_hash))
        if sent is None or sent.to != self._ledger.address:
            return None
        try:
            arguments = decode_call(self._ledger.abi, function, sent.data)
        except ValueError:
            return None
        return arguments if arguments[0] == event.fields["round"] else None
