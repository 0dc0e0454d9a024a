"""What can happen to a transaction, as changes of its journal."""

import sqlite3
import time
from collections.abc import Iterable, Sequence
from typing import Any

from ...errors import KeyTaken
from ...records import Receipt
from ...values import Digest
from .entry import NEXT_STATE, Attempt, Entry, Intent, State
from .journal import Journal
from .nonces import next_nonces
from .queries import entry_in, held_in, named_in

#: Seconds that a process has to sign what it planned. A signature after that is thrown away, unsent, if the
#: transaction is another's by then.
LEASE_SECONDS = 60.0


class LeaseLost(Exception):
    """Another process took the transaction over; what was signed for it must not be sent."""


def add(journal: Journal, intent: Intent, gas: int, owner: str) -> tuple[Entry, bool]:
    """Plan a transaction, owned by `owner`; or give the one that has its key, and False.

    Raises KeyTaken when that one is for something else.
    """
    now = time.time()
    with journal.change() as db:
        known = None if intent.key is None else named_in(db, intent.key)
        if known is not None:
            check_same(known, intent)
            return known, False
        fields = (intent.key, intent.label, intent.to, intent.data, gas, owner, now + LEASE_SECONDS, now, now)
        done = db.execute(
            "INSERT INTO transactions (key, label, state, recipient, data, gas, owner, lease_until, created, updated)"
            " VALUES (?, ?, 'planned', ?, ?, ?, ?, ?, ?, ?)",
            fields,
        )
        assert done.lastrowid is not None
        return entry_in(db, done.lastrowid), True


def check_same(known: Entry, intent: Intent) -> None:
    """Raise KeyTaken unless `known` is what `intent` asks for."""
    if (known.recipient, known.data) != (intent.to, intent.data):
        raise KeyTaken(f"the key {intent.key!r} stands for another transaction", key=intent.key, id=known.id)


def lease(journal: Journal, ids: Sequence[int], owner: str, pending: int) -> list[Entry]:
    """Give each of these planned, unsigned transactions a nonce, if `owner` may sign it; returns those.

    A lease that ran out before anything was signed is anybody's: its nonce is given away with the rest.
    """
    now = time.time()
    with journal.change() as db:
        # What nobody can ask for again goes with the process that wanted it.
        db.execute("DELETE FROM transactions WHERE id IN unsigned AND key IS NULL AND lease_until < ?", (now,))
        db.execute("UPDATE transactions SET nonce = NULL WHERE id IN unsigned AND lease_until < ?", (now,))
        mine = []
        for one in ids:
            found = db.execute(
                "SELECT id FROM transactions WHERE id = ? AND nonce IS NULL AND id IN unsigned"
                " AND (owner = ? OR lease_until < ?)",
                (one, owner, now),
            ).fetchone()
            if found is not None:
                mine.append(one)
        for one, nonce in zip(mine, next_nonces(pending, held_in(db, pending), len(mine)), strict=True):
            db.execute(
                "UPDATE transactions SET nonce = ?, owner = ?, lease_until = ?, updated = ? WHERE id = ?",
                (nonce, owner, now + LEASE_SECONDS, now, one),
            )
        return [entry_in(db, one) for one in mine]


