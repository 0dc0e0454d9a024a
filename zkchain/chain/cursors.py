"""How far a consumer has followed a chain's events, kept in SQLite so that it outlives the process.

A file a cursor, open in one process at a time. It holds, for each followed contract, the last block read and the hashes
of the blocks before it, by which a reorganisation is noticed; and one numbered list of notices, events and
withdrawals of events, of which the first so many are acknowledged. A block's hash and its events are written together.
"""

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ..errors import CursorLost, CursorTaken, DiskFull, FileError, FileForbidden, UsageError, ZkchainError
from ..files import make_private
from ..values import Address, Digest
from .logs import Log

#: Block hashes kept for each contract: how deep a reorganisation may be.
REMEMBERED = 256
_SCHEMA = 1
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,47}")
_PAGE = 500
_TABLES = """
CREATE TABLE positions (source TEXT PRIMARY KEY, start INTEGER NOT NULL, number INTEGER NOT NULL);
CREATE TABLE blocks (source TEXT, number INTEGER, hash TEXT NOT NULL, PRIMARY KEY (source, number)) WITHOUT ROWID;
CREATE TABLE notices (sequence INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, block INTEGER NOT NULL,
  log_index INTEGER NOT NULL, removed INTEGER NOT NULL, live INTEGER NOT NULL, log TEXT NOT NULL);
CREATE TABLE acknowledged (sequence INTEGER NOT NULL);
INSERT INTO acknowledged VALUES (0);
"""
#: SQLite's names of results -> our error and what it means.
_TROUBLE: dict[str, tuple[type[ZkchainError], str]] = {
    "SQLITE_BUSY": (CursorTaken, "is in use by another process"),
    "SQLITE_FULL": (DiskFull, "cannot grow: the disk is full"),
    "SQLITE_CANTOPEN": (FileForbidden, "cannot be opened"),
    "SQLITE_PERM": (FileForbidden, "cannot be opened"),
    "SQLITE_READONLY": (FileForbidden, "cannot be written"),
    "SQLITE_IOERR": (FileError, "cannot be read or written"),
    "SQLITE_CORRUPT": (CursorLost, "is damaged"),
    "SQLITE_NOTADB": (CursorLost, "is damaged"),
    "SQLITE_ERROR": (CursorLost, "is not a cursor of this version"),
}


@dataclass(frozen=True, slots=True)
class Notice:
    """An event that came, or one that a reorganisation took back. `sequence` counts up by one and stays."""

    sequence: int
    removed: bool
    log: Log


@dataclass(frozen=True, slots=True)
class Position:
    """The first block of a contract to be read, and the last one that was read; the one before it at first."""

    start: int
    number: int


