"""Sum in the clear: the coordinator reads every update. The baseline, and what a client must not be promised."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...progress import Report, silent
from .limits import check_task
from .vectors import read_update


@dataclass(frozen=True, slots=True)
class ClearAggregator:
    """Nothing is hidden from whoever runs it."""

    def total(self, updates: Sequence[Path], *, length: int, bound: int, report: Report = silent) -> tuple[int, ...]:
        """See `Aggregator`."""
        check_task(len(updates), length, bound, least=1)
        report("summing updates")
        total = [0] * length
        for position, path in enumerate(updates):
            for index, value in enumerate(read_update(path, position=position, length=length, bound=bound)):
                total[index] += value
        return tuple(total)
