"""Use case: coordinate a federation whose owners are on other hosts."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ...chain.training import current_round, deadline_passed, round_of
from ...config import Config
from ...errors import (
    ModeUnavailable,
    NoiseForged,
    PartyFailed,
    PartyTimeout,
    PlanInvalid,
    RoundFailed,
    UsageError,
    ZkchainError,
)
from ...halo2 import Prover
from ...progress import Report, silent
from ...record import Record
from ...training.aggregate import Limits
from ...training.grid import EXACT_BITS
from ...training.hosts.identity import COORDINATOR, Identity, make_member, read_identity
from ...training.hosts.meeting import HandedIn, Meeting
from ...training.hosts.server import BoardServer
from ...training.plan import Plan
from ...values import address
from .board import Board, most_bytes
from .coordinator import Coordinator
from .folder import Federation, load_federation
from .rounds import RoundClosed
from .run import Trained, trained
from .setup import Standing, open_federation
from .waiting import Alive

#: Rounds in a row that may end without a new model before the coordinator gives up: each costs owners epsilon.
_MOST_ABORTED = 2
_PAUSE = 1.0
#: Of the time for closing a round, the share that one attempt at its sum may take, in seconds at least.
_SHARE, _LEAST_SECONDS = 3, 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified(Record):
    """Certificates that were made, and those that were there."""

    folder: str
    made: tuple[str, ...]
    kept: tuple[str, ...]


def certify(plan_path: Path, folder: Path, name: str | None) -> Certified:
    """Make the key and certificate of `name`, an owner or "coordinator", or of all members for None.

    Raises UsageError, PlanInvalid, IdentityRefused and OSError.
    """
    plan = hosts_plan(load_federation(plan_path))
    names = members_of(plan)
    if name is not None and name not in names:
        raise UsageError(f"the plan has no member {name!r}; it has {', '.join(names)}", found=name)
    wanted = names if name is None else [name]
    made = {one: make_member(folder, one, plan.name) for one in wanted}
    return Certified(
        folder=str(folder),
        made=tuple(one for one, new in made.items() if new),
        kept=tuple(one for one, new in made.items() if not new),
    )


def members_of(plan: Plan) -> list[str]:
    """Everybody who has a certificate."""
    return [COORDINATOR, *(owner.name for owner in plan.owners)]


def hosts_plan(federation: Federation) -> Plan:
    """The plan, if it can be run across hosts. Raises ModeUnavailable, PlanInvalid."""
    plan = federation.plan
    if plan.aggregation != "mpc":
        raise ModeUnavailable(
            f"the plan sums by {plan.aggregation}; across hosts updates are summed by mpc alone",
            remedy='set aggregation = "mpc" in the plan, or run it on one machine',
            mode=plan.aggregation,
        )
    if plan.disputes:
        # Nobody sees what a client gives to a sum, so one that gives something else and reveals what it proved goes
        # unnamed, and could make everybody reveal theirs in every round.
        raise PlanInvalid(
            "training.disputes is set; across hosts a dispute would make all updates public without naming who lied",
            remedy="leave training.disputes out of the plan, or run it on one machine",
            entry="training.disputes",
        )
    if any(owner.name == COORDINATOR for owner in plan.owners):
        raise PlanInvalid(f"an owner is named {COORDINATOR}, as the coordinator's certificate is", owner=COORDINATOR)
    return plan


def place_of(text: str, flag: str) -> tuple[str, int]:
    """Host and port of HOST:PORT, or [HOST]:PORT for IPv6. Raises UsageError."""
    try:
        found = urlsplit(f"//{text}")
        host, port = found.hostname, found.port
    except ValueError:
        host, port = None, None
    if not host or port is None or text.rpartition(":")[0].strip("[]").lower() != host:
        raise UsageError(f"{text!r} is not HOST:PORT", remedy=f"give {flag} HOST:PORT")
    return host, port


def coordinate_hosts(
    plan_path: Path, *, listen: str, tls: Path, config: Config, prover: Prover, report: Report = silent
) -> Trained:
    """Set the federation up, open the board, and run what is left of the rounds with clients on other hosts.

    A round whose sum does not come about is aborted, and the next one goes on with who is there. Raises RoundFailed,
    IdentityRefused, BoardUnreachable, ModeUnavailable, and what a coordinator raises.
    """
    federation = load_federation(plan_path)
    plan = hosts_plan(federation)
    host, port = place_of(listen, "--listen")
    identity = read_identity(tls, COORDINATOR, members_of(plan))
    standing = open_federation(federation, config=config, prover=prover, report=report)
    coordinator = HostCoordinator(standing, config=config, prover=prover, report=report)
    with coordinator.opened_board(identity, host, port) as server:
        report(f"the board is at https://{host}:{server.port}")
        rounds: list[RoundClosed] = []
        aborted = 0
        while coordinator.done < plan.rounds:
            try:
                rounds.append(coordinator.run_round())
                aborted = 0
            except NoiseForged as error:  # who did it is out, so there are no more of these than owners
                report(f"{error.message}; the next round is without")
            except RoundFailed as error:
                aborted += 1
                if aborted > _MOST_ABORTED or not coordinator.was_aborted():
                    raise
                report(f"{error.message}; the next one begins")
        return trained(federation, coordinator, rounds, ())


class HostCoordinator(Coordinator):
    """A coordinator who reads no update, starts no party, and has what was summed from those who opened it."""

    sees_updates = False
    _unnamed = (
        "across hosts nobody is named: begin a federation without an owner that is not trusted, or on one machine"
    )

    def __init__(self, standing: Standing, *, config: Config, prover: Prover, report: Report = silent) -> None:
        super().__init__(standing, config=config, prover=prover, report=report)
        self._board = Board(standing.federation)

    @contextmanager
    def opened_board(self, identity: Identity, host: str, port: int) -> Iterator[BoardServer]:
        """The board, open for members until the end of the block. Raises BoardUnreachable."""
        most = most_bytes(self._circuits.layout)
        with BoardServer(identity, host, port, most_bytes=most, answer=self._board.answer) as server:
            yield server

    def was_aborted(self) -> bool:
        """Whether the last round ended without a new model."""
        chain = self._site.chain
        return round_of(chain, self._ledger, current_round(chain, self._ledger)).phase == "aborted"

    def total(self, number: int) -> tuple[int, ...]:
        """The sum of a round's updates, which all of its clients opened by themselves; tried until time is over.

        The ledger fixes whose updates these are: one who has submitted and vanished cannot be left out of this round.
        Then the round is aborted: raises RoundFailed.
        """
        names = self._clients(number)
        found = round_of(self._site.chain, self._ledger, number)
        closing = self._plan.windows.close
        seconds = min(Limits().seconds, max(_LEAST_SECONDS, closing / _SHARE))
        while True:
            try:
                return self._attempt(number, names, seconds)
            except (PartyFailed, PartyTimeout) as error:
                self._report(f"round {number}: {error.message}")
                if deadline_passed(self._site.chain, found.deadline + closing):
                    raise self._give_up(number, error) from error
                time.sleep(_PAUSE)

    def _expect_fit(self, number: int, total: tuple[int, ...], alive: Alive) -> None:
        """Nobody can be named here, so the round is left before the failure is said, and the next one can begin."""
        try:
            super()._expect_fit(number, total, alive)
        except RoundFailed as error:
            self._report(error.message)
            self._waiting.for_end(number, alive)
            raise

    def _clients(self, number: int) -> list[str]:
        return [self._names[address(event.fields["client"])] for event in self._updates(number)]

    def _attempt(self, number: int, names: list[str], seconds: float) -> tuple[int, ...]:
        self._report(f"round {number}: {', '.join(names)} sum their updates")
        length, limit = self._circuits.layout.update_length, 2**EXACT_BITS * len(names)
        meeting = Meeting(number, names, length=length, limit=limit)
        self._board.call(meeting)
        try:
            return self._true_one(number, meeting.wait(seconds))
        finally:
            meeting.end()

    def _true_one(self, number: int, sums: Sequence[HandedIn]) -> tuple[int, ...]:
        """The sum that is that of what was proved, whoever opened another one. One that all opened is compared later.

        Raises PartyFailed where several were opened and none of them is.
        """
        if len(sums) == 1:
            return sums[0].values
        updates = self._updates(number)
        for one in sums:
            if self._arbiter.matches(one.values, updates):
                others = ", ".join(name for other in sums if other is not one for name in other.names)
                self._report(f"round {number}: {others} handed in another sum than that of what was proved")
                return one.values
        said = "; ".join(f"one sum by {', '.join(one.names)}" for one in sums)
        raise PartyFailed(
            f"the clients opened different sums, and none is that of what was proved: {said}",
            remedy="the sum is tried anew until the round's time is over",
            parties=[one.names for one in sums],
        )

    def _give_up(self, number: int, why: ZkchainError) -> RoundFailed:
        self._act("abort", [number])
        return RoundFailed(f"round {number} was aborted, because its sum failed: {why.message}", round=number)
