"""Use case: run a whole federation on this machine, each party as a process of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...config import Config
from ...halo2 import Prover
from ...progress import Report, silent
from ...record import Record
from ...training.accounting import UNITS
from ...training.grid import from_grid
from ...values import Address
from .beforehand import judging_samples
from .coordinator import Coordinator
from .folder import Federation, load_federation
from .parties import expect_data, parties
from .revealing import against_members
from .rounds import RoundClosed, Taken
from .setup import open_federation
from .waiting import Alive


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained(Record):
    """What a federation made."""

    folder: str
    ledger: Address
    rounds: tuple[RoundClosed, ...]  #: of this run
    done: int  #: rounds in all
    epsilon: float | None  #: most that any owner has spent; None without noise, where there is no bound
    epsilon_to_members: float | None  #: against another owner, who knows its own noise; None where no other hides it
    delta: float
    clients: tuple[Taken, ...]  #: those that took part to the end
    shut_out: tuple[str, ...]  #: owners who were struck or expelled
    accuracy: float | None  #: share of right answers on the plan's test samples
    error: float | None  #: mean squared error there


def run_plan(plan_path: Path, *, config: Config, prover: Prover, report: Report = silent) -> Trained:
    """Set the federation up, run what is left of its rounds, and say what came of it.

    Killed at any point and run again, it goes on where it was. Raises RoundFailed, and what the parties raise.
    """
    federation = load_federation(plan_path)
    if not federation.is_open:
        expect_data(federation, config)
    standing = open_federation(federation, config=config, prover=prover, report=report)
    coordinator = Coordinator(standing, config=config, prover=prover, report=report)
    if coordinator.done >= federation.plan.rounds:
        return trained(federation, coordinator, [], ())
    coordinator.leave()  # before clients are there that would still submit to a round that will not be closed
    gone = coordinator.gone()
    names = [owner.name for owner in federation.plan.owners if owner.name not in gone]
    with parties(federation, names, coordinator.gone, config) as running:
        rounds = _rest(coordinator, running.check)
        return trained(federation, coordinator, rounds, running.results())


def coordinate_plan(plan_path: Path, *, config: Config, prover: Prover, report: Report = silent) -> Trained:
    """The same with clients that somebody else runs. Raises as `run_plan` does."""
    federation = load_federation(plan_path)
    standing = open_federation(federation, config=config, prover=prover, report=report)
    coordinator = Coordinator(standing, config=config, prover=prover, report=report)
    return trained(federation, coordinator, _rest(coordinator, _nobody), ())


def _rest(coordinator: Coordinator, alive: Alive) -> list[RoundClosed]:
    """Run what is left of the rounds. One that was aborted counts as one of the plan's, as it does for clients."""
    rounds = []
    while coordinator.done < coordinator.federation.plan.rounds:
        rounds.append(coordinator.run_round(alive))
    return rounds


def _nobody() -> None:
    """Clients that somebody else runs are not looked after."""


def trained(
    federation: Federation, coordinator: Coordinator, rounds: Sequence[RoundClosed], clients: tuple[Taken, ...]
) -> Trained:
    """What came of `rounds`, judged on the plan's test samples. Raises DataMismatch."""
    plan = federation.plan
    accuracy, error = judge(federation, coordinator.opened.run, coordinator.done)
    spent = coordinator.epsilon()
    return Trained(
        folder=str(federation.root),
        ledger=coordinator.opened.ledger,
        rounds=tuple(rounds),
        done=coordinator.done,
        epsilon=None if plan.privacy is None else spent / UNITS,
        epsilon_to_members=against_members(plan, coordinator.opened.noise, spent),
        delta=0.0 if plan.privacy is None else plan.privacy.delta,
        clients=clients,
        shut_out=tuple(sorted(coordinator.gone())),
        accuracy=accuracy,
        error=error,
    )


def judge(federation: Federation, run: str, number: int) -> tuple[float | None, float | None]:
    """Share of right answers, for yes-or-no ones, and mean squared error of the model after a round on the test

    samples; None where there are none. Raises DataMismatch and OffGrid.
    """
    plan, samples = federation.plan, judging_samples(federation)
    if samples is None:
        return None, None
    net, (x, y) = plan.architecture, samples
    weights = np.array(from_grid(federation.weights(run, number).values[: net.parameters], plan.scale))
    with np.errstate(over="ignore"):  # of an answer that is as good as certain
        answers = net.forward(weights, x)
    error = float(((answers - y) ** 2).mean())
    if net.loss != "logistic":
        return None, error
    right = (answers > 0.5) == (y > 0.5) if net.targets == 1 else answers.argmax(axis=1) == y.argmax(axis=1)
    return float(right.mean()), error
