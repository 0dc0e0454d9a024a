"""What the coordinator does until a round can be closed: keep what chance said, end phases, look at what comes."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from ...chain.training import RoundView, block_passed, deadline_passed, ledger_events, round_of
from ...errors import RoundFailed, TransactionReverted
from ...progress import Report, silent
from ...values import ZERO_DIGEST
from .noise_guard import Act, NoiseGuard
from .setup import Standing

PAUSE = 0.2
#: Called while others are waited for; raises when that is in vain.
Alive = Callable[[], None]

#: What ends a phase in which clients come into a round.
_ENDS = {"join": "endJoin", "noise": "endNoise"}


class Waiting:
    """Waits for the members of a federation, with the coordinator's account."""

    def __init__(self, standing: Standing, act: Act, noise: NoiseGuard, report: Report = silent) -> None:
        self._plan, self._opened = standing.federation.plan, standing.opened
        self._site, self._ledger = standing.site, standing.ledger
        self._act, self._noise, self._report = act, noise, report

    def for_data(self, alive: Alive) -> None:
        """Until every member has registered its data, or has had the time of joining for it."""
        until = time.monotonic() + self._plan.windows.join
        while time.monotonic() < until:
            events = ledger_events(self._site.chain, self._ledger, self._opened.block)
            if sum(event.name == "DataRegistered" for event in events) >= len(self._opened.members):
                return
            alive()
            time.sleep(PAUSE)

    def for_updates(self, number: int, alive: Alive) -> int:
        """Until all have proved, or the time is over and a quorum has, each with honest noise; gas.

        Raises RoundFailed for a round that was aborted, and as `NoiseGuard.expect` does.
        """
        gas, checked = 0, 0
        while True:
            found = round_of(self._site.chain, self._ledger, number)
            if found.phase == "aborted":
                raise RoundFailed(f"round {number} was aborted", round=number)
            if found.phase in ("submit", "reveal") and checked < found.done:
                checked = self._noise.expect(number)
            if checked >= found.done and self._is_whole(found):
                return gas
            spent = self._move(number, found)
            gas += spent
            if not spent:
                alive()
                time.sleep(PAUSE)

    def for_end(self, number: int, alive: Alive) -> int:
        """Until the ledger lets a round be left that will not be closed; gas of leaving it."""
        said = False
        while True:
            found = round_of(self._site.chain, self._ledger, number)
            if found.phase in ("closed", "aborted"):
                return 0
            if self._is_hopeless(found):
                return self._act("abort", [number])
            if not said:
                until = datetime.fromtimestamp(found.deadline + self._plan.windows.close, UTC)
                self._report(f"round {number} can be left when its time is over, {until:%Y-%m-%d %H:%M:%S} UTC")
                said = True
            alive()
            time.sleep(PAUSE)

    def _is_whole(self, found: RoundView) -> bool:
        """Whether nobody is waited for any more, and the ledger still lets the round be closed."""
        late = deadline_passed(self._site.chain, found.deadline)
        if late and self._is_over(found):
            return False
        return found.phase == "reveal" or (
            found.phase == "submit" and (found.done == found.members or (late and found.done >= self._plan.quorum))
        )

    def _is_hopeless(self, found: RoundView) -> bool:
        """Whether a round in which updates are proved, or revealed, can no longer be closed."""
        if found.phase not in ("submit", "reveal") or not deadline_passed(self._site.chain, found.deadline):
            return False
        return found.done < self._plan.quorum or self._is_over(found)

    def _is_over(self, found: RoundView) -> bool:
        return deadline_passed(self._site.chain, found.deadline + self._plan.windows.close)

    def _move(self, number: int, found: RoundView) -> int:
        """End what has no more time, without those that are missing, or keep what chance said; gas, 0 for nothing."""
        if self._is_hopeless(found):
            return self._act("abort", [number])
        if found.phase in _ENDS and deadline_passed(self._site.chain, found.deadline):
            return self._act(_ENDS[found.phase], [number])
        return self._draw(number, found)

    def _draw(self, number: int, found: RoundView) -> int:
        """Have the ledger keep the hash on which a phase stands: the chain itself knows it for 256 blocks alone; gas.

        The first client that needs it does the same, but a proof may take longer than that.
        """
        if self._is_drawn(found) or not block_passed(self._site.chain, found.seal_block):
            return 0
        try:
            return self._act("draw", [number])
        except TransactionReverted as error:
            if error.facts.get("error") == "BeaconLost":
                self._report(f"round {number}: the chain has forgotten the block that draws; another round is needed")
                return self._act("abort", [number])
            now = round_of(self._site.chain, self._ledger, number)
            if self._is_drawn(now) or now.phase != found.phase:
                return 0  # a client was first
            raise

    def _is_drawn(self, found: RoundView) -> bool:
        """Whether nothing is to be drawn in this phase, or it was."""
        if self._plan.privacy is None or found.phase not in ("noise", "submit"):
            return True
        return (found.beacon if found.phase == "noise" else found.challenge) != ZERO_DIGEST
