"""Use case: run a whole federation on this machine, each party as a process of its own."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from ...config import Config
from ...errors import RoundFailed
from ...files import make_private
from ...halo2 import Prover
from ...progress import Report, silent
from ...record import Record
from ...training.accounting import UNITS
from ...training.grid import from_grid
from ...values import Address
from .beforehand import judging_samples
from .coordinator import Coordinator
from .folder import Federation, load_federation
from .own_data import expect_data
from .revealing import against_members
from .rounds import RoundClosed, Taken
from .setup import open_federation
from .waiting import Alive

_STOP_SECONDS = 10.0


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
    with _parties(federation, names, coordinator.gone) as parties:
        rounds = _rest(coordinator, parties.check)
        return trained(federation, coordinator, rounds, parties.results())


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


class _Parties:
    """Running clients, each with what it prints. One that was shut out ends by itself, and nobody waits for it."""

    def __init__(
        self,
        federation: Federation,
        names: Sequence[str],
        processes: Sequence[subprocess.Popen[bytes]],
        said: Sequence[IO[bytes]],
        gone: Callable[[], frozenset[str]],
    ) -> None:
        self._federation, self._names, self._processes = federation, names, processes
        self._said, self._gone = said, gone

    def check(self) -> None:
        """Raises RoundFailed when a client has ended with an error."""
        for name, process, said in zip(self._names, self._processes, self._said, strict=True):
            if process.poll() not in (None, 0) and name not in self._gone():
                raise self._failed(name, said)

    def results(self) -> tuple[Taken, ...]:
        """What all said when they were done. Raises RoundFailed."""
        found, gone = [], self._gone()
        for name, process, said in zip(self._names, self._processes, self._said, strict=True):
            if name in gone:
                continue
            process.wait()
            if process.returncode != 0:
                raise self._failed(name, said)
            said.seek(0)
            found.append(Taken.from_json(json.loads(said.read())))
        return tuple(found)

    def _failed(self, name: str, said: IO[bytes]) -> RoundFailed:
        """With what the client's JSON says went wrong; a bug leaves its traceback in the client's own log."""
        log = _log(self._federation, name)
        said.seek(0)
        try:
            told = json.loads(said.read())
            reason, remedy = str(told["message"]), str(told["remedy"])
        except (ValueError, KeyError):
            reason, remedy = f"{log} says how", None
        return RoundFailed(f"the client {name} failed: {reason}", remedy=remedy or None, owner=name, log=log)


@contextmanager
def _parties(federation: Federation, names: Sequence[str], gone: Callable[[], frozenset[str]]) -> Iterator[_Parties]:
    """One process for each owner; none is left behind."""
    processes: list[subprocess.Popen[bytes]] = []
    said: list[IO[bytes]] = []
    try:
        for name in names:
            output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed below, after its process has ended
            said.append(output)
            log = _log(federation, name)
            make_private(log.parent)
            log.touch(mode=0o600)
            command = [sys.executable, "-m", "zkchain.cli.main", "train", "client", str(federation.plan_path)]
            with log.open("wb") as errors:
                processes.append(
                    subprocess.Popen(
                        [*command, "--as", name, "--parent", str(os.getpid()), "--json"],
                        stdout=output,
                        stderr=errors,
                        stdin=subprocess.DEVNULL,
                        start_new_session=True,
                    )
                )
        yield _Parties(federation, names, processes, said, gone)
    finally:
        for process in processes:
            if process.poll() is None:
                process.terminate()
        for process in processes:
            try:
                process.wait(timeout=_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for file in said:
            file.close()


def _log(federation: Federation, name: str) -> Path:
    """What a client says while it works, and how it ended: in its own folder."""
    return federation.party(name) / "client.log"
