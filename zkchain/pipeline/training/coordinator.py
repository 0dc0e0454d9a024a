"""Use case: coordinate a federation's rounds: open, sum what the clients proved, prove the next model, close."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from ...chain.registry import ContractAt
from ...chain.training import (
    LedgerEvent,
    act,
    client_of,
    current_round,
    deadline_passed,
    ledger_events,
    model_round,
    round_of,
)
from ...config import Config
from ...errors import ChainingBroken, RoundFailed
from ...halo2 import Prover
from ...progress import Report, silent
from ...record import Record
from ...scratch import scratch_folder
from ...training.aggregate import aggregator
from ...training.circuits import TrainingCircuits, commit_vectors, prove_vectors
from ...training.grid import EXACT_BITS, from_grid
from ...values import Digest, address, keccak_of
from ..site import Site
from .folder import Federation, Opened, Weights
from .setup import open_federation, signer_of

_PAUSE = 0.2
#: Called while others are waited for; raises when that is in vain.
Alive = Callable[[], None]


def _nothing() -> None:
    """Nobody else is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundClosed(Record):
    """One round that changed the model."""

    round: int
    updates: int
    model: Digest
    epsilon: int  #: in billionths
    seconds: float  #: from opening to closing
    sum_seconds: float
    prove_seconds: float
    gas: int  #: of the coordinator's transactions


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What the last transaction of a round did."""

    updates: int
    model: Digest
    epsilon: int  #: in billionths
    prove_seconds: float
    gas: int


class Coordinator:
    """The party that orders the rounds. It sees sums, not updates, unless the plan sums in the clear."""

    def __init__(self, federation: Federation, *, config: Config, prover: Prover, report: Report = silent) -> None:
        self._federation, self._config, self._prover, self._report = federation, config, prover, report
        self._plan = federation.plan
        opened, circuits, site, ledger = open_federation(federation, config=config, prover=prover, report=report)
        self._opened: Opened = opened
        self._circuits: TrainingCircuits = circuits
        self._site: Site = site
        self._ledger: ContractAt = ledger
        self._signer = signer_of(self._plan, -1, config)

    @property
    def opened(self) -> Opened:
        """What was set up."""
        return self._opened

    @property
    def federation(self) -> Federation:
        """Whose rounds these are."""
        return self._federation

    @property
    def site(self) -> Site:
        """Where the ledger is."""
        return self._site

    @property
    def ledger(self) -> ContractAt:
        """The ledger."""
        return self._ledger

    @property
    def circuits(self) -> TrainingCircuits:
        """The federation's circuits."""
        return self._circuits

    @property
    def done(self) -> int:
        """Rounds that changed the model."""
        return model_round(self._site.chain, self._ledger)

    def epsilon(self) -> int:
        """Most that any owner has spent, in billionths."""
        chain = self._site.chain
        return max(client_of(chain, self._ledger, member).epsilon for member in self._opened.members)

    def run_round(self, alive: Alive = _nothing) -> RoundClosed:
        """One round from opening to closing; an open one is taken up. `alive` is called while waiting and may raise.

        Raises RoundFailed, TransactionReverted with the ledger's reason, AggregationError and EngineError.
        """
        chain, started = self._site.chain, time.monotonic()
        number, gas = current_round(chain, self._ledger), 0
        if number == 0 or round_of(chain, self._ledger, number).phase in ("closed", "aborted"):
            self._wait_for_data(alive)
            number, gas = number + 1, self.open_round()
        self._report(f"round {number} of {self._plan.rounds}: waiting for proofs", self.done / self._plan.rounds)
        gas += self._wait_for_updates(number, alive)
        began = time.monotonic()
        total = self.total(number)
        summed = time.monotonic()
        closed = self.close(number, total)
        return RoundClosed(
            round=number,
            updates=closed.updates,
            model=closed.model,
            epsilon=closed.epsilon,
            seconds=time.monotonic() - started,
            sum_seconds=summed - began,
            prove_seconds=closed.prove_seconds,
            gas=gas + closed.gas,
        )

    def open_round(self) -> int:
        """Open the next round; gas. Raises TransactionReverted."""
        return self._act("openRound", [])

    def total(self, number: int) -> tuple[int, ...]:
        """The sum of a round's updates, as the plan has it computed. Raises AggregationError, ChainingBroken."""
        names = {member: owner.name for member, owner in zip(self._opened.members, self._plan.owners, strict=True)}
        files = [
            self._federation.update(names[address(event.fields["client"])], self._ledger.address, number)
            for event in self._updates(number)
        ]
        self._report(f"round {number}: summing {len(files)} updates ({self._plan.aggregation})")
        with scratch_folder(self._config.home / "training" / "sums") as scratch:
            found = aggregator(self._plan.aggregation, scratch=scratch).total(
                files, length=self._circuits.layout.update_length, bound=2**EXACT_BITS, report=self._report
            )
        if max(map(abs, found)) >= 2**EXACT_BITS:
            raise ChainingBroken(f"the sum of the updates does not fit {EXACT_BITS} bits", most=2**EXACT_BITS)
        return found

    def close(self, number: int, total: tuple[int, ...]) -> Closing:
        """Prove the model that follows from a sum, and close the round with it. Raises TransactionReverted."""
        scale, updates = self._circuits.layout.scale, self._updates(number)
        before = self._federation.weights(self._ledger.address, self.done)
        self._report(f"round {number}: proving the new model")
        started = time.monotonic()
        inputs = [from_grid(vector, scale) for vector in (before.values, total)]
        proof, _, after = prove_vectors(self._circuits.server, inputs, self._prover, self._report)
        proved = time.monotonic()
        (point,) = commit_vectors(self._circuits, [after], self._prover, self._report)
        told = Weights(round=number, model=keccak_of(point), values=after)
        self._federation.save_weights(self._ledger.address, told)
        points = b"".join(event.fields["updatePoints"] for event in updates)
        gas = self._act("close", [number, proof, [event.fields["client"] for event in updates], points])
        return Closing(
            updates=len(updates),
            model=told.model,
            epsilon=max(event.fields["epsilon"] for event in updates),
            prove_seconds=proved - started,
            gas=gas,
        )

    def _wait_for_updates(self, number: int, alive: Alive) -> int:
        """Until all have proved, or the time is over and a quorum has; gas of ending phases. Raises RoundFailed."""
        chain, gas = self._site.chain, 0
        while True:
            found = round_of(chain, self._ledger, number)
            if found.phase == "aborted":
                raise RoundFailed(f"round {number} was aborted", round=number)
            late = deadline_passed(chain, found.deadline)
            if found.phase == "submit" and (found.done == found.members or (late and found.done >= self._plan.quorum)):
                return gas
            if late:  # go on without those that are missing, or end a round that too few are in
                gas += self._act({"join": "endJoin", "noise": "endNoise"}.get(found.phase, "abort"), [number])
            alive()
            time.sleep(_PAUSE)

    def _updates(self, number: int) -> list[LedgerEvent]:
        events = ledger_events(self._site.chain, self._ledger, self._opened.block)
        mine = [event for event in events if event.name == "UpdateProved" and event.fields["round"] == number]
        return sorted(mine, key=lambda event: int(event.fields["client"], 16))

    def _wait_for_data(self, alive: Alive) -> None:
        """Until every member has registered its data, or has had the time of joining for it."""
        until = time.monotonic() + self._plan.windows.join
        while time.monotonic() < until:
            events = ledger_events(self._site.chain, self._ledger, self._opened.block)
            if sum(event.name == "DataRegistered" for event in events) >= len(self._opened.members):
                return
            alive()
            time.sleep(_PAUSE)

    def _act(self, function: str, arguments: list[object]) -> int:
        self._report(function)
        receipt = act(self._site.chain, self._signer, self._ledger, function, arguments, self._report)
        return receipt.gas_used
