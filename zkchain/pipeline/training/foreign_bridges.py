"""What other owners show of their data, fetched from the coordinator's board for whoever checks it on this host."""

import time
from contextlib import suppress

from ...chain.training import client_of
from ...errors import BoardUnreachable, BridgeBroken
from ...halo2 import Prover
from ...progress import Report, silent
from ...training.bridge import MOST_BATCHES, Bridge, is_whole_for, with_part
from ...training.hosts.caller import BoardCaller
from ...values import Address
from .bridging import BridgeGuard, bridge_at, save_bridge
from .setup import Standing

#: Seconds before a board that was away is asked for bridges again: a round goes on meanwhile.
_AGAIN = 30.0


class ForeignBridges:
    """Keeps the bridges of all owners but one as the board shows them. Nothing is believed: `BridgeGuard` checks them.

    One that holds is never replaced, whatever the board shows later; one that does not is, once there is another.
    """

    def __init__(
        self, standing: Standing, own: str, caller: BoardCaller, *, prover: Prover, report: Report = silent
    ) -> None:
        self._standing, self._caller = standing, caller
        self._prover, self._report = prover, report
        owners = {owner.name for owner in standing.federation.plan.owners if owner.commitment == "poseidon"}
        self._wanted = {member: name for member, name in standing.names.items() if name in owners - {own}}
        self._seen: object = None
        self._not_before = 0.0

    @property
    def missing(self) -> bool:
        """Whether there is anybody whose bridge was not fetched yet."""
        return bool(self._wanted)

    def fetch_once(self, when: object) -> None:
        """Fetch what is missing, once for each `when`; a board that is away is asked again a little later.

        A board that shows nothing, or what is no bridge, is reported: it is the check that fails then. Raises RpcError,
        ConnectionFailed and EngineError.
        """
        if when != self._seen and time.monotonic() >= self._not_before:
            try:
                self.fetch()
                self._seen = when
            except BoardUnreachable as error:
                self._report(f"no bridges of others yet: {error.message}")
                self._not_before = time.monotonic() + _AGAIN

    def fetch(self) -> None:
        """Fetch what is missing of those who have registered data. Raises as `fetch_once` does, BoardUnreachable."""
        chain, ledger = self._standing.site.chain, self._standing.ledger
        for member, name in tuple(self._wanted.items()):
            known = client_of(chain, ledger, member)
            if not int(known.root, 16):
                continue
            found = self._shown(name, known.batches)
            if found is None:
                self._report(f"the board shows no bridge of {name}'s data")
            elif self._kept(member, name, found) or is_whole_for(found, known.root):
                del self._wanted[member]

    def _shown(self, name: str, batches: int) -> Bridge | None:
        """What the board shows, whole; None where it shows less, or what cannot be read."""
        found: Bridge | None = None
        with suppress(ValueError, KeyError, TypeError, RecursionError):
            for number in range(batches if batches <= MOST_BATCHES else 0):
                told = self._caller.bridge(name, number)
                if told is None:
                    return None
                found = with_part(found, number, Bridge.from_json(told))
                if found.statement.batches != batches:
                    return None
            return found
        return None

    def _kept(self, member: Address, name: str, found: Bridge) -> bool:
        """Keep what was found, unless what is here holds. Whether something else is here, and holds."""
        federation = self._standing.federation
        kept = bridge_at(federation, name)
        if kept == found:
            return False
        if kept is not None and self._holds(member):
            self._report(f"the board shows another bridge of {name}'s data than the one here, which holds and stays")
            return True
        save_bridge(federation, name, found)
        return False

    def _holds(self, member: Address) -> bool:
        try:
            BridgeGuard(self._standing, prover=self._prover, report=self._report).registration(member)
        except BridgeBroken:
            return False
        return True
