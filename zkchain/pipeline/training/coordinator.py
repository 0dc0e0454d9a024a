"""Use case: coordinate a federation's rounds: open, sum what the clients proved, prove the next model, close."""

import time
from dataclasses import replace

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
    settle,
    updates_of,
)
from ...config import Config
from ...errors import (
    ChainingBroken,
    RoundFailed,
    SumMatches,
    SumUnmatched,
    UpdateMismatch,
    UpdateOutOfBound,
    UpdateUnreadable,
)
from ...halo2 import Prover
from ...progress import Report, silent
from ...scratch import scratch_folder
from ...training.aggregate import aggregator
from ...training.circuits import TrainingCircuits, commit_vectors, prove_vectors
from ...training.grid import EXACT_BITS, from_grid
from ...values import address, keccak_of
from ..site import Site
from .bridging import BridgeGuard
from .disputing import Arbiter
from .folder import Federation, Opened, Weights
from .noise_guard import NoiseGuard
from .revealing import expect_disputes, round_in_dispute
from .rounds import Closing, Disputed, RoundClosed, Settled, Struck
from .salt_guard import SaltGuard
from .setup import Standing, signer_of
from .waiting import Alive, Waiting


def _nothing() -> None:
    """Nobody else is known."""


class Coordinator:
    """The party that orders the rounds. It sees sums, not updates, unless the plan sums in the clear."""

    #: Whether what a client gives to a sum lies where the coordinator can look at it, should somebody have cheated.
    sees_updates = True
    #: What to do about a sum that nobody is known to have spoiled; None for what the error says by itself.
    _unnamed: str | None = None

    def __init__(self, standing: Standing, *, config: Config, prover: Prover, report: Report = silent) -> None:
        self._standing = standing
        self._federation, self._config, self._prover, self._report = standing.federation, config, prover, report
        self._plan = standing.federation.plan
        self._opened, self._circuits = standing.opened, standing.circuits
        self._site, self._ledger, self._names = standing.site, standing.ledger, standing.names
        self._signer = signer_of(self._plan, -1, config)
        self._bridges = BridgeGuard(standing, prover=prover, report=report)
        self._noise = NoiseGuard(standing, self._act, prover=prover, report=report)
        self._salt = SaltGuard(standing, self._act, sees_updates=self.sees_updates, report=report)
        self._waiting = Waiting(standing, self._act, self._noise, report)
        self._arbiter = Arbiter(standing, self._signer, prover=prover, report=report)

    @property
    def standing(self) -> Standing:
        """All of what was set up."""
        return self._standing

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

        A sum that does not match is disputed, where the plan has that, and the round goes on with the updates that are
        revealed. A round with forged noise or salt is left as soon as the ledger lets it, and another is opened.

        Raises NoiseForged and SaltForged when that is found, SumUnmatched where there are no disputes, BridgeBroken for
        an owner whose data are not what it registered, RoundFailed, TransactionReverted with the ledger's reason,
        AggregationError and EngineError.
        """
        chain, started = self._site.chain, time.monotonic()
        gas = self.leave(alive)
        number = current_round(chain, self._ledger)
        if number == 0 or round_of(chain, self._ledger, number).phase in ("closed", "aborted"):
            self._expect_quorum()
            self._waiting.for_data(alive)
            self._bridges.expect()
            number, gas = number + 1, gas + self.open_round()
        self._report(f"round {number} of {self._plan.rounds}: waiting for proofs", self.done / self._plan.rounds)
        gas += self._waiting.for_updates(number, alive)
        self._bridges.expect()  # of who came late, too
        began = time.monotonic()
        total, settled = self._agreed(number, alive)
        self._expect_fit(number, total, alive)
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
            gas=gas + closed.gas + (settled.gas if settled else 0),
            disputed=settled is not None,
            struck=settled.struck if settled else (),
            named=settled.named if settled else (),
        )

    def leave(self, alive: Alive = _nothing) -> int:
        """Abort an open round in which noise or salt was found to be forged, as soon as the ledger allows it; gas.

        Raises as `NoiseGuard.spoiled` does, and TransactionUnknown.
        """
        self._settle()
        number = current_round(self._site.chain, self._ledger)
        if number == 0 or round_of(self._site.chain, self._ledger, number).phase not in ("submit", "reveal"):
            return 0
        forgers = self._noise.spoiled(number) or self._salt.spoiled(number)
        if not forgers:
            return 0
        self._report(f"round {number} will not be closed: {', '.join(forgers)} forged noise or salt in it")
        return self._waiting.for_end(number, alive)

    def dispute(self) -> Disputed:
        """Ask every client of the open round for its update, if the sum does not match.

        Raises DisputesOff, SumMatches, NoiseForged, RoundFailed while the round could not be closed yet, and as `total`
        does.
        """
        expect_disputes(self._plan)
        self._settle()
        number = current_round(self._site.chain, self._ledger)
        found = round_of(self._site.chain, self._ledger, number) if number else None
        phase = found.phase if found else "none"
        if found is None or phase != "submit":
            raise RoundFailed(f"round {number} is in phase {phase}; a sum is there in phase submit", round=number)
        if found.done < found.members and not deadline_passed(self._site.chain, found.deadline):
            raise RoundFailed(f"round {number} has {found.done} of {found.members} proofs", round=number)
        self._noise.expect(number)  # a round that will not be closed is no reason to ask anybody
        if self._matching(number) is not None:
            raise SumMatches(f"the sum of round {number} is that of what was proved", round=number)
        return self._arbiter.open(number)

    def strike(self) -> Struck:
        """Shut out who has not revealed in time. Raises DisputesOff, NotInDispute, and as `Arbiter.strike` does."""
        self._settle()
        return self._arbiter.strike(round_in_dispute(self._site.chain, self._ledger, self._plan))

    def gone(self) -> frozenset[str]:
        """Owners who were shut out."""
        chain = self._site.chain
        names = self._names.items()
        return frozenset(name for one, name in names if not client_of(chain, self._ledger, one).enrolled)

    def _expect_fit(self, number: int, total: tuple[int, ...], alive: Alive) -> None:
        """Whether circuits can read a sum, as they can every one of honest updates. Raises as `SaltGuard.expect`."""
        self._salt.expect(number, total)

    def _agreed(self, number: int, alive: Alive) -> tuple[tuple[int, ...], Settled | None]:
        """The sum that the ledger will take: the one that was computed, or that of what a dispute reveals."""
        gas = 0
        if round_of(self._site.chain, self._ledger, number).phase != "reveal":
            total = self._matching(number)
            if total is not None:
                return total, None
            said = f"round {number}: the sum is not that of the updates that were proved"
            if not self._plan.disputes:
                raise SumUnmatched(f"{said}; who gave something else is not known", remedy=self._unnamed, round=number)
            self._report(f"{said}; all have to reveal theirs")
            gas = self._arbiter.open(number).gas
        settled = self._arbiter.settle(number, alive)
        return settled.total, replace(settled, gas=settled.gas + gas)

    def _matching(self, number: int) -> tuple[int, ...] | None:
        """The sum, if it is that of what was proved; None for another, or when a client gave nothing to sum."""
        try:
            total = self.total(number)
        except (UpdateUnreadable, UpdateMismatch, UpdateOutOfBound):
            if not self._plan.disputes:
                raise
            return None
        return total if self._arbiter.matches(total, self._updates(number)) else None

    def open_round(self) -> int:
        """Open the next round; gas. Raises TransactionReverted."""
        return self._act("openRound", [])

    def total(self, number: int) -> tuple[int, ...]:
        """The sum of a round's updates, as the plan has it computed. Raises AggregationError."""
        files = [
            self._federation.update(self._names[address(event.fields["client"])], self._opened.run, number)
            for event in self._updates(number)
        ]
        self._report(f"round {number}: summing {len(files)} updates ({self._plan.aggregation})")
        with scratch_folder(self._config.home / "training" / "sums") as scratch:
            return aggregator(self._plan.aggregation, scratch=scratch).total(
                files, length=self._circuits.layout.update_length, bound=2**EXACT_BITS, report=self._report
            )

    def close(self, number: int, total: tuple[int, ...]) -> Closing:
        """Prove the model that follows from a sum, and close the round with it.

        Raises ChainingBroken for a sum that no circuit reads exactly, TransactionReverted.
        """
        if max(map(abs, total)) >= 2**EXACT_BITS:
            raise ChainingBroken(f"the sum of the updates does not fit {EXACT_BITS} bits", most=2**EXACT_BITS)
        scale, updates = self._circuits.layout.scale, self._updates(number)
        before = self._federation.weights(self._opened.run, self.done)
        self._report(f"round {number}: proving the new model")
        started = time.monotonic()
        inputs = [from_grid(vector, scale) for vector in (before.values, total)]
        proof, _, after = prove_vectors(self._circuits.server, inputs, self._prover, self._report)
        proved = time.monotonic()
        (point,) = commit_vectors(self._circuits, [after], self._prover, self._report)
        told = Weights(round=number, model=keccak_of(point), values=after)
        self._federation.save_weights(self._opened.run, told)
        points = b"".join(event.fields["updatePoints"] for event in updates)
        gas = self._act("close", [number, proof, [event.fields["client"] for event in updates], points])
        return Closing(
            updates=len(updates),
            model=told.model,
            epsilon=max(event.fields["epsilon"] for event in updates),
            prove_seconds=proved - started,
            gas=gas,
        )

    def _updates(self, number: int) -> tuple[LedgerEvent, ...]:
        return updates_of(ledger_events(self._site.chain, self._ledger, self._opened.block), number)

    def _expect_quorum(self) -> None:
        left = len(self._opened.members) - len(self.gone())
        if left < self._plan.quorum:
            raise RoundFailed(
                f"{left} owners are left, and the plan's quorum is {self._plan.quorum}",
                remedy="begin a federation of those who are left",
                found=left,
                allowed=self._plan.quorum,
            )

    def _settle(self) -> None:
        """Let the ledger know of everything that a coordinator sent who was killed, before it is asked what is next."""
        settle(self._site.chain, self._signer, self._ledger, self._report)

    def _act(self, function: str, arguments: list[object]) -> int:
        self._report(function)
        receipt = act(self._site.chain, self._signer, self._ledger, function, arguments, self._report)
        return receipt.gas_used
