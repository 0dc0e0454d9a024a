"""What a transaction is to the journal: what was meant, what was signed for it, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ...record import Record
from ...records import Receipt
from ...values import Address, Digest
from ..fees import Fees

State = Literal["planned", "sent", "mined", "final", "replaced", "reverted", "cancelled"]
Kind = Literal["send", "bump", "cancel"]

#: Which state may follow which. From "mined" back to "sent" leads a reorganisation; from "replaced", where a foreign
#: transaction took the nonce, a new nonce.
NEXT_STATE: Mapping[State, frozenset[State]] = {
    "planned": frozenset({"sent", "mined"}),
    "sent": frozenset({"mined", "replaced", "planned"}),
    "mined": frozenset({"sent", "final", "reverted", "cancelled"}),
    "final": frozenset(),
    "replaced": frozenset({"planned", "mined"}),
    "reverted": frozenset(),
    "cancelled": frozenset(),
}
#: States in which a transaction can still change by itself.
OPEN: frozenset[State] = frozenset({"planned", "sent", "mined"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What is to be sent: `data` to `to`, or creation code when `to` is None. `gas` None is estimated.

    The same `key` always means the same transaction, until it is claimed; None is a transaction of its own.
    """

    to: Address | None
    data: bytes
    gas: int | None = None
    key: str | None = None
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt(Record):
    """One signed form of a transaction."""

    hash: Digest
    nonce: int
    kind: Kind
    raw: bytes
    max_fee: int  #: wei a unit of gas; the gas price of an old transaction
    tip: int
    legacy: bool
    created: float  #: seconds since the epoch

    @property
    def fees(self) -> Fees:
        """What it offers."""
        return Fees(max_fee=self.max_fee, tip=self.tip, legacy=self.legacy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Record):
    """A transaction as the journal has it. `attempts` are in the order of their signing; the last one is in force."""

    id: int
    key: str | None
    label: str
    state: State
    recipient: Address | None
    data: bytes
    gas: int
    nonce: int | None
    owner: str
    lease_until: float
    mined_hash: Digest | None
    block: int | None
    block_hash: Digest | None
    status: int | None
    gas_used: int | None
    contract: Address | None
    note: str
    created: float
    updated: float
    attempts: tuple[Attempt, ...]

    @property
    def current(self) -> tuple[Attempt, ...]:
        """The attempts with the nonce it has now. Those with a nonce that it lost can no longer be mined."""
        return tuple(attempt for attempt in self.attempts if attempt.nonce == self.nonce)

    @property
    def settled(self) -> bool:
        """Whether its fate is known for good, as far as the network's confirmations go."""
        return self.state not in OPEN

    def receipt(self, account: Address) -> Receipt | None:
        """Its receipt, once it is mined."""
        if self.mined_hash is None or self.block is None or self.block_hash is None:
            return None
        return Receipt(
            tx_hash=self.mined_hash,
            block=self.block,
            block_hash=self.block_hash,
            gas_used=self.gas_used or 0,
            status=self.status or 0,
            contract_address=self.contract,
            sender=account,
        )
