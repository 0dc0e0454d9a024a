"""Questions to a journal. Those that take a connection are asked in the middle of a change."""

import re
import sqlite3
from collections.abc import Sequence
from typing import Any

from ...errors import TransactionNotFound
from ...values import Digest, address
from .entry import OPEN, Attempt, Entry
from .journal import Journal

_OPEN = ", ".join(f"'{state}'" for state in sorted(OPEN))
#: So much of a hash names a transaction.
_PREFIX = re.compile(r"0x[0-9a-f]{6,64}\Z")


def entry_of(journal: Journal, one: int) -> Entry:
    """The transaction of this number. Raises TransactionNotFound."""
    with journal.reading() as db:
        return entry_in(db, one)


def entries_of(journal: Journal, ids: Sequence[int]) -> list[Entry]:
    """The transactions of these numbers that there are, in the order of their numbers."""
    wanted = set(ids)
    if len(wanted) == 1:
        return _where(journal, "id = ?", *wanted)
    if not wanted:
        return []
    found = _where(journal, "id BETWEEN ? AND ?", min(wanted), max(wanted))
    return [entry for entry in found if entry.id in wanted]


def open_entries(journal: Journal) -> list[Entry]:
    """Those that can still change by themselves, in the order of their nonces."""
    found = _where(journal, f"state IN ({_OPEN})")
    return sorted(found, key=lambda entry: (entry.nonce is None, entry.nonce or 0))


def latest_entries(journal: Journal, count: int) -> list[Entry]:
    """The latest ones, newest first."""
    return _where(journal, "1 ORDER BY id DESC LIMIT ?", count)


def settled_from(journal: Journal, nonce: int) -> list[Entry]:
    """Settled ones with this nonce or a higher one, which the chain must have counted."""
    return _where(journal, "nonce >= ? AND state IN ('final', 'reverted', 'cancelled')", nonce)


def named(journal: Journal, key: str) -> Entry | None:
    """The transaction that `key` stands for."""
    return next(iter(_where(journal, "key = ?", key)), None)


def find_entry(journal: Journal, text: str) -> Entry:
    """The transaction with this number, or with an attempt whose hash begins so. Raises TransactionNotFound."""
    if text.isascii() and text.isdigit() and len(text) < 16:
        return entry_of(journal, int(text))
    found = []
    if _PREFIX.match(text.lower()):
        found = _where(journal, "id IN (SELECT id FROM attempts WHERE hash LIKE ?)", f"{text.lower()}%")
    if len(found) != 1:
        many = f"{len(found)} transactions" if found else "no transaction"
        raise TransactionNotFound(f"{many} of {journal.account} on chain {journal.chain_id} is called {text[:80]!r}")
    return found[0]


def held_in(db: sqlite3.Connection, first: int) -> set[int]:
    """The nonces from `first` on that transactions have."""
    return {row[0] for row in db.execute("SELECT nonce FROM transactions WHERE nonce >= ?", (first,))}


def entry_in(db: sqlite3.Connection, one: int) -> Entry:
    """The transaction of this number. Raises TransactionNotFound."""
    row = db.execute("SELECT * FROM transactions WHERE id = ?", (one,)).fetchone()
    if row is None:
        raise TransactionNotFound(f"there is no transaction {one} in this journal", id=one)
    return _built(row, db.execute("SELECT * FROM attempts WHERE id = ? ORDER BY rowid", (one,)).fetchall())


def named_in(db: sqlite3.Connection, key: str) -> Entry | None:
    """The transaction that `key` stands for."""
    row = db.execute("SELECT id FROM transactions WHERE key = ?", (key,)).fetchone()
    return None if row is None else entry_in(db, row[0])


def _where(journal: Journal, condition: str, *values: Any) -> list[Entry]:
    with journal.reading() as db:
        rows = db.execute(f"SELECT * FROM transactions WHERE {condition}", values).fetchall()  # noqa: S608 - ours
        attempts: dict[int, list[sqlite3.Row]] = {row["id"]: [] for row in rows}
        marks = ", ".join("?" * len(attempts)) if len(attempts) < 500 else "SELECT id FROM transactions"
        ids = list(attempts) if len(attempts) < 500 else []
        for row in db.execute(f"SELECT * FROM attempts WHERE id IN ({marks}) ORDER BY rowid", ids):  # noqa: S608
            if row["id"] in attempts:
                attempts[row["id"]].append(row)
    return [_built(row, attempts[row["id"]]) for row in rows]


def _built(row: sqlite3.Row, attempts: Sequence[sqlite3.Row]) -> Entry:
    fields = dict(row)
    for name in ("recipient", "contract"):
        fields[name] = None if fields[name] is None else address(fields[name])
    return Entry(**fields, attempts=tuple(_attempt(item) for item in attempts))


def _attempt(row: sqlite3.Row) -> Attempt:
    return Attempt(
        hash=Digest(row["hash"]),
        nonce=row["nonce"],
        kind=row["kind"],
        raw=row["raw"],
        max_fee=int(row["max_fee"]),
        tip=int(row["tip"]),
        legacy=bool(row["legacy"]),
        created=row["created"],
    )
