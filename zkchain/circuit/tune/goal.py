"""What a circuit is tuned for, and how far it may be from the float model."""

from dataclasses import dataclass
from typing import Literal

from ...record import Record
from ...records import Fidelity
from ..cost import Cost

Optimize = Literal["prove", "gas", "balanced"]

#: A bound is met with room to spare, since a user's inputs are not the samples.
ROOM = 0.85
#: `gas` may take this many times the fastest candidate's proving time, and no more.
_PATIENCE = 8.0
#: `balanced` weighs gas and key of those that prove nearly as fast as the fastest: in up to so many times its time.
NEARLY = 1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound(Record):
    """The largest error and share of changed labels that a candidate may show; None where nothing is asked."""

    max_abs_error: float | None = None
    mean_abs_error: float | None = None
    flips: float | None = None

    def holds(self, found: Fidelity, flips: float, *, room: float = ROOM) -> bool:
        """Whether a candidate with these errors is precise enough, with room to spare."""
        limits = (
            (found.max_abs_error, self.max_abs_error, room),
            (found.mean_abs_error, self.mean_abs_error, room),
            (flips, self.flips, 1.0),
        )
        return all(limit is None or value <= limit * share for value, limit, share in limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal(Record):
    """What the user asked for; without a bound, ezkl's own pipeline sets it."""

    optimize: Optimize = "balanced"
    max_error: float | None = None
    max_flip: float | None = None

    @property
    def bounded(self) -> bool:
        """Whether the user gave a bound."""
        return self.max_error is not None or self.max_flip is not None

    def bound(self) -> Bound:
        """The user's bound."""
        return Bound(max_abs_error=self.max_error, flips=self.max_flip)

    def score(self, cost: Cost, fastest: float) -> tuple[bool, float]:
        """Lower is better. `fastest` is the least proving time of all candidates, in seconds."""
        seconds = max(cost.prove_seconds, 1e-3)
        if self.optimize == "prove":
            return False, seconds
        if self.optimize == "gas":
            return False, cost.verify_gas * max(1.0, seconds / (_PATIENCE * fastest)) ** 2 + seconds
        slow = seconds > NEARLY * fastest
        return slow, seconds if slow else float(cost.verify_gas) * cost.proving_key_bytes
