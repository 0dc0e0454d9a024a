"""What can be summed exactly and in private, and what the parties of a sum may use."""

from dataclasses import dataclass

from ...errors import AggregationRefused

MAX_CLIENTS = 64
#: Largest magnitude of a value. With the most clients a sum stays below 2**46, which every mode holds exactly.
MAX_BOUND = 2**40
MAX_LENGTH = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one sum may take: `seconds` for all of it, `memory_bytes` of address space for each party's process."""

    seconds: float = 300.0
    memory_bytes: int = 4 * 2**30

    def __post_init__(self) -> None:
        if not 0 < self.seconds < 7 * 24 * 3600 or self.memory_bytes < 2**28:
            raise ValueError("a sum needs between 0 s and a week, and at least 256 MiB a party")


def check_task(clients: int, length: int, bound: int, *, least: int) -> None:
    """Raise AggregationRefused unless so many vectors, of that length and bound, have an exact and private sum."""
    if not least <= clients <= MAX_CLIENTS:
        raise AggregationRefused(
            f"{clients} clients were given; this mode sums {least} to {MAX_CLIENTS}",
            remedy="add clients, or choose another mode" if clients < least else None,
            clients=clients,
            least=least,
            limit=MAX_CLIENTS,
        )
    for what, value, limit in (("length", length, MAX_LENGTH), ("bound", bound, MAX_BOUND)):
        if not 1 <= value <= limit:
            raise AggregationRefused(f"the {what} is {value}; it must be within 1..{limit}", value=value, limit=limit)
