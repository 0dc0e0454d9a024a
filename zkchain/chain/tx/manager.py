"""The transaction manager: plan, sign, send and follow, through the journal that all processes of an account share.

    with open_manager(chain, signer) as manager:
        numbers = manager.submit([Intent(to=somewhere, data=calldata, key="payment 7")])
        entries = manager.wait(numbers)

`submit` returns when the transactions are signed, saved and sent; `wait` when each is final, reverted or cancelled.
A process that dies in between has lost nothing: the next one that waits, for whatever of this account, goes on.
"""

import os
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ...errors import ChainError, InsufficientFunds, TransactionError, TransactionUnknown, WrongChain
from ...progress import Report, silent
from ...values import Address
from ..abi import Abi
from ..client import Chain
from ..prepare import check_funds, gas_limit
from ..signer import Signer
from .desk import Desk
from .entry import Entry, Intent, State
from .journal import open_journal
from .launch import launch
from .ledger import (
    LeaseLost,
    add,
    check_same,
    claim,
    drop,
    forget,
    leave_watch,
    mark_mined,
    renumber,
    same_genesis,
    take_over,
    take_watch,
)
from .queries import entries_of, entry_of, find_entry, latest_entries, named, open_entries
from .receipts import Blocks, find_receipt
from .renew import PATIENCE, keep_moving, renew
from .watch import look

#: Seconds without any progress after which `wait` gives up, for a receipt and for each confirmation.
RECEIPT_SECONDS = 120.0
_BLOCK_SECONDS, _FINALITY_SECONDS = 30.0, 1_800.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 2.0
#: Seconds for which one process follows the chain for all of an account.
_WATCH_SECONDS = 5.0


