"""The coordinator's look at a sum that is too large for honest updates: whose salt made it so."""

from collections.abc import Sequence

from ...chain.training import LedgerEvent, client_of, ledger_events, round_of, updates_of
from ...errors import RoundFailed, SaltForged
from ...progress import Report, silent
from ...training.grid import EXACT_BITS
from ...values import Address, address
from .noise_guard import Act
from .setup import Standing
from .summands import Summands


class SaltGuard:
    """Shuts out who has salt that no honest client draws, where it can be seen."""

    def __init__(self, standing: Standing, act: Act, *, sees_updates: bool, report: Report = silent) -> None:
        self._opened, self._circuits = standing.opened, standing.circuits
        self._site, self._ledger = standing.site, standing.ledger
        self._act, self._report, self._sees_updates = act, report, sees_updates
        self._summands = Summands(standing)
        self._names = standing.names

    def spoiled(self, number: int) -> tuple[str, ...]:
        """Owners in a round who were shut out and whose salt is out of range: the round can only be left."""
        chain, ledger = self._site.chain, self._ledger
        shut_out = [one for one in self._clients(number) if not client_of(chain, ledger, one).enrolled]
        return tuple(self._names[client] for client in self._forged(number, shut_out))

    def expect(self, number: int, total: Sequence[int]) -> None:
        """Whether a sum that the ledger would take is one that honest updates can have: circuits read it exactly.

        If not, who has salt out of range is shut out. Raises SaltForged, RoundFailed where nobody is known to have.
        """
        if fits(total):
            return
        said = f"round {number} cannot be closed: the sum of its updates does not fit {EXACT_BITS} bits"
        forged = self._forged(number, self._clients(number))
        if not forged:
            raise RoundFailed(
                f"{said}, as that of honest updates does; whose salt it is, is not known",
                remedy="run the same command again: the round is left when the time for closing it is over",
                round=number,
                allowed=2**EXACT_BITS,
            )
        for client in forged:
            self._report(f"round {number}: the update of {self._names[client]} has salt out of range")
            if client_of(self._site.chain, self._ledger, client).enrolled:
                self._act("expel", [client])
        names, bits = tuple(self._names[client] for client in forged), self._circuits.layout.limb_bits
        raise SaltForged(
            f"{said}, because of salt beyond {bits} bits of {', '.join(names)}, now shut out",
            round=number,
            owners=names,
            allowed=2**bits,
        )

    def _clients(self, number: int) -> list[Address]:
        return [address(event.fields["client"]) for event in updates_of(self._events(), number)]

    def _forged(self, number: int, clients: Sequence[Address]) -> list[Address]:
        """Those of `clients` whose update has a limb of salt that nobody draws, as far as updates can be seen."""
        if round_of(self._site.chain, self._ledger, number).phase == "reveal":
            mine = [event for event in self._events() if event.fields.get("round") == number]
            known = self._summands.revealed(mine)
        elif self._sees_updates:
            # What was given is what was proved: together it is the sum that the commitments are of.
            given = {client: self._summands.given(client, number) for client in clients}
            known = {client: values for client, values in given.items() if values is not None}
        else:
            known = {}
        layout = self._circuits.layout
        salt = layout.architecture.parameters  # of an update, all that is behind its parameters
        return [one for one in clients if one in known and not in_range(known[one][salt:], layout.limb_bits)]

    def _events(self) -> tuple[LedgerEvent, ...]:
        return ledger_events(self._site.chain, self._ledger, self._opened.block)


def fits(total: Sequence[int]) -> bool:
    """Whether circuits read each number exactly, as they do in every sum of honest updates."""
    return all(abs(value) < 2**EXACT_BITS for value in total)


def in_range(limbs: Sequence[int], bits: int) -> bool:
    """Whether these are limbs of salt as everybody draws them."""
    return all(0 <= limb < 2**bits for limb in limbs)
