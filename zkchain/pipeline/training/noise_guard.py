"""The coordinator's look at the noise of a round: no model is made with an update whose noise was forged."""

from collections.abc import Callable

from ...chain.training import LedgerEvent, client_of, ledger_events, updates_of
from ...errors import NoiseForged, RoundFailed
from ...halo2 import Prover
from ...progress import Report, silent
from ...values import Address, address
from .noise_check import noise_verdict
from .setup import Standing

#: Send one of the ledger's functions with the coordinator's account; the gas.
Act = Callable[[str, list[object]], int]


class NoiseGuard:
    """Checks each update once, as soon as it is proved, and shuts out who opened noise that its secrets do not give."""

    def __init__(self, standing: Standing, act: Act, *, prover: Prover, report: Report = silent) -> None:
        self._opened, self._circuits = standing.opened, standing.circuits
        self._site, self._ledger = standing.site, standing.ledger
        self._act, self._prover, self._report = act, prover, report
        self._names = standing.names
        self._private = standing.federation.plan.privacy is not None
        self._good: set[str] = set()

    def spoiled(self, number: int) -> tuple[str, ...]:
        """Owners in a round who were shut out and whose noise is forged: the round can only be left.

        Raises RoundFailed, EngineError.
        """
        chain, ledger = self._site.chain, self._ledger
        shut_out = [one for one in self._look(number)[1] if not client_of(chain, ledger, one).enrolled]
        return tuple(self._names[client] for client in shut_out)

    def expect(self, number: int) -> int:
        """Check the noise of every update of a round that is there, as far as it was opened; how many there are.

        Raises NoiseForged, after who forged it was shut out, RoundFailed, TransactionReverted, EngineError.
        """
        updates, forged = self._look(number)
        for client in forged:
            if client_of(self._site.chain, self._ledger, client).enrolled:
                self._report(f"round {number}: {self._names[client]} opened noise that its secrets do not give")
                self._act("expel", [client])
        if forged:
            names = tuple(self._names[client] for client in forged)
            raise NoiseForged(
                f"round {number} cannot be closed: noise that does not follow from the secrets behind it was opened by "
                f"{', '.join(names)}, now shut out",
                round=number,
                owners=names,
            )
        return updates

    def _look(self, number: int) -> tuple[int, list[Address]]:
        """How many updates count, and whose opened noise is another one. Raises RoundFailed, EngineError."""
        events = ledger_events(self._site.chain, self._ledger, self._opened.block)
        mine = [event for event in events if event.fields.get("round") == number]
        updates = updates_of(mine, number)
        return len(updates), [address(one.fields["client"]) for one in updates if self._wrong(one, mine)]

    def _wrong(self, update: LedgerEvent, events: list[LedgerEvent]) -> bool:
        if not self._private or update.tx_hash in self._good:
            return False
        deviation = self._opened.noise.deviation
        verdict = noise_verdict(update, events, self._circuits, deviation, self._prover, self._report)
        if verdict == "none":  # the ledger takes no update without: what is missing is missing at the node
            name = self._names[address(update.fields["client"])]
            number = update.fields["round"]
            raise RoundFailed(
                f"the node does not show to which noise {name} committed in round {number}",
                remedy="ask another node, or this one again later",
                round=number,
                owner=name,
            )
        if verdict == "recomputed":
            self._good.add(update.tx_hash)
        return verdict == "wrong"
