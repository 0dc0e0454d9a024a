"""Use case: what was sent from here, what became of it, and what can still be done about it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..chain.client import Chain
from ..chain.l1_fee import l1_fee, paid_l1_fee
from ..chain.tx.entry import Attempt, Entry
from ..chain.tx.journal import Journal, open_journal
from ..chain.tx.manager import Manager, open_manager
from ..chain.tx.queries import find_entry, latest_entries
from ..config import Config
from ..errors import ChainError, TransactionNotFound
from ..network_config import LOCAL
from ..progress import Report, silent
from ..record import Record
from ..values import Address, Digest, address
from .site import JOURNALS, open_site

_FILE = re.compile(r"([0-9]{1,20})-(0x[0-9a-fA-F]{40})\.db\Z")
_LOCAL_CHAIN = 31337


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionLine(Record):
    """A transaction of a journal. `hash` is the one that was mined, or the last that was sent; empty before."""

    id: int
    chain_id: int
    account: Address
    state: str
    label: str
    key: str | None
    to: Address | None
    nonce: int | None
    hash: str
    block: int | None
    gas_used: int | None
    created: float  #: seconds since the epoch
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptLine(Record):
    """One signed form of a transaction; fees in wei a unit of gas."""

    hash: Digest
    kind: str
    nonce: int
    max_fee: int
    tip: int
    created: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionDetail(Record):
    """All of a transaction. Costs are in wei: what was paid if it is mined, else the most that it may cost."""

    line: TransactionLine
    attempts: tuple[AttemptLine, ...]
    gas: int
    data_bytes: int
    contract: Address | None
    cost: int
    l1_fee: int | None  #: besides, for its data on the base chain; None where there is none


def list_transactions(config: Config, network: str | None = None, *, count: int = 50) -> tuple[TransactionLine, ...]:
    """The latest transactions of all accounts, of one network alone if it is given; newest first. Asks nobody.

    Raises NetworkUnknown, JournalUnusable.
    """
    wanted = None if network is None else _chain_id(config, network)
    lines = []
    for journal in _journals(config, wanted):
        lines += [line_of(journal.chain_id, journal.account, entry) for entry in latest_entries(journal, count)]
    return tuple(sorted(lines, key=lambda line: -line.created)[:count])


def show_transaction(config: Config, network: str, name: str) -> TransactionDetail:
    """The transaction with this number or hash, whichever account's it is, and what it cost or may cost.

    Raises TransactionNotFound, and TransactionNotFound too when several accounts have one of this number.
    """
    found = []
    for journal in _journals(config, _chain_id(config, network)):
        try:
            found.append((journal.account, find_entry(journal, name)))
        except TransactionNotFound:
            continue
    if len(found) != 1:
        many = f"{len(found)} transactions are" if found else "no transaction is"
        raise TransactionNotFound(f"on network {network!r} {many} called {name[:80]!r}", name=name)
    account, entry = found[0]
    return _detail(open_site(network, config, signing=False).chain, account, entry)


def speed_up_transaction(config: Config, network: str, name: str) -> TransactionDetail:
    """Pay more for a transaction that waits. Raises TransactionNotFound, FeeOverCap, TransactionError, ChainError."""
    with _managed(config, network) as (chain, manager):
        return _detail(chain, manager.account, manager.speed_up(manager.find(name).id))


def cancel_transaction(config: Config, network: str, name: str, report: Report = silent) -> TransactionLine | None:
    """Put an empty transaction in the place of one that waits, and say which of them was mined.

    None when it was never signed, and is forgotten. Raises as `speed_up_transaction` does, and TransactionUnknown.
    """
    with _managed(config, network) as (chain, manager):
        entry = manager.find(name)
        if manager.cancel(entry.id) is None:
            return None
        (done,) = manager.wait([entry.id], report=report)
        return line_of(chain.network.chain_id, manager.account, done)


def resume_transactions(config: Config, network: str, report: Report = silent) -> tuple[TransactionLine, ...]:
    """Wait for everything of the signer's account that is open, and send what is lost. Raises TransactionUnknown."""
    with _managed(config, network) as (chain, manager):
        done = manager.resume(report=report)
        return tuple(line_of(chain.network.chain_id, manager.account, entry) for entry in done)


def line_of(chain_id: int, account: Address, entry: Entry) -> TransactionLine:
    """An entry of a journal as it is listed."""
    return TransactionLine(
        id=entry.id,
        chain_id=chain_id,
        account=account,
        state=entry.state,
        label=entry.label,
        key=entry.key,
        to=entry.recipient,
        nonce=entry.nonce,
        hash=entry.mined_hash or (entry.attempts[-1].hash if entry.attempts else ""),
        block=entry.block,
        gas_used=entry.gas_used,
        created=entry.created,
        note=entry.note,
    )


def _detail(chain: Chain, account: Address, entry: Entry) -> TransactionDetail:
    attempts = tuple(_attempt_line(attempt) for attempt in entry.attempts)
    cost = entry.gas * max((attempt.max_fee for attempt in entry.attempts), default=0)
    extra = None
    try:
        raw = None if entry.mined_hash is None else chain.raw_receipt(entry.mined_hash)
        if raw is None:
            extra = l1_fee(chain, entry.recipient, entry.attempts[-1].raw if entry.attempts else entry.data)
        else:
            extra = paid_l1_fee(raw)
            cost = (entry.gas_used or 0) * int(str(raw.get("effectiveGasPrice", "0x0")), 16)
    except (ChainError, ValueError):
        pass  # the journal says the rest all the same
    return TransactionDetail(
        line=line_of(chain.network.chain_id, account, entry),
        attempts=attempts,
        gas=entry.gas,
        data_bytes=len(entry.data),
        contract=entry.contract,
        cost=cost,
        l1_fee=extra,
    )


def _attempt_line(attempt: Attempt) -> AttemptLine:
    return AttemptLine(
        hash=attempt.hash,
        kind=attempt.kind,
        nonce=attempt.nonce,
        max_fee=attempt.max_fee,
        tip=attempt.tip,
        created=attempt.created,
    )


@contextmanager
def _managed(config: Config, network: str) -> Iterator[tuple[Chain, Manager]]:
    site = open_site(network, config, signing=True)
    assert site.signer is not None
    with open_manager(site.chain, site.signer) as manager:
        yield site.chain, manager


def _journals(config: Config, chain_id: int | None) -> Iterator[Journal]:
    """Every journal there is, or those of one chain; none is made."""
    folder = config.home / JOURNALS
    for path in sorted(folder.glob("*.db")):
        match = _FILE.match(path.name)
        if match and chain_id in (None, int(match[1])):
            with open_journal(folder, int(match[1]), address(match[2])) as journal:
                yield journal


def _chain_id(config: Config, network: str) -> int:
    return _LOCAL_CHAIN if network == LOCAL else config.network(network).chain_id
