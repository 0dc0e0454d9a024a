"""The journal: what is in it, who may change it, and what becomes of it when it is not what it should be."""

import sqlite3
import time
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.strategies import integers

from tests.support.txs import barrier, in_processes
from zkchain.chain.dev_accounts import DEV_ADDRESSES
from zkchain.chain.tx import ledger
from zkchain.chain.tx.entry import NEXT_STATE, OPEN, Attempt, Entry, Intent
from zkchain.chain.tx.journal import Journal, journal_path, open_journal
from zkchain.chain.tx.ledger import (
    LeaseLost,
    add,
    claim,
    discard,
    lease,
    mark_sent,
    renumber,
    save_attempts,
    take_watch,
)
from zkchain.chain.tx.queries import entry_of, find_entry, latest_entries, open_entries
from zkchain.errors import JournalUnusable, KeyTaken, TransactionNotFound
from zkchain.values import keccak_of

ACCOUNT, FRIEND = DEV_ADDRESSES[:2]
CHAIN = 31337


def open_all(folders: list[Path], others: Barrier) -> None:
    """Work of a process: a new journal in each folder, as soon as all others have come as far."""
    for folder in folders:
        others.wait(30)
        with open_journal(folder, CHAIN, ACCOUNT):
            pass


@pytest.fixture
def journal(tmp_path: Path):
    with open_journal(tmp_path, CHAIN, ACCOUNT) as found:
        yield found


def intent(number: int = 0, key: str | None = None) -> Intent:
    return Intent(to=FRIEND, data=bytes([number]), key=key)


def attempt(entry: Entry, salt: int = 0) -> Attempt:
    assert entry.nonce is not None
    tx_hash = keccak_of(f"{entry.id} {entry.nonce} {salt}".encode())
    return Attempt(
        hash=tx_hash, nonce=entry.nonce, kind="send", raw=b"raw", max_fee=10**30, tip=1, legacy=False, created=1.0
    )


def planned(journal: Journal, number: int = 0, owner: str = "me", key: str | None = None) -> Entry:
    return add(journal, intent(number, key), 50_000, owner)[0]


def signed(journal: Journal, number: int = 0, pending: int = 0) -> Entry:
    (entry,) = lease(journal, [planned(journal, number).id], "me", pending)
    save_attempts(journal, [(entry, attempt(entry))], "me")
    return entry_of(journal, entry.id)


def test_what_is_planned_is_there_when_the_journal_is_opened_again(tmp_path: Path):
    with open_journal(tmp_path, CHAIN, ACCOUNT) as journal:
        before = signed(journal)
    with open_journal(tmp_path, CHAIN, ACCOUNT) as journal:
        assert entry_of(journal, before.id) == before
        assert before.attempts[0].max_fee == 10**30


def test_new_journals_can_be_opened_by_many_processes_at_once(tmp_path: Path):
    """SQLite does not wait where two turn a new file into one with a write-ahead log."""
    folders = [tmp_path / str(number) for number in range(60)]
    others = barrier(6)
    in_processes(open_all, *((folders, others) for _ in range(6)))


def test_a_journal_is_for_its_user_alone(tmp_path: Path, journal: Journal):
    with journal.change():
        assert {path.stat().st_mode & 0o077 for path in tmp_path.glob("*.db*")} == {0}


def test_a_journal_in_memory_is_forgotten():
    with open_journal(None, CHAIN, ACCOUNT) as journal:
        signed(journal)
    with open_journal(None, CHAIN, ACCOUNT) as journal:
        assert latest_entries(journal, 5) == []


def test_a_signature_that_comes_too_late_for_its_lease_is_not_saved(journal: Journal, monkeypatch):
    """T105"""
    monkeypatch.setattr(ledger, "LEASE_SECONDS", -1.0)
    (late,) = lease(journal, [planned(journal, 1, "slow", key="a").id], "slow", 5)
    monkeypatch.setattr(ledger, "LEASE_SECONDS", 60.0)
    (other,) = lease(journal, [planned(journal, 2).id], "me", 5)
    assert (late.nonce, other.nonce) == (5, 5)
    with pytest.raises(LeaseLost):
        save_attempts(journal, [(late, attempt(late))], "slow")
    assert entry_of(journal, late.id).attempts == ()


