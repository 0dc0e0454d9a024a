"""The journal's file: SQLite in WAL mode, one for each chain and account, shared by as many processes as like.

Every change is one transaction that takes the write lock at its beginning. What must outlive a power cut, a signed
transaction before it is sent, is synced; the rest can be found out again from the chain.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from importlib.resources import files
from pathlib import Path

from ...errors import DiskFull, FileForbidden, JournalUnusable, ZkchainError
from ...files import exclusive
from ...values import Address

#: Rises when schema.sql changes. A newer journal is never opened by older code.
SCHEMA_VERSION = 1
#: Seconds to wait for other processes' changes.
_BUSY_SECONDS = 30.0
_IN_MEMORY = ":memory:"


class Journal:
    """An open journal. For one thread; open another for each."""

    __slots__ = ("_db", "account", "chain_id", "path")

    def __init__(self, db: sqlite3.Connection, path: Path | None, chain_id: int, account: Address) -> None:
        self._db, self.path, self.chain_id, self.account = db, path, chain_id, account

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def change(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """One change, whole or not at all; no other process changes anything meanwhile.

        With `durable` it is on the disk when this returns. Raises JournalUnusable, DiskFull, FileForbidden.
        """
        with self._translated():
            self._db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Questions that change nothing. Raises JournalUnusable."""
        with self._translated():
            yield self._db

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise journal_error(self.path, error) from error


def journal_path(folder: Path, chain_id: int, account: Address) -> Path:
    """Where the journal of this account on this chain lies."""
    return folder / f"{chain_id}-{account}.db"


@contextmanager
def open_journal(folder: Path | None, chain_id: int, account: Address) -> Iterator[Journal]:
    """The journal of `account`, made if there is none; in memory, and so forgotten, without a folder.

    Raises JournalUnusable, DiskFull, FileForbidden, OSError.
    """
    path = None if folder is None else journal_path(folder, chain_id, account)
    # One at a time: SQLite does not wait for others when it makes a new file one with a write-ahead log.
    with nullcontext() if path is None else exclusive(path.with_suffix(".lock")):
        journal = _opened(path, chain_id, account)
    try:
        yield journal
    finally:
        journal.close()


def _opened(path: Path | None, chain_id: int, account: Address) -> Journal:
    if path is not None:
        # SQLite gives its side files the mode of this one. Only ever made here, never opened: to close a file frees
        # all locks that this process has on it, those of other threads' journals too.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        db = sqlite3.connect(path or _IN_MEMORY, timeout=_BUSY_SECONDS, isolation_level=None)
    except sqlite3.Error as error:
        raise journal_error(path, error) from error
    journal = Journal(db, path, chain_id, account)
    try:
        _set_up(journal, db)
    except BaseException:
        journal.close()
        raise
    return journal


def journal_error(path: Path | None, error: sqlite3.Error) -> ZkchainError:
    """What SQLite says, as ours."""
    words, where = str(error), path or "the journal in memory"
    if "full" in words:
        return DiskFull(f"{where} cannot be written: {words}; nothing was sent that is not in it", path=path)
    if "readonly" in words or "read-only" in words:
        return FileForbidden(f"{where} cannot be written: {words}", path=path)
    return JournalUnusable(f"{where} cannot be used: {words}", path=path)


def _set_up(journal: Journal, db: sqlite3.Connection) -> None:
    with journal.reading():
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA journal_mode = WAL")
        found = _version(db)
    if found == 0:
        with journal.change(durable=True):
            if _version(db) == 0:  # or another process has been here since
                for statement in _schema():
                    db.execute(statement)
                identity = f"{journal.chain_id} {journal.account}"
                db.execute("INSERT INTO facts VALUES ('identity', ?)", (identity,))
                db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        found = _version(db)
    if found != SCHEMA_VERSION:
        raise JournalUnusable(
            f"{journal.path} has schema {found}, and this zkchain knows {SCHEMA_VERSION}",
            remedy="use the newer zkchain that wrote it",
            path=journal.path,
        )
    with journal.reading():
        identity = db.execute("SELECT value FROM facts WHERE name = 'identity'").fetchone()
    if identity is None or identity[0] != f"{journal.chain_id} {journal.account}":
        raise JournalUnusable(f"{journal.path} is the journal of another chain or account", path=journal.path)


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _schema() -> list[str]:
    text = files(__package__).joinpath("schema.sql").read_text(encoding="utf-8")
    lines = (line.partition("--")[0] for line in text.splitlines())
    return [statement for statement in "\n".join(lines).split(";") if statement.strip()]