def save_attempts(journal: Journal, signed: Sequence[tuple[Entry, Attempt]], owner: str) -> None:
    """Put what was signed on the disk, before it is sent. Raises LeaseLost, and then nothing is saved."""
    with journal.change(durable=True) as db:
        for entry, attempt in signed:
            if attempt.kind == "send":
                sql = "SELECT 1 FROM transactions WHERE id = ? AND nonce = ? AND owner = ? AND state = 'planned'"
                held = db.execute(sql, (entry.id, attempt.nonce, owner)).fetchone()
            else:
                sql = "SELECT 1 FROM transactions WHERE id = ? AND nonce = ? AND state IN ('planned', 'sent')"
                held = db.execute(sql, (entry.id, attempt.nonce)).fetchone()
            if held is None:
                raise LeaseLost
            fields = (attempt.hash, entry.id, attempt.nonce, attempt.kind, attempt.raw)
            fees = (str(attempt.max_fee), str(attempt.tip), attempt.legacy, attempt.created)
            db.execute("INSERT OR IGNORE INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*fields, *fees))


def mark_sent(journal: Journal, ids: Iterable[int], note: str = "") -> None:
    """These are, or may be, with the node."""
    with journal.change() as db:
        for one in ids:
            _move(db, one, "sent", note=note)


def mark_mined(journal: Journal, one: int, receipt: Receipt) -> None:
    """It is in a block. Also when it is in another block than before."""
    with journal.change() as db:
        fields = {
            "mined_hash": receipt.tx_hash,
            "block": receipt.block,
            "block_hash": receipt.block_hash,
            "status": receipt.status,
            "gas_used": receipt.gas_used,
            "contract": receipt.contract_address,
            "note": "",
        }
        _move(db, one, "mined", **fields)


def mark_unmined(journal: Journal, one: int) -> None:
    """A reorganisation took it out of its block."""
    nothing = dict.fromkeys(("mined_hash", "block", "block_hash", "status", "gas_used", "contract"))
    with journal.change() as db:
        _move(db, one, "sent", note="a reorganisation took it out of its block", **nothing)


def mark_settled(journal: Journal, one: int, state: State, *, block_hash: Digest | None = None) -> None:
    """Its block is deep enough: final, reverted or cancelled; or a foreign transaction has its nonce: replaced.

    Nothing changes when it is no longer in the block that was judged: another process has found it elsewhere.
    """
    with journal.change() as db:
        if block_hash is None:
            _move(db, one, state)
        elif entry_in(db, one).block_hash == block_hash:
            _move(db, one, state, note="")


def renumber(journal: Journal, one: int, owner: str) -> None:
    """A foreign transaction has its nonce for good: plan it anew, for `owner` to sign under another one."""
    with journal.change() as db:
        state = entry_in(db, one).state
        if state == "planned":
            sql = "UPDATE transactions SET nonce = NULL, owner = ?, lease_until = ? WHERE id = ?"
            db.execute(sql, (owner, time.time() + LEASE_SECONDS, one))
        else:
            _move(db, one, "planned", nonce=None, owner=owner, lease_until=time.time() + LEASE_SECONDS)


def discard(journal: Journal, ids: Iterable[int], owner: str) -> None:
    """Forget transactions that `owner` planned and nobody has published: their nonces are free again."""
    with journal.change() as db:
        for one in ids:
            db.execute("DELETE FROM transactions WHERE id = ? AND state = 'planned' AND owner = ?", (one, owner))


def drop(journal: Journal, one: int) -> bool:
    """Give up a transaction that nobody has signed under a nonce; whether it was such a one."""
    with journal.change() as db:
        done = db.execute("DELETE FROM transactions WHERE id = ? AND (id IN unsigned OR state = 'replaced')", (one,))
        return done.rowcount > 0


def annotate(journal: Journal, one: int, note: str) -> None:
    """Keep the latest trouble."""
    with journal.change() as db:
        db.execute("UPDATE transactions SET note = ?, updated = ? WHERE id = ?", (note[:300], time.time(), one))


def claim(journal: Journal, key: str) -> None:
    """Whoever asked for `key` has its result: the same key means a new transaction from now on."""
    with journal.change() as db:
        db.execute("UPDATE transactions SET key = NULL WHERE key = ?", (key,))


def take_over(journal: Journal, one: int, owner: str) -> bool:
    """Whether `owner` may now sign what another process planned, and did not sign in time."""
    now = time.time()
    with journal.change() as db:
        done = db.execute(
            "UPDATE transactions SET owner = ?, lease_until = ?, nonce = NULL WHERE id = ? AND id IN unsigned"
            " AND lease_until < ?",
            (owner, now + LEASE_SECONDS, one, now),
        )
        return done.rowcount > 0


def forget(journal: Journal, ids: Iterable[int]) -> None:
    """Forget transactions, whatever their state: their chain has gone back and never had them. For devnets alone."""
    with journal.change() as db:
        for one in ids:
            db.execute("DELETE FROM transactions WHERE id = ?", (one,))


def same_genesis(journal: Journal, genesis: Digest) -> None:
    """Forget everything when the devnet was started anew since: its chain has another first block."""
    with journal.reading() as db:
        known = db.execute("SELECT value FROM facts WHERE name = 'genesis'").fetchone()
    if known is not None and known[0] == genesis:
        return
    with journal.change() as db:
        db.execute("DELETE FROM transactions")
        db.execute("INSERT OR REPLACE INTO facts VALUES ('genesis', ?)", (genesis,))


def take_watch(journal: Journal, owner: str, seconds: float) -> bool:
    """Whether `owner` is the one who follows the chain for this account, for so many seconds."""
    now = time.time()
    with journal.reading() as db:
        row = db.execute("SELECT value FROM facts WHERE name = 'watch'").fetchone()
    if row is not None:
        holder, until = row[0].rsplit(" ", 1)
        if holder != owner and now < float(until) < now + 10 * seconds:
            return False
        if holder == owner and now < float(until) - seconds / 2:
            return True
    with journal.change() as db:
        again = db.execute("SELECT value FROM facts WHERE name = 'watch'").fetchone()
        if (again and again[0]) != (row and row[0]):
            return False
        db.execute("INSERT OR REPLACE INTO facts VALUES ('watch', ?)", (f"{owner} {now + seconds}",))
    return True


def leave_watch(journal: Journal, owner: str) -> None:
    """Let the next one follow the chain at once."""
    with journal.change() as db:
        db.execute("DELETE FROM facts WHERE name = 'watch' AND value LIKE ? || ' %'", (owner,))


def _move(db: sqlite3.Connection, one: int, state: State, **fields: Any) -> None:
    """Set the state and these columns. A transaction that is gone, or settled meanwhile, is left alone."""
    row = db.execute("SELECT state FROM transactions WHERE id = ?", (one,)).fetchone()
    if row is None or (row[0] != state and state not in NEXT_STATE[row[0]]):
        return
    fields |= {"state": state, "updated": time.time()}
    columns = ", ".join(f"{name} = ?" for name in fields)
    db.execute(f"UPDATE transactions SET {columns} WHERE id = ?", (*fields.values(), one))  # noqa: S608 - our names
