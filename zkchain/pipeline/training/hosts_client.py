"""Use case: take part as one data owner whose coordinator and fellow owners are on other hosts."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ...chain.training import RoundView, client_of, current_round, deadline_passed, model_round, round_of
from ...config import Config
from ...errors import BoardUnreachable, BoardUntrue, PartyFailed, PartyTimeout, RoundFailed, ZkchainError
from ...files import parse_json, write_json
from ...halo2 import Prover
from ...progress import Report, silent
from ...training.aggregate import Limits
from ...training.aggregate.across import OwnParty
from ...training.aggregate.mpc import LEAST
from ...training.dataset import Openings
from ...training.grid import EXACT_BITS
from ...training.hashing import HashedOpenings
from ...training.hosts.caller import BoardCaller
from ...training.hosts.identity import read_identity
from ...training.hosts.meeting import Called, Place
from .board import most_bytes
from .bridging import bridge_at
from .client import Client
from .folder import Federation, Weights, load_federation
from .foreign_bridges import ForeignBridges
from .hosts import hosts_plan, members_of, place_of
from .rounds import Taken
from .setup import Standing
from .told import check_setup, check_told

_PAUSE = 0.3
#: How long a board may be away, at least; a coordinator that is killed is started again by somebody.
_PATIENCE = 60.0
_ANYWHERE = ("0.0.0.0", "::")  # noqa: S104 - to tell that it was asked for


def join_hosts(
    plan_path: Path,
    name: str,
    *,
    board: str,
    tls: Path,
    listen: str | None,
    config: Config,
    prover: Prover,
    report: Report = silent,
) -> "HostClient":
    """Be owner `name` of a plan whose coordinator's board is at `board`; what it says is checked first.

    The ledger's setup is compared with plan and circuits before anything is kept or sent. Raises UsageError,
    ModeUnavailable, IdentityRefused, BoardUnreachable, BoardUntrue, CompilerNotFound and what a client raises.
    """
    federation = load_federation(plan_path)
    plan = hosts_plan(federation)
    who = plan.place_of(name)
    place = None if listen is None else place_of(listen, "--listen")
    identity = read_identity(tls, name, members_of(plan))
    patience = max(_PATIENCE, float(plan.windows.join))
    caller = BoardCaller(board, identity, most_bytes=most_bytes(plan.layout), patience=patience)
    report("asking the board")
    opened = check_told(federation, caller.federation(), who, config=config)
    first = check_setup(federation, opened, caller.weights(0), config=config, prover=prover, report=report)
    federation.save_opened(opened)
    federation.save_weights(opened.run, first)
    return HostClient(federation, name, caller, tls, place, config=config, prover=prover, report=report)


class HostClient(Client):
    """A data owner that shares no folder with anybody, and whose party in a sum runs here."""

    def __init__(
        self,
        federation: Federation,
        name: str,
        caller: BoardCaller,
        tls: Path,
        listen: tuple[str, int] | None,
        *,
        config: Config,
        prover: Prover,
        report: Report = silent,
    ) -> None:
        super().__init__(federation, name, config=config, prover=prover, report=report)
        self._caller, self._tls, self._listen = caller, tls.absolute(), listen
        self._tried: set[str] = set()
        self._away: dict[int, float] = {}  #: by the round of a sum, since when the board has not answered
        standing = Standing(
            federation=federation,
            opened=self._opened,
            circuits=self._circuits,
            site=self._site,
            ledger=self._ledger,
        )
        self._others = ForeignBridges(standing, name, caller, prover=prover, report=report)

    def take_part(self, rounds: int) -> Taken:
        """What `Client.take_part` does; what others show is looked for once more where the board is still there.

        Raises as `Client.take_part` does, BoardUnreachable and IdentityRefused.
        """
        taken = super().take_part(rounds)
        with suppress(BoardUnreachable):
            self._others.fetch()
        return taken

    def step(self) -> bool:
        """What `Client.step` does, and this owner's part in a sum. What others show is fetched once in each phase.

        The coordinator opens and closes no round without it, so it is on the board then. Raises as `take_part` does.
        """
        self._fetch_bridges()
        return super().step() or self._sum()

    def _fetch_bridges(self) -> None:
        number = current_round(self._site.chain, self._ledger) if self._others.missing else 0
        if number:
            self._others.fetch_once((number, round_of(self._site.chain, self._ledger, number).phase))

    def weights(self, number: int) -> tuple[int, ...]:
        """The model to train from: what the board says, if the ledger says the same.

        Raises RoundFailed, BoardUntrue and BoardUnreachable.
        """
        after = model_round(self._site.chain, self._ledger)
        try:
            told = Weights.from_json(self._caller.weights(after))
        except (ValueError, KeyError, TypeError):
            raise BoardUntrue(f"the board tells no weights after round {after}", round=after) from None
        if told.round != after:
            raise BoardUntrue(f"the board tells the weights after round {told.round} for those after {after}")
        self._federation.save_weights(self._opened.run, told)
        return super().weights(number)

    def _bridge(self, hashed: HashedOpenings, openings: Openings) -> None:
        """Show it to the board, which keeps it for all: this folder is for nobody else."""
        super()._bridge(hashed, openings)
        bridge = bridge_at(self._federation, self._name)
        for number, batch in enumerate(() if bridge is None else bridge.batches):
            assert bridge is not None
            self._caller.show_bridge(number, replace(bridge, batches=(batch,)).to_json())

    def _sum(self) -> bool:
        """Take part in the sum of the open round, once the ledger has fixed whose updates it is of."""
        number = current_round(self._site.chain, self._ledger)
        found = round_of(self._site.chain, self._ledger, number) if number else None
        if found is None or found.phase != "submit" or not self._is_fixed(found):
            return False
        names = self._clients(number)
        if self._name not in names or len(names) < max(LEAST, self._plan.quorum):
            return False
        called = self._called_now(number)
        if called is None or called.round != number or called.stage == "over" or called.attempt in self._tried:
            return False
        self._tried.add(called.attempt)
        self._keep(number, names)
        self._take_part_in(called, names)
        return True

    def _is_fixed(self, found: RoundView) -> bool:
        """Whether nobody can submit any more: before, the next one's update would be the difference of two sums."""
        return found.done == found.members or deadline_passed(self._site.chain, found.deadline)

    def _clients(self, number: int) -> list[str]:
        """Whose updates the ledger took, in the order of their accounts."""
        found = []
        for owner, member in zip(self._plan.owners, self._opened.members, strict=True):
            seen = client_of(self._site.chain, self._ledger, member)
            if seen.round == number and seen.stage == "submitted":
                found.append((int(member, 16), owner.name))
        return [name for _, name in sorted(found)]

    def _keep(self, number: int, names: Sequence[str]) -> None:
        """Sum with the same clients every time, also when a chain has taken blocks back. Raises RoundFailed."""
        path = self._federation.rounds(self._name, self._opened.run) / f"round-{number:04d}.summands.json"
        kept = parse_json(path.read_bytes()) if path.is_file() else None
        if kept not in (None, list(names)):
            raise RoundFailed(f"round {number} was summed with other clients before", round=number)
        write_json(path, list(names), mode=0o600)

    def _called_now(self, number: int) -> Called | None:
        """The sum of round `number` that members are called to, if it is called.

        Raises BoardUnreachable when the board has been away for long, counted from when it was first found away: for
        most of a round nobody asks.
        """
        try:
            called = self._caller.called(patience=0)
        except BoardUnreachable:
            now = time.monotonic()
            if now - self._away.setdefault(number, now) > self._caller.patience:
                raise
            return None
        self._away.clear()
        return called

    def _take_part_in(self, called: Called, names: Sequence[str]) -> None:
        """One attempt; one that fails is said to the board, which calls again. A board that is away is waited for."""
        self._report(f"{self._name}: summing with {len(names) - 1} others")
        try:
            self._attempt(called, names)
        except (PartyFailed, PartyTimeout, BoardUnreachable) as error:
            self._report(f"{self._name}: {error.message}")
            self._say_failed(called, error.message)
        except ZkchainError as error:
            self._say_failed(called, error.code)
            raise

    def _attempt(self, called: Called, names: Sequence[str]) -> None:
        host, port = self._listen or (self._caller.own_address(), 0)
        told = self._caller.own_address() if host in _ANYWHERE else host
        party = OwnParty(
            scratch=self._config.home / "training" / "sums",
            tls=self._tls,
            names=names,
            position=list(names).index(self._name),
            host=host,
            port=port,
            limits=Limits(),
        )
        party.total(
            self._federation.update(self._name, self._opened.run, called.round),
            length=self._circuits.layout.update_length,
            bound=2**EXACT_BITS,
            meet=lambda port: self._meet(called, Place(host=told, port=port), len(names)),
            opened=lambda values: self._hand_in(called, values),
            waiting=lambda: self._go_on(called),
        )

    def _say_failed(self, called: Called, why: str) -> None:
        with suppress(BoardUnreachable):  # then it is found out by the board's own time
            self._caller.fail(called, why)

    def _meet(self, called: Called, place: Place, clients: int) -> tuple[str, list[tuple[str, int]]]:
        self._caller.arrive(called, place)
        while True:
            now = self._go_on(called)
            if now.stage == "sum":
                if len(now.places) != clients:
                    raise PartyFailed(f"the board tells of {len(now.places)} places for {clients} clients")
                return now.token, [(one.host, one.port) for one in now.places]
            time.sleep(_PAUSE)

    def _hand_in(self, called: Called, values: Sequence[int]) -> None:
        """Hand the sum in, and stay for those who have not opened it yet."""
        self._caller.hand_in(called, values)
        while True:
            try:
                self._go_on(called)
            except (PartyFailed, BoardUnreachable):
                return
            time.sleep(_PAUSE)

    def _go_on(self, called: Called) -> Called:
        """What the board says of this attempt now. Raises PartyFailed when it is over."""
        now = self._caller.called()
        if now is None or now.attempt != called.attempt or now.stage == "over":
            raise PartyFailed("the sum was given up")
        return now
