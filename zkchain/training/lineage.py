"""The way from an answer back to the data: what a ledger's events say, as records and as a picture."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from ..record import Record
from ..records import InferenceEvent
from ..values import Address, Digest
from .merkle import Commitment

#: What became of the candidates of noise that a client opened: all are what its secrets give, one is not, nobody has
#: looked, or there was nothing to open.
NoiseVerdict = Literal["recomputed", "wrong", "unchecked", "none"]


#: What became of the ledger's setup, beside plan and circuits: all of it is theirs, some of it is not, or there was no
#: plan to compare it with.
SetupVerdict = Literal["compared", "wrong", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration(Record):
    """Data that were registered before a federation, by hashes."""

    root: Digest
    registry: Address
    since: int  #: Unix seconds

    @property
    def day(self) -> str:
        """When it was registered, by UTC."""
        return datetime.fromtimestamp(self.since, UTC).date().isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRoot(Record):
    """A client's data, as the ledger knows them."""

    client: Address
    root: Digest
    batches: int
    samples: int
    epsilon_cap: int  #: in billionths
    commitment: Commitment = "kzg"  #: the first one; that hashes came before is known where the plan is
    registered: Registration | None = None  #: what was registered by hashes, if a bridge leads there


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvedUpdate(Record):
    """One client's accepted proof in one round."""

    client: Address
    batch: int
    commitment: Digest  #: points hash of the update
    epsilon: int  #: in billionths, spent so far
    noise: NoiseVerdict
    tx_hash: str
    gas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedRound(Record):
    """One round from one model to the next."""

    round: int
    before: Digest
    after: Digest
    updates: tuple[ProvedUpdate, ...]
    tx_hash: str
    gas: int


#: What the registry has of a circuit: an entry as it should be, none, or one that says something else.
EntryVerdict = Literal["registered", "missing", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedCircuit(Record):
    """One of the circuits with whose proofs a federation trained."""

    statement: str  #: the name of what its proofs say
    digest: Digest
    adapter: Address | None  #: that the ledger asks; None where proofs are checked off the chain
    entry: EntryVerdict  #: that the ledger's coordinator has in the ledger's registry

    @property
    def checked_by(self) -> str:
        """Who says whether a proof holds."""
        return self.adapter or "checked off the chain"


#: How a disputed round ended; open: not yet.
Outcome = Literal["closed", "aborted", "open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedDispute(Record):
    """A round whose sum was not that of what was proved, so that its clients were asked for their updates."""

    round: int
    revealed: tuple[Address, ...]  #: whose updates are public
    struck: tuple[Address, ...]  #: who did not reveal in time
    expelled: tuple[Address, ...]  #: whom the coordinator shut out meanwhile: they had given the sum something else
    outcome: Outcome
    tx_hash: str  #: of the dispute


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced(Record):
    """A registered model with everything that it comes from."""

    model_id: Digest
    ledger: Address
    round: int
    model: Digest
    poseidon: str
    rounds: tuple[TracedRound, ...]  #: up to the model's, oldest first
    circuits: tuple[TracedCircuit, ...]
    data: tuple[DataRoot, ...]
    disputes: tuple[TracedDispute, ...]  #: of all the ledger's rounds
    gateway: Address | None  #: whose answers these are; None where no answers were looked for
    answers: tuple[InferenceEvent, ...]  #: that the gateway has accepted of it, oldest first
    #: Most that the ledger has charged any client until the model was linked, in billionths; an update counts from when
    #: it was proved, also in a round that was aborted.
    epsilon: int | None
    setup: SetupVerdict
    unchecked: tuple[str, ...]  #: what nobody has looked at, and how to
    problems: tuple[str, ...]

    @property
    def revealed(self) -> int:
        """How many updates became public in disputes."""
        return sum(len(item.revealed) for item in self.disputes)
