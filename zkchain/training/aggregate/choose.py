"""Which way to sum: one Protocol, four modes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol

from ...errors import ModeUnavailable
from ...progress import Report, silent
from .clear import ClearAggregator
from .he import HeAggregator
from .limits import Limits
from .mpc import MpcAggregator
from .processes import PartyCommand
from .secagg import SecAggAggregator

Mode = Literal["clear", "mpc", "he", "secagg"]

_PRIVATE: dict[str, type[MpcAggregator | HeAggregator | SecAggAggregator]] = {
    "mpc": MpcAggregator,
    "he": HeAggregator,
    "secagg": SecAggAggregator,
}


class Aggregator(Protocol):
    """Sums private integer vectors exactly."""

    def total(self, updates: Sequence[Path], *, length: int, bound: int, report: Report = silent) -> tuple[int, ...]:
        """The sum of the vectors at `updates`, element by element, to the bit.

        Each file is {"values": [...]} with `length` integers v, |v| <= `bound`, and mode 0600; client i's process, and
        in every mode but clear nothing else, opens updates[i]. `bound` is MAX_BOUND at most, and there are MAX_CLIENTS
        at most. Raises AggregationError and its subclasses, ExtraMissing, Cancelled and OSError; none shows a value.
        """


def aggregator(
    mode: Mode, *, scratch: Path, limits: Limits | None = None, command: PartyCommand | None = None
) -> Aggregator:
    """The aggregator of `mode`. Its parties write only in a private folder of `scratch`, which is gone afterwards.

    Raises ModeUnavailable.
    """
    if mode == "clear":
        return ClearAggregator()
    if mode not in _PRIVATE:
        raise ModeUnavailable(f"{mode} is not available; available are clear, {', '.join(_PRIVATE)}", mode=mode)
    return _PRIVATE[mode](scratch=scratch, limits=limits or Limits(), command=command or PartyCommand())
