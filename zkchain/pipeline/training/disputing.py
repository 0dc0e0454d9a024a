"""What the coordinator does when a sum is not that of what was proved: ask everybody, strike who will not say.

The ledger knows what each client proved, and nobody else does. Once every update that counts was revealed, or its owner
struck, the sum follows from the ledger's events alone. What each client had given to the sum is then compared with what
it revealed: that is how one is named that answers truthfully after it has cheated.
"""

import time
from collections.abc import Callable, Sequence

from ...chain.signer import Signer
from ...chain.training import (
    LedgerEvent,
    act,
    client_of,
    deadline_passed,
    ledger_events,
    round_of,
    updates_of,
)
from ...errors import NobodyToStrike, RoundFailed
from ...halo2 import Prover
from ...progress import Report, silent
from ...training.attribution import blank_of, sum_matches
from ...training.circuits import commit_vectors
from ...values import Address, address
from .revealing import owes
from .rounds import Disputed, Settled, Struck
from .setup import Standing
from .summands import Summands

_PAUSE = 0.2


class Arbiter:
    """Opens and ends disputes, with the coordinator's account."""

    def __init__(
        self,
        standing: Standing,
        signer: Signer,
        *,
        prover: Prover,
        report: Report = silent,
    ) -> None:
        self._federation, self._opened, self._circuits = standing.federation, standing.opened, standing.circuits
        self._site, self._ledger, self._signer = standing.site, standing.ledger, signer
        self._prover, self._report = prover, report
        self._summands = Summands(standing)
        self._names = standing.names

    def matches(self, total: Sequence[int], updates: Sequence[LedgerEvent]) -> bool:
        """Whether `total` is the sum of the updates behind these commitments, as the ledger would say.

        Raises EngineError.
        """
        (point,) = commit_vectors(self._circuits, [total], self._prover, self._report)
        blank = blank_of(self._circuits, self._prover, self._report)
        return sum_matches(point, blank, [event.fields["updatePoints"] for event in updates])

    def open(self, number: int) -> Disputed:
        """Ask every client of a round for its update. Raises TransactionReverted with the ledger's reason."""
        gas = self._act("dispute", [number])
        until = round_of(self._site.chain, self._ledger, number).deadline
        return Disputed(round=number, clients=self._owners(self.pending(number)), until=until, gas=gas)

    def pending(self, number: int) -> tuple[Address, ...]:
        """Clients that have not revealed an update of the round that counts, ascending."""
        clients = [address(event.fields["client"]) for event in updates_of(self._events(), number)]
        return tuple(one for one in clients if owes(client_of(self._site.chain, self._ledger, one), number))

    def strike(self, number: int) -> Struck:
        """Shut everybody out who has not revealed.

        Raises NobodyToStrike, TransactionReverted with the ledger's reason: before the deadline it is TooEarly.
        """
        pending = self.pending(number)
        if not pending:
            raise NobodyToStrike(f"every client that is left in round {number} has revealed its update", round=number)
        gas = sum(self._act("strike", [number, client]) for client in pending)
        self._report(f"round {number}: struck {', '.join(self._owners(pending))}")
        return Struck(round=number, owners=self._owners(pending), gas=gas)

    def settle(self, number: int, alive: Callable[[], None]) -> Settled:
        """Wait for the answers, strike who gives none, expel who had given something else, and say the true sum.

        Raises RoundFailed, after it has ended the round, when too few are left; what `alive` and `strike` raise.
        """
        gas = 0
        while self.pending(number):
            if deadline_passed(self._site.chain, round_of(self._site.chain, self._ledger, number).deadline):
                gas += self.strike(number).gas
                break
            alive()
            time.sleep(_PAUSE)
        events = [event for event in self._events() if event.fields.get("round") == number]
        struck = self._owners([event.fields["client"] for event in events if event.name == "ClientStruck"])
        left, quorum = len(updates_of(events, number)), self._federation.plan.quorum
        if left < quorum:
            self._act("abort", [number])
            raise RoundFailed(
                f"round {number} ended without a new model: {', '.join(struck)} did not reveal what was proved, and "
                f"{left} updates are left of a quorum of {quorum}",
                remedy="run the same command again, if as many owners as the quorum are left",
                round=number,
                struck=struck,
            )
        revealed = self._summands.revealed(events)
        named, spent = self._expel(number, revealed)
        total = tuple(sum(column) for column in zip(*revealed.values(), strict=True))
        return Settled(total=total, struck=struck, named=named, gas=gas + spent)

    def _expel(self, number: int, revealed: dict[Address, tuple[int, ...]]) -> tuple[tuple[str, ...], int]:
        """Shut out who had given the sum something else than it revealed; who that is, and gas.

        What the honest have given is public by now, so that looking at it discloses nothing more of theirs.
        """
        liars = [client for client, values in revealed.items() if self._summands.given(client, number) != values]
        gas = 0
        for client in liars:
            self._report(f"round {number}: {self._names[client]} gave the sum something else than it had proved")
            if client_of(self._site.chain, self._ledger, client).enrolled:
                gas += self._act("expel", [client])
        return self._owners(liars), gas

    def _owners(self, clients: Sequence[str]) -> tuple[str, ...]:
        return tuple(self._names[address(client)] for client in clients)

    def _events(self) -> tuple[LedgerEvent, ...]:
        return ledger_events(self._site.chain, self._ledger, self._opened.block)

    def _act(self, function: str, arguments: list[object]) -> int:
        self._report(function)
        return act(self._site.chain, self._signer, self._ledger, function, arguments, self._report).gas_used
