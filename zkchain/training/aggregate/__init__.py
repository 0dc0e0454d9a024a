"""Exact sums of private integer vectors: in the clear, or so that nobody sees a summand but its owner."""

from .choose import Aggregator, Mode, aggregator
from .limits import MAX_BOUND, MAX_CLIENTS, MAX_LENGTH, Limits
from .processes import PartyCommand

__all__ = [
    "MAX_BOUND",
    "MAX_CLIENTS",
    "MAX_LENGTH",
    "Aggregator",
    "Limits",
    "Mode",
    "PartyCommand",
    "aggregator",
]
