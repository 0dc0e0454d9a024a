"""Use case: rehearse a federation: data, noise, sums and owners' processes as planned, no circuits, proofs or ledger.

What a plan learns and spends is known in seconds, before anybody sets a ledger up for it.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...config import Config
from ...files import exclusive, make_private
from ...progress import Report, silent
from ...record import Record
from ...scratch import scratch_folder
from ...training.accounting import UNITS
from ...training.aggregate import aggregator
from ...training.grid import EXACT_BITS, to_grid
from ...training.plan import noise_of
from ...values import canonical_json, sha256_of
from .beforehand import judging_samples
from .folder import Federation, Weights
from .parties import expect_data, parties
from .rehearsing import Rehearsal, begun_rehearsal, save_rehearsal
from .revealing import against_members
from .run import judge

_PAUSE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsedRound(Record):
    """One round that changed the model."""

    round: int
    updates: int
    seconds: float
    sum_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed(Record):
    """What a rehearsal came to. Nothing of it is proved."""

    folder: str
    rounds: tuple[RehearsedRound, ...]  #: of this run
    done: int  #: rounds in all
    #: Most that any owner's data have spent; None without noise. No ledger counts it: it adds up with what they spend
    #: elsewhere, in the federation that was rehearsed too.
    epsilon: float | None
    epsilon_to_members: float | None  #: as `Trained.epsilon_to_members`
    delta: float
    accuracy: float | None
    error: float | None


def rehearse_plan(federation: Federation, *, config: Config, report: Report = silent) -> Rehearsed:
    """Run what is left of the rounds, each owner a process of its own.

    Killed at any point and run again, it goes on where it was. Raises RoundFailed, AggregationError, OffGrid, and what
    the owners' processes raise.
    """
    make_private(federation.root)
    with exclusive(federation.root / "run.lock", lambda: report("waiting for another rehearsal of this plan")):
        rehearsal = begun_rehearsal(federation) or _begin(federation, config)
        plan, run = federation.plan, rehearsal.run
        rounds = []
        with parties(federation, [owner.name for owner in plan.owners], frozenset, config) as running:
            for number in range(1, plan.rounds + 1):
                if not federation.tells(run, number):
                    report(f"round {number} of {plan.rounds}", (number - 1) / plan.rounds)
                    rounds.append(_round(federation, run, number, config, running.check, report))
            spent = max((taken.epsilon or 0.0 for taken in running.results()), default=0.0)
        accuracy, error = judge(federation, run, plan.rounds)
        return Rehearsed(
            folder=str(federation.root),
            rounds=tuple(rounds),
            done=plan.rounds,
            epsilon=None if plan.privacy is None else spent,
            epsilon_to_members=against_members(plan, rehearsal.noise, round(spent * UNITS)),
            delta=0.0 if plan.privacy is None else plan.privacy.delta,
            accuracy=accuracy,
            error=error,
        )


def _begin(federation: Federation, config: Config) -> Rehearsal:
    """Look at everything that may be wrong, and write down what was decided."""
    plan = federation.plan
    judging_samples(federation)
    noise = noise_of(plan)
    expect_data(federation, config)
    begun = Rehearsal(plan=federation.digest, run=f"none-{secrets.token_hex(4)}", noise=noise)
    first = to_grid(plan.architecture.initial(plan.seed), plan.scale, "the first weights")
    _tell(federation, begun.run, 0, first)
    save_rehearsal(federation, begun)
    return begun


def _round(
    federation: Federation, run: str, number: int, config: Config, alive: Callable[[], None], report: Report
) -> RehearsedRound:
    plan, started = federation.plan, time.monotonic()
    updates = [federation.update(owner.name, run, number) for owner in plan.owners]
    while not all(path.is_file() for path in updates):
        alive()
        time.sleep(_PAUSE)
    began = time.monotonic()
    with scratch_folder(config.home / "training" / "sums") as scratch:
        summing = aggregator(plan.aggregation, scratch=scratch)
        length = plan.architecture.parameters
        total = summing.total(updates, length=length, bound=2**EXACT_BITS, report=report)
    summed = time.monotonic()
    moved = np.array(federation.weights(run, number - 1).values) + np.rint(np.array(total) / plan.divisor)
    _tell(federation, run, number, to_grid(moved * 2.0**-plan.scale, plan.scale, f"the model after round {number}"))
    return RehearsedRound(
        round=number, updates=len(updates), seconds=time.monotonic() - started, sum_seconds=summed - began
    )


def _tell(federation: Federation, run: str, number: int, values: tuple[int, ...]) -> None:
    """Tell the owners a model, which nobody has committed to: it goes by the hash of its numbers."""
    model = sha256_of(canonical_json(list(values)))
    federation.save_weights(run, Weights(round=number, model=model, values=values))