class Cursor:
    """One consumer's place. A context manager. Every method raises FileError, and CursorLost for a damaged file."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path, self._connection = path, connection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def begin(self, source: Address, start: int) -> None:
        """Follow `source` from block `start` on, unless it is followed already."""
        with self._transaction() as run:
            run.execute("INSERT OR IGNORE INTO positions VALUES (?, ?, ?)", (source, start, start - 1))

    def position(self, source: Address) -> Position:
        """Where a contract that is followed stands."""
        with self._transaction() as run:
            row = run.execute("SELECT start, number FROM positions WHERE source = ?", (source,)).fetchone()
        return Position(*row)

    def hash_at(self, source: Address, number: int) -> Digest | None:
        """The remembered hash of a block that was read; None when it is not remembered."""
        with self._transaction() as run:
            query = "SELECT hash FROM blocks WHERE source = ? AND number = ?"
            row = run.execute(query, (source, number)).fetchone()
        return None if row is None else Digest(row[0])

    def advance(self, source: Address, number: int, block_hash: Digest, logs: Sequence[Log]) -> None:
        """Everything up to block `number` was read, and `logs` are the new events in it."""
        with self._transaction() as run:
            run.execute("UPDATE positions SET number = ? WHERE source = ?", (number, source))
            run.execute("INSERT INTO blocks VALUES (?, ?, ?)", (source, number, block_hash))
            run.executemany(
                "INSERT INTO notices (source, block, log_index, removed, live, log) VALUES (?, ?, ?, 0, 1, ?)",
                [(source, log.block, log.log_index, json.dumps(log.to_json())) for log in logs],
            )
            oldest = number - REMEMBERED
            run.execute("DELETE FROM blocks WHERE source = ? AND number < ?", (source, oldest))
            run.execute(
                "DELETE FROM notices WHERE source = ? AND block < ?"
                " AND sequence <= (SELECT sequence FROM acknowledged)",
                (source, oldest),
            )

    def rewind(self, source: Address, number: int) -> None:
        """The blocks after `number` are no longer of the chain: their events are taken back, the latest first."""
        with self._transaction() as run:
            run.execute(
                "INSERT INTO notices (source, block, log_index, removed, live, log)"
                " SELECT source, block, log_index, 1, 0, log FROM notices"
                " WHERE source = ? AND live AND block > ? ORDER BY block DESC, log_index DESC",
                (source, number),
            )
            run.execute("UPDATE notices SET live = 0 WHERE source = ? AND block > ?", (source, number))
            run.execute("DELETE FROM blocks WHERE source = ? AND number > ?", (source, number))
            run.execute("UPDATE positions SET number = ? WHERE source = ?", (number, source))

    def pending(self) -> tuple[Notice, ...]:
        """The next notices that are not acknowledged, in order, some hundred at most."""
        with self._transaction() as run:
            rows = run.execute(
                "SELECT sequence, removed, log FROM notices"
                " WHERE sequence > (SELECT sequence FROM acknowledged) ORDER BY sequence LIMIT ?",
                (_PAGE,),
            ).fetchall()
        try:
            return tuple(Notice(row[0], bool(row[1]), Log.from_json(json.loads(row[2]))) for row in rows)
        except (ValueError, TypeError, KeyError) as error:
            raise CursorLost(f"the cursor {self._path} is damaged: {error}", path=str(self._path)) from error

    def acknowledge(self, sequence: int) -> None:
        """The consumer has dealt with everything up to this notice."""
        with self._transaction() as run:
            run.execute("UPDATE acknowledged SET sequence = ?", (sequence,))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything in it happens, or nothing."""
        with _translated(self._path), self._connection:
            yield self._connection


def open_cursor(folder: Path, name: str, chain_id: int, genesis: Digest) -> Cursor:
    """The cursor `name` for the chain that begins with block `genesis`: a devnet started anew is another chain.

    Raises UsageError for a name that cannot be one, CursorTaken while another process has it open, CursorLost, and
    FileError.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name[:80]!r} cannot name a cursor: 1 to 48 letters, digits, '_' or '-'")
    make_private(folder)
    path = folder / f"{chain_id}-{genesis[2:10]}-{name}.sqlite"
    with _translated(path):
        connection = sqlite3.connect(path, timeout=0)
        try:
            version = _prepared(connection)
        except BaseException:
            connection.close()
            raise
    if version != _SCHEMA:
        connection.close()
        raise CursorLost(f"the cursor {path} was written by another version of zkchain", path=str(path))
    return Cursor(path, connection)


def _prepared(connection: sqlite3.Connection) -> int:
    """Take the file for this process alone, and make the tables in a new one. Returns the tables' version."""
    # Held until the process ends, however it ends.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA journal_mode = WAL")
    # A killed process loses nothing; after a power failure the last notices may come a second time.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("BEGIN EXCLUSIVE")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0:
        for statement in _TABLES.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {_SCHEMA}")
    connection.commit()
    return version or _SCHEMA


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        # Extended names, such as SQLITE_IOERR_WRITE, begin with the plain ones.
        found = getattr(error, "sqlite_errorname", "")
        for name, (kind, what) in _TROUBLE.items():
            if found.startswith(name):
                raise kind(f"the cursor {path} {what}", path=str(path)) from error
        raise