def test_a_lease_that_has_not_run_out_is_nobody_elses(journal: Journal):
    one = planned(journal, 1, "me", key="a")
    assert lease(journal, [one.id], "another", 0) == []
    (mine,) = lease(journal, [one.id], "me", 0)
    with pytest.raises(LeaseLost):
        save_attempts(journal, [(mine, attempt(mine))], "another")


def test_what_nobody_can_ask_for_again_goes_with_its_process(journal: Journal, monkeypatch):
    monkeypatch.setattr(ledger, "LEASE_SECONDS", -1.0)
    unnamed, named = planned(journal, 1, "gone"), planned(journal, 2, "gone", key="kept")
    lease(journal, [planned(journal, 3).id], "me", 0)
    assert {entry.id for entry in open_entries(journal)} >= {named.id}
    with pytest.raises(TransactionNotFound):
        entry_of(journal, unnamed.id)


def test_only_what_was_not_published_is_discarded(journal: Journal):
    first, second = signed(journal, 1), signed(journal, 2)
    mark_sent(journal, [second.id])
    discard(journal, [first.id, second.id], "me")
    assert [entry.id for entry in latest_entries(journal, 5)] == [second.id]
    assert lease(journal, [planned(journal, 3).id], "me", 0)[0].nonce == first.nonce


def test_attempts_under_a_lost_nonce_are_no_longer_in_force(journal: Journal):
    entry = signed(journal)
    mark_sent(journal, [entry.id])
    ledger.mark_settled(journal, entry.id, "replaced")
    renumber(journal, entry.id, "me")
    (again,) = lease(journal, [entry.id], "me", 7)
    assert (again.nonce, again.current, len(again.attempts)) == (7, (), 1)


def test_a_settled_transaction_changes_no_more(journal: Journal):
    entry = signed(journal)
    for state in ("sent", "mined", "final"):
        with journal.change() as db:
            ledger._move(db, entry.id, state)
    mark_sent(journal, [entry.id])
    ledger.mark_unmined(journal, entry.id)
    assert entry_of(journal, entry.id).state == "final"
    assert all(not NEXT_STATE[state] for state in ("final", "reverted", "cancelled"))
    assert {"planned", "sent", "mined"} == OPEN


def test_a_key_is_one_transactions_until_it_is_claimed(journal: Journal):
    one, fresh = add(journal, intent(1, "k"), 1, "me")
    assert fresh
    assert add(journal, intent(1, "k"), 1, "you") == (one, False)
    with pytest.raises(KeyTaken):
        add(journal, intent(2, "k"), 1, "me")
    claim(journal, "k")
    assert add(journal, intent(2, "k"), 1, "me")[1]


def test_a_transaction_is_found_by_number_or_the_beginning_of_a_hash(journal: Journal):
    entry = signed(journal)
    tx_hash = entry.attempts[0].hash
    for name in (str(entry.id), tx_hash, tx_hash[:10], tx_hash.upper().replace("0X", "0x")):
        assert find_entry(journal, name) == entry
    for name in ("99", "0x", tx_hash[:5], "", "%", "0x______", "-1", "9" * 30, tx_hash + "0"):
        with pytest.raises(TransactionNotFound):
            find_entry(journal, name)


def test_one_process_at_a_time_follows_the_chain(journal: Journal):
    assert take_watch(journal, "a 1", 60)
    assert take_watch(journal, "a 1", 60)
    assert not take_watch(journal, "b", 60)
    ledger.leave_watch(journal, "b")
    assert not take_watch(journal, "b", 60)
    ledger.leave_watch(journal, "a 1")
    assert take_watch(journal, "b", -1)
    assert take_watch(journal, "a 1", 60)


def test_a_clock_that_was_set_back_does_not_lock_everyone_out(journal: Journal, monkeypatch):
    """T110"""
    assert take_watch(journal, "a", 60)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 1e6)
    assert take_watch(journal, "b", 60)


