"""What the coordinator can know of single updates of a round: those given to a sum on its machine, those revealed."""

from collections.abc import Sequence

from ...chain.training import LedgerEvent
from ...errors import AggregationError
from ...training.aggregate.vectors import read_update
from ...training.attribution import from_scalars
from ...training.grid import EXACT_BITS
from ...values import Address, address
from .setup import Standing


class Summands:
    """Single updates of a federation's rounds. Whoever asks for one has a reason to see it."""

    def __init__(self, standing: Standing) -> None:
        self._federation, self._run = standing.federation, standing.opened.run
        self._length = standing.circuits.layout.update_length
        self._names = standing.names

    def given(self, client: Address, number: int) -> tuple[int, ...] | None:
        """What a client gave to the sum of a round; None for what cannot be summed."""
        path = self._federation.update(self._names[client], self._run, number)
        try:
            return read_update(path, position=0, length=self._length, bound=2**EXACT_BITS)
        except AggregationError:
            return None

    def revealed(self, events: Sequence[LedgerEvent]) -> dict[Address, tuple[int, ...]]:
        """What was revealed in a dispute, among the events of its round. Raises ChainingBroken."""
        return {
            address(event.fields["client"]): from_scalars(event.fields["scalars"], self._length)
            for event in events
            if event.name == "UpdateRevealed"
        }
