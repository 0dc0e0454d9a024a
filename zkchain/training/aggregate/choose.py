"""Which way to sum: one Protocol, four modes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol

from ...progress import Report, silent
from .clear import ClearAggregator
from .he import HeAggregator
from .limits import Limits
from .mpc import MpcAggregator
from .processes import PartyCommand
from .secagg import SecAggAggregator

Mode = Literal["clear", "mpc", "he", "secagg"]


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
    """The aggregator of `mode`. Its parties write only in a private folder of `scratch`, which is gone afterwards."""
    bounds, program = limits or Limits(), command or PartyCommand()
    if mode == "clear":
        return ClearAggregator()
    if mode == "mpc":
        return MpcAggregator(scratch=scratch, limits=bounds, command=program)
    if mode == "he":
        return HeAggregator(scratch=scratch, limits=bounds, command=program)
    return SecAggAggregator(scratch=scratch, limits=bounds, command=program)