class Manager:
    """One account's transactions on one chain. For one thread; open another for each."""

    def __init__(self, desk: Desk, patience: float) -> None:
        self._desk, self._patience = desk, patience

    @property
    def account(self) -> Address:
        """Whose transactions they are."""
        return self._desk.account

    def submit(self, intents: Sequence[Intent], *, abis: Sequence[Abi] = (), report: Report = silent) -> list[int]:
        """Send each intent, or find the transaction that its key stands for; returns their numbers, in order.

        Nothing is sent unless the chain would take all of them now. `abis` name the custom errors of what is called.
        Raises TransactionReverted and its kinds, KeyTaken, InsufficientFunds, FeeOverCap, WrongChain, DevKeyRefused,
        SignerMissing, ConnectionFailed, RpcError and JournalUnusable.
        """
        desk = self._desk
        report("preparing transaction")
        known = [self._known(intent) for intent in intents]
        planned: list[tuple[Intent, int]] = []
        for intent, found in zip(intents, known, strict=True):
            if found is None:
                terms = desk.terms()
                gas = gas_limit(desk.chain, terms.head, self.account, intent.to, intent.data, intent.gas, abis)
                try:
                    check_funds(desk.chain, self.account, terms, gas)
                except InsufficientFunds:
                    desk.forget_terms()  # it may be funded any moment
                    raise
                planned.append((intent, gas))
        added = iter([add(desk.journal, intent, gas, desk.owner) for intent, gas in planned])
        entries = [(found, False) if found is not None else next(added) for found in known]
        report("sending transaction")
        launch(desk, [entry.id for entry, fresh in entries if fresh])
        return [entry.id for entry, _ in entries]

    def wait(self, ids: Sequence[int], *, timeout: float = RECEIPT_SECONDS, report: Report = silent) -> list[Entry]:
        """The transactions once each is final, reverted or cancelled; meanwhile all of the account are kept moving.

        Raises TransactionUnknown after `timeout` seconds without progress, WrongChain, and what signing a replacement
        or a new nonce raises.
        """
        desk, pause, trouble = self._desk, _FIRST_PAUSE, ""
        before: list[tuple[int, State]] | None = None
        deadline = 0.0
        try:
            while True:
                trouble = self._follow() or trouble
                entries = entries_of(desk.journal, ids)
                if all(entry.settled and entry.state != "replaced" for entry in entries):
                    return self._in_order(ids, entries)
                self._restart(entries)
                now = [(entry.id, entry.state) for entry in entries]
                if now != before:
                    before, pause = now, _FIRST_PAUSE
                    deadline = time.monotonic() + self._seconds(entries, timeout)
                self._tell(entries, report)
                left = deadline - time.monotonic()
                if left <= 0:
                    raise self._unknown(entries, timeout, trouble)
                time.sleep(min(pause, left))
                pause = min(pause * 1.5, _LONGEST_PAUSE)
        finally:
            leave_watch(desk.journal, desk.owner)

    def look(self) -> str:
        """Look at the chain once, and keep everything moving; returns the trouble there is. Raises WrongChain."""
        try:
            return self._follow()
        finally:
            leave_watch(self._desk.journal, self._desk.owner)

    def speed_up(self, one: int) -> Entry:
        """Pay more for a transaction that is sent and not mined. Raises TransactionError and what `renew` raises."""
        return self._renewed(one, cancel=False)

    def cancel(self, one: int) -> Entry | None:
        """Put an empty transaction in its place, which may come too late: `wait` says which of them was mined.

        None when it was never signed, and so is forgotten. Raises as `speed_up` does.
        """
        if drop(self._desk.journal, one):
            return None
        return self._renewed(one, cancel=True)

    def resume(self, *, timeout: float = RECEIPT_SECONDS, report: Report = silent) -> list[Entry]:
        """Go on with everything that is not settled, whoever began it. Raises as `wait` does."""
        return self.wait([entry.id for entry in self.unsettled()], timeout=timeout, report=report)

    def claim(self, key: str) -> None:
        """The result of `key` was used: it means a new transaction from now on."""
        claim(self._desk.journal, key)

    def entry(self, one: int) -> Entry:
        """The transaction of this number. Raises TransactionNotFound."""
        return entry_of(self._desk.journal, one)

    def find(self, text: str) -> Entry:
        """The transaction of this number, or whose hash begins so. Raises TransactionNotFound."""
        return find_entry(self._desk.journal, text)

    def latest(self, count: int) -> list[Entry]:
        """The latest transactions, newest first."""
        return latest_entries(self._desk.journal, count)

    def unsettled(self) -> list[Entry]:
        """Those whose fate is open, in the order of their nonces."""
        return open_entries(self._desk.journal)

    def _known(self, intent: Intent) -> Entry | None:
        """The transaction that the key stands for. On a devnet that has forgotten it, there is none."""
        desk = self._desk
        found = None if intent.key is None else named(desk.journal, intent.key)
        if found is None:
            return None
        check_same(found, intent)
        lost = desk.chain.network.devnet and found.settled and found.mined_hash is not None
        if lost and not desk.chain.knows(found.mined_hash):  # type: ignore[arg-type]
            forget(desk.journal, [found.id])
            return None
        return found

    def _follow(self) -> str:
        """Look, unless another process does; returns what went wrong. Raises WrongChain."""
        desk = self._desk
        if not take_watch(desk.journal, desk.owner, _WATCH_SECONDS):
            return ""
        try:
            sight = look(desk.chain, desk.journal, desk.memory)
            return keep_moving(desk, sight, self._patience) if desk.signer is not None else ""
        except WrongChain:
            raise
        except (ChainError, TransactionError) as error:
            return error.message

    def _restart(self, entries: Sequence[Entry]) -> None:
        """Sign what nobody signed in time, and anew what lost its nonce to a foreign transaction."""
        desk = self._desk
        if desk.signer is None:
            return
        mine = []
        for entry in entries:
            if entry.state == "replaced":
                receipt = find_receipt(desk.chain, self.account, entry, Blocks(desk.chain))
                if receipt is not None:  # the node did not know it before
                    mark_mined(desk.journal, entry.id, receipt)
                    continue
                renumber(desk.journal, entry.id, desk.owner)
                mine.append(entry.id)
            elif entry.state == "planned" and not entry.current and take_over(desk.journal, entry.id, desk.owner):
                mine.append(entry.id)
        if mine:
            launch(desk, mine)

    def _renewed(self, one: int, *, cancel: bool) -> Entry:
        entry = self.entry(one)
        try:
            if entry.state == "sent" and entry.current:
                renew(self._desk, entry, cancel=cancel)
                return self.entry(one)
        except LeaseLost:
            entry = self.entry(one)
        raise TransactionError(
            f"transaction {one} is {entry.state}; only what is sent and not mined can be changed",
            remedy="see what became of it: zkchain tx show",
            state=entry.state,
        )

    def _seconds(self, entries: Sequence[Entry], timeout: float) -> float:
        if any(entry.state != "mined" and not entry.settled for entry in entries):
            return timeout
        wanted = self._desk.chain.network.confirmations
        return _FINALITY_SECONDS if wanted is None else max(timeout, _BLOCK_SECONDS * wanted)

    def _tell(self, entries: Sequence[Entry], report: Report) -> None:
        waiting = [entry for entry in entries if not entry.settled]
        if waiting and all(entry.state == "mined" for entry in waiting):
            report(f"waiting for confirmations, block {waiting[0].block}")
        elif len(entries) == 1:
            report("waiting for receipt")
        else:
            report("waiting for receipts", (len(entries) - len(waiting)) / len(entries))

    def _unknown(self, entries: Sequence[Entry], timeout: float, trouble: str) -> TransactionUnknown:
        entry = next(entry for entry in entries if not entry.settled or entry.state == "replaced")
        words = entry.note or trouble or "no receipt yet"
        tx_hash = entry.mined_hash or (entry.current[-1].hash if entry.current else None)
        if entry.state == "mined":
            wanted = self._desk.chain.network.confirmations or "finalized"
            return TransactionUnknown(
                f"transaction {tx_hash} was mined, but is not confirmed in time ({wanted})"
                + (f": {entry.note or trouble}" if entry.note or trouble else ""),
                tx_hash=tx_hash,
                mined=True,
            )
        return TransactionUnknown(
            f"transaction {tx_hash} was sent, but is not known to be mined after {timeout:.0f} s: {words}",
            tx_hash=tx_hash,
            mined=False,
        )

    def _in_order(self, ids: Sequence[int], entries: Sequence[Entry]) -> list[Entry]:
        found = {entry.id: entry for entry in entries}
        return [found[one] if one in found else self.entry(one) for one in ids]


@contextmanager
def open_manager(chain: Chain, account: Signer | Address, *, patience: float = PATIENCE) -> Iterator[Manager]:
    """The manager of a signer's account; of an address alone, it can look and not sign.

    Its journal lies in the chain's folder of journals, or in memory when it has none. A transaction that waits in the
    pool for `patience` seconds pays more. Raises JournalUnusable, DiskFull, FileForbidden; ConnectionFailed, RpcError.
    """
    signer = None if isinstance(account, str) else account
    address = account if isinstance(account, str) else account.address
    with open_journal(chain.journals, chain.network.chain_id, address) as journal:
        if chain.network.devnet and journal.path is not None:
            same_genesis(journal, chain.block_hash(0))
        yield Manager(Desk(chain, journal, signer, f"{os.getpid()}-{secrets.token_hex(6)}"), patience)
