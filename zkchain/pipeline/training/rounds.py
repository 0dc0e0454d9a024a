"""What a federation's rounds, and disputes about their sums, came to."""

from dataclasses import dataclass

from ...record import Record
from ...values import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundClosed(Record):
    """One round that changed the model."""

    round: int
    updates: int
    model: Digest
    epsilon: int  #: in billionths
    seconds: float  #: from opening to closing
    sum_seconds: float
    prove_seconds: float
    gas: int  #: of the coordinator's transactions
    disputed: bool = False  #: whether the updates were revealed, since their sum did not match
    struck: tuple[str, ...] = ()  #: owners who did not reveal
    named: tuple[str, ...] = ()  #: owners who revealed something else than they had given to the sum


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What the last transaction of a round did."""

    updates: int
    model: Digest
    epsilon: int  #: in billionths
    prove_seconds: float
    gas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Disputed(Record):
    """A dispute that was opened."""

    round: int
    clients: tuple[str, ...]  #: owners who have to reveal
    until: int  #: the last second for it, Unix time
    gas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Struck(Record):
    """Owners who did not reveal in time, and are out."""

    round: int
    owners: tuple[str, ...]
    gas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What a dispute came to."""

    total: tuple[int, ...]  #: sum of the updates that still count
    struck: tuple[str, ...]  #: owners who did not reveal
    named: tuple[str, ...]  #: owners who revealed something else than they had given to the sum
    gas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken(Record):
    """What taking part came to."""

    name: str
    rounds: int
    epsilon: float | None  #: spent; None without noise
    gas: int
    prove_seconds: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A proved update as the ledger takes it."""

    proof: bytes
    path: tuple[bytes, ...]
    noise_hashes: tuple[bytes, ...]  #: of each candidate's point
    secrets: tuple[bytes, ...]  #: of the candidates; of the one that is used, its hash
