"""Parts of a plan: its owners, the privacy that they are promised, and how long phases take."""

from dataclasses import dataclass, fields
from typing import get_args

from ..errors import PlanInvalid
from ..record import Record
from ..values import ZERO_ADDRESS, address
from .accounting import Accountant
from .merkle import Commitment
from .plan_entries import Entries, is_word, word_of

#: What stands before the name under which data were registered, where an owner's data are said.
REGISTERED = "registered:"
#: Longest name of an owner, or of data that are registered: it names folders and certificates.
LONGEST_NAME = 40
#: What the accountants can tell from nothing and from everything, and a multiplier of noise keeps.
LEAST_EPSILON, MOST_EPSILON = 1e-6, 1000.0
_LEAST_DELTA, _MOST_DELTA = 1e-12, 0.1
_CANDIDATES = (2, 16)
#: Seconds of a year; the ledger counts a phase's in 32 bits.
_LONGEST_WINDOW = 365 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner(Record):
    """A data owner: one client of the federation."""

    name: str
    data: str  #: path of the samples, relative to the plan, or the name under which they were registered
    signer: str = ""  #: which account acts for it (`chain.signers`); empty: the devnet's, by its place
    address: str = ""  #: of its account, with its checksum; empty: its signer is asked
    epsilon: float = 0.0  #: most that it lets its data spend; 0: the plan's target
    commitment: Commitment = "kzg"  #: by which its data were registered; "poseidon": before, for any federation


@dataclass(frozen=True, slots=True, kw_only=True)
class Privacy(Record):
    """How much may be learnt of one sample: (epsilon, delta) of the whole training, by this accountant."""

    epsilon: float
    delta: float = 1e-5
    accountant: Accountant = "prv"
    candidates: int = 4  #: vectors of noise that a client commits to each time, of which all but one are opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows(Record):
    """Seconds that each phase of a round may take."""

    join: int = 600
    noise: int = 600
    submit: int = 3600
    close: int = 3600


def read_owner(entries: Entries) -> Owner:
    """One owner. Raises PlanInvalid."""
    entries.only(*(field.name for field in fields(Owner)))
    data = entries.text("data")
    commitment: Commitment = entries.one_of("commitment", get_args(Commitment), "kzg")
    registered = data.startswith(REGISTERED)
    if not data or (registered and not is_word(data.removeprefix(REGISTERED), LONGEST_NAME)):
        raise entries.wrong("data", f'the path of a table, or "registered:NAME" with {word_of(LONGEST_NAME)}')
    if commitment == "poseidon" and not registered:
        raise PlanInvalid(
            f'{entries.named("data")}: data that are committed to by poseidon are given as "registered:NAME"',
            entry=entries.named("data"),
        )
    spends = entries.number("epsilon", 0.0)
    return Owner(
        name=entries.word("name", LONGEST_NAME),
        data=data,
        signer=read_reference(entries, "signer"),
        address=_read_address(entries, "address"),
        epsilon=spends if spends == 0 else entries.between("epsilon", LEAST_EPSILON, MOST_EPSILON),
        commitment=commitment,
    )


def read_privacy(entries: Entries) -> Privacy:
    """What is promised. Raises PlanInvalid."""
    entries.only(*(field.name for field in fields(Privacy)))
    return Privacy(
        epsilon=entries.between("epsilon", LEAST_EPSILON, MOST_EPSILON),
        delta=entries.between("delta", _LEAST_DELTA, _MOST_DELTA, 1e-5),
        accountant=entries.one_of("accountant", get_args(Accountant), "prv"),
        candidates=entries.whole("candidates", *_CANDIDATES, 4),
    )


def read_windows(entries: Entries) -> Windows:
    """The length of each phase. Raises PlanInvalid."""
    names = [field.name for field in fields(Windows)]
    entries.only(*names)
    usual = Windows()
    return Windows(**{name: entries.whole(name, 1, _LONGEST_WINDOW, getattr(usual, name)) for name in names})


def _read_address(entries: Entries, entry: str) -> str:
    """An account's address with its checksum, or nothing."""
    if entry not in entries:
        return ""
    try:
        found = address(entries.text(entry))
    except ValueError:
        found = ZERO_ADDRESS
    if found == ZERO_ADDRESS:
        raise entries.wrong(entry, "an account: 0x and 40 hex digits, not all zero, with a right checksum if any")
    return found


def read_reference(entries: Entries, entry: str) -> str:
    """A signer's reference, which no message shows: it may be a key that was put here by mistake."""
    if type(entries.table.get(entry, "")) is not str:
        raise PlanInvalid(f"{entries.named(entry)} is no text, expected a signer like env:NAME", entry=entry)
    return entries.text(entry, "")