@pytest.mark.parametrize("content", [b"not a database" * 100, b"SQLite format 3\x00" + bytes(84)])
def test_a_file_that_is_no_journal_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes):
    path = journal_path(tmp_path, CHAIN, ACCOUNT)
    path.write_bytes(content)
    with pytest.raises(JournalUnusable), open_journal(tmp_path, CHAIN, ACCOUNT):
        pass
    assert path.read_bytes() == content


def test_a_newer_journal_is_refused(tmp_path: Path):
    """T109"""
    with open_journal(tmp_path, CHAIN, ACCOUNT) as journal, journal.change() as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(JournalUnusable, match="schema 99"), open_journal(tmp_path, CHAIN, ACCOUNT):
        pass


def test_the_journal_of_another_account_is_refused(tmp_path: Path):
    with open_journal(tmp_path, CHAIN, ACCOUNT):
        pass
    journal_path(tmp_path, CHAIN, ACCOUNT).rename(journal_path(tmp_path, CHAIN, FRIEND))
    with pytest.raises(JournalUnusable, match="another"), open_journal(tmp_path, CHAIN, FRIEND):
        pass


@pytest.mark.parametrize(
    ("words", "kind"),
    [("database or disk is full", "DiskFull"), ("attempt to write a readonly database", "FileForbidden")],
)
def test_a_disk_that_refuses_is_an_error_of_its_own(journal: Journal, words: str, kind: str):
    """T108"""
    with pytest.raises(Exception) as caught, journal.change():
        raise sqlite3.OperationalError(words)
    assert type(caught.value).__name__ == kind


def test_a_change_that_fails_leaves_nothing(journal: Journal):
    with pytest.raises(JournalUnusable), journal.change() as db:
        [db.execute("INSERT INTO facts VALUES ('half', 'done')") for _ in range(2)]
    with journal.reading() as db:
        assert db.execute("SELECT * FROM facts WHERE name = 'half'").fetchall() == []


class Sharing(RuleBasedStateMachine):
    """Two owners plan, sign, lose and send; whatever they do, the nonces in use are unique and without gaps."""

    def __init__(self) -> None:
        super().__init__()
        self._context = open_journal(None, CHAIN, ACCOUNT)
        self.journal = self._context.__enter__()
        self.mined = 0
        self.leased: list[tuple[str, Entry]] = []

    def teardown(self) -> None:
        self._context.__exit__(None, None, None)

    @rule(owner=integers(0, 1), number=integers(0, 255))
    def plan_and_lease(self, owner: int, number: int) -> None:
        entry = planned(self.journal, number, f"o{owner}")
        (found,) = lease(self.journal, [entry.id], f"o{owner}", self.mined)
        self.leased.append((f"o{owner}", found))

    @precondition(lambda self: self.leased)
    @rule(index=integers(0, 20))
    def sign_and_send(self, index: int) -> None:
        owner, entry = self.leased.pop(index % len(self.leased))
        save_attempts(self.journal, [(entry, attempt(entry))], owner)
        mark_sent(self.journal, [entry.id])

    @precondition(lambda self: self.leased)
    @rule(index=integers(0, 20))
    def give_up(self, index: int) -> None:
        owner, entry = self.leased.pop(index % len(self.leased))
        discard(self.journal, [entry.id], owner)

    @invariant()
    def no_nonce_is_held_twice(self) -> None:
        held = [entry.nonce for entry in latest_entries(self.journal, 1000)]
        assert len(held) == len(set(held))

    @invariant()
    def a_gap_is_taken_first(self) -> None:
        held = {entry.nonce for entry in latest_entries(self.journal, 1000)}
        probe = planned(self.journal, 0, "probe")
        (found,) = lease(self.journal, [probe.id], "probe", self.mined)
        discard(self.journal, [probe.id], "probe")
        assert found.nonce == min(set(range(len(held) + 1)) - held)


TestSharing = Sharing.TestCase
TestSharing.settings = settings(max_examples=30, stateful_step_count=15, deadline=None)
