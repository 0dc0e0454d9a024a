"""Transactions land exactly once on a real node: many processes, crashes, lost answers, reorganisations, full pools."""

import threading
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import pytest

from tests.support.rpc_server import RawAnswer, RpcAnswer, rpc_server
from tests.support.txs import (
    FRIEND,
    OWNER,
    Node,
    die_at,
    in_processes,
    killed,
    payment,
    send_named,
    send_some,
    states,
    until,
)
from zkchain.chain.signer import KeySigner, SignedTx
from zkchain.chain.transact import send
from zkchain.chain.tx import ledger
from zkchain.chain.tx.journal import Journal, journal_path, open_journal
from zkchain.chain.tx.manager import open_manager
from zkchain.errors import (
    FeeOverCap,
    InsufficientFunds,
    KeyTaken,
    SignerMissing,
    TransactionCancelled,
    TransactionError,
    TransactionUnknown,
    WrongChain,
)

pytestmark = pytest.mark.anvil
GWEI = 10**9


def test_four_processes_with_one_key_use_every_nonce_once(node: Node):
    """T74"""
    first, block = node.nonce(), node.height + 1
    in_processes(send_some, *((node, 100 * one, 10) for one in range(4)))
    assert sorted(node.sent(block)) == list(range(first, first + 40))


def test_one_key_in_four_processes_is_one_transaction(node: Node):
    """T97"""
    nonce = node.nonce()
    in_processes(send_named, *[(node,)] * 4)
    assert node.nonce() == nonce + 1


def test_a_key_stands_for_one_transaction_until_it_is_claimed(node: Node):
    with node.manager() as manager:
        (first,) = manager.submit([payment(1, key="pay")])
        assert manager.submit([payment(1, key="pay")]) == [first]
        with pytest.raises(KeyTaken):
            manager.submit([payment(2, key="pay")])
        manager.claim("pay")
        (second,) = manager.submit([payment(2, key="pay")])
        assert second != first


@pytest.mark.parametrize("point", ["lease", "sign_checked", "save_attempts", "hand_over", "mark_sent"])
def test_a_process_that_is_killed_loses_nothing_and_doubles_nothing(node: Node, point: str, monkeypatch):
    """T75, T76: run again, it ends with one effect, whenever it was killed."""
    nonce = node.nonce()
    killed(die_at, node, point)
    monkeypatch.setattr(ledger, "LEASE_SECONDS", 0.0)
    with open_journal_of(node) as journal, journal.change() as db:
        db.execute("UPDATE transactions SET lease_until = 0")  # so long has passed
    send_named(node)
    assert node.nonce() == nonce + 1


def open_journal_of(node: Node) -> AbstractContextManager[Journal]:
    return open_journal(node.journals, 31337, OWNER.address)


def test_what_a_killed_process_had_signed_is_sent_by_the_next_that_waits(node: Node):
    nonce = node.nonce()
    killed(die_at, node, "hand_over")
    assert node.nonce() == nonce
    with node.manager() as manager:
        manager.wait(manager.submit([payment(7)]))
        assert states(manager.resume()) <= {"final"}
    assert node.nonce() == nonce + 2


def test_a_dropped_transaction_is_published_again(node: Node):
    """T85"""
    with node.held_blocks(), node.manager(patience=60) as manager:
        (one,) = manager.submit([payment(1)])
        (attempt,) = manager.entry(one).attempts
        node.ask("anvil_dropTransaction", attempt.hash)
        assert node.ask("eth_getTransactionByHash", attempt.hash) is None
        until(lambda: not manager.look() and node.ask("eth_getTransactionByHash", attempt.hash) is not None)
        node.mine()
        (entry,) = manager.wait([one])
    assert (entry.state, entry.mined_hash) == ("final", attempt.hash)


def test_a_transaction_that_waits_too_long_pays_more(node: Node):
    """T82, T84"""
    with node.held_blocks(), node.manager() as manager:
        (one,) = manager.submit([payment(1)])
        until(lambda: bool(manager.look()) or len(manager.entry(one).attempts) > 1)
        old, new = manager.entry(one).attempts[:2]
        assert new.max_fee * 10 >= old.max_fee * 11
        assert new.tip * 10 >= old.tip * 11
        node.mine()
        (entry,) = manager.wait([one])
    assert entry.state == "final"
    assert entry.mined_hash in {attempt.hash for attempt in entry.attempts}


def test_a_base_fee_that_doubles_is_paid_at_once_and_never_beyond_the_cap(node: Node):
    cap = 40 * GWEI
    with node.held_blocks(), node.manager(max_fee_wei=cap) as manager:
        numbers = manager.submit([payment(number) for number in range(3)])
        offered = manager.entry(numbers[0]).attempts[0].max_fee
        node.ask("anvil_setNextBlockBaseFeePerGas", hex(2 * offered))
        node.mine()
        assert node.ask("eth_getTransactionReceipt", manager.entry(numbers[0]).attempts[0].hash) is None
        manager.look()
        node.mine()
        entries = manager.wait(numbers)
    assert states(entries) == {"final"}
    assert all(attempt.max_fee <= cap for entry in entries for attempt in entry.attempts)


def test_at_the_cap_nothing_more_is_offered_and_that_is_said(node: Node):
    """T83"""
    with node.held_blocks(), node.manager() as manager:
        (one,) = manager.submit([payment(1)])
        offered = manager.entry(one).attempts[0].max_fee
        with node.manager(max_fee_wei=offered) as capped:
            with pytest.raises(FeeOverCap):
                capped.speed_up(one)
            until(lambda: "max_fee_gwei" in capped.look())
            assert "max_fee_gwei" in capped.entry(one).note
            assert len(capped.entry(one).attempts) == 1
            node.mine()
            assert states(capped.wait([one])) == {"final"}


def test_a_cancelled_transaction_never_happens(node: Node):
    with node.held_blocks(), node.manager() as manager:
        (one,) = manager.submit([payment(1, key="regretted")])
        manager.cancel(one)
        node.mine()
        (entry,) = manager.wait([one])
        assert entry.state == "cancelled"
        mined = node.ask("eth_getTransactionByHash", entry.mined_hash)
        assert mined["to"] == OWNER.address.lower()
        with pytest.raises(TransactionCancelled):
            send(node.chain(), OWNER, to=FRIEND, data=(1).to_bytes(4, "big"), key="regretted")
        again = manager.submit([payment(1, key="regretted")])
        assert again != [one]
        node.mine()
        assert states(manager.wait(again)) == {"final"}


def test_a_cancellation_that_comes_too_late_is_said(node: Node):
    with node.held_blocks(), node.manager() as manager:
        (one,) = manager.submit([payment(1)])
        raw = manager.entry(one).attempts[0].raw
        manager.cancel(one)
        node.ask("anvil_dropTransaction", manager.entry(one).attempts[1].hash)
        node.ask("eth_sendRawTransaction", "0x" + raw.hex())
        node.mine()
        (entry,) = manager.wait([one])
    assert entry.state == "final"


def test_a_reorganised_transaction_goes_back_to_sent_and_lands_again(node: Node):
    """T86"""
    with node.manager(confirmations=4) as manager:
        mark = node.ask("evm_snapshot")
        (one,) = manager.submit([payment(1)])
        until(lambda: not manager.look() and manager.entry(one).state == "mined")
        before = manager.entry(one)
        with node.held_blocks():
            node.ask("evm_revert", mark)
            node.mine(2)
            manager.look()
            assert manager.entry(one).state in ("sent", "mined")
            assert manager.entry(one).block_hash != before.block_hash
            until(lambda: not manager.look() and node.nonce("pending") == before.nonce + 1)
        node.mine(4)
        (entry,) = manager.wait([one])
    assert entry.state == "final"
    assert entry.block_hash != before.block_hash


def test_a_reorganisation_of_the_nodes_own_is_followed(node: Node):
    """T86: anvil_reorg drops the transactions of the last blocks."""
    with node.manager(confirmations=5) as manager:
        (one,) = manager.submit([payment(1)])
        node.mine(1)
        until(lambda: not manager.look() and manager.entry(one).state == "mined")
        node.ask("anvil_reorg", 2, [])
        node.mine(1)
        until(lambda: not manager.look() and manager.entry(one).state == "mined")
        node.mine(5)
        (entry,) = manager.wait([one])
    assert entry.state == "final"
    assert node.ask("eth_getBlockByNumber", hex(entry.block), False)["hash"] == entry.block_hash


def test_a_nonce_that_a_foreign_transaction_took_is_given_up_for_the_next(node: Node):
    """T80"""
    with node.held_blocks(), node.manager() as manager:
        (one,) = manager.submit([payment(1)])
        nonce = manager.entry(one).nonce
        node.ask("anvil_dropTransaction", manager.entry(one).attempts[0].hash)
        foreign = {"from": OWNER.address, "to": FRIEND, "nonce": hex(nonce), "gas": hex(21000)}
        node.ask("eth_sendTransaction", foreign)
        node.mine()
        waiting = threading.Timer(4, node.mine)
        waiting.start()
        (entry,) = manager.wait([one])
        waiting.join()
    assert entry.state == "final"
    assert entry.nonce == nonce + 1


def test_a_gap_below_what_was_sent_is_filled(node: Node):
    """T81"""
    with node.held_blocks(), node.manager() as manager:
        low, high = manager.submit([payment(1), payment(2)])
        node.ask("anvil_dropTransaction", manager.entry(low).attempts[0].hash)
        with open_journal_of(node) as journal, journal.change() as db:
            db.execute("DELETE FROM transactions WHERE id = ?", (low,))  # as if its process had lost it
        until(lambda: "fills the gap" in manager.look())
        node.mine()
        (entry,) = manager.wait([high])
    assert entry.state == "final"


def through(node: Node, answer: Any):
    """A proxy before the node: `answer` gets method, params and a function that asks it."""
    return rpc_server(lambda method, params: answer(method, params, lambda: node.ask(method, *params)))


def test_of_many_lost_answers_each_transaction_lands_once(node: Node):
    """T77, T78: every second answer to a send is lost, half of them before it is forwarded."""
    nonce, sends = node.nonce(), 0

    def lossy(method: str, params: list[Any], ask: Any) -> Any:
        nonlocal sends
        if method == "eth_sendRawTransaction":
            sends += 1
            if sends % 4 == 0:
                raise RawAnswer(504, b"")
            result = ask()
            if sends % 4 == 2:
                raise RawAnswer(200, b'{"jsonrpc": "2.0", "id": 1, "resu')
            return result
        return ask()

    with through(node, lossy) as url, Node(url, node.journals).manager() as manager:
        numbers = manager.submit([payment(number) for number in range(12)])
        assert states(manager.wait(numbers)) == {"final"}
    assert node.nonce() == nonce + 12


def test_an_account_that_cannot_pay_burns_no_nonce_and_goes_on_when_funded(node: Node):
    """T93"""
    balance = node.ask("eth_getBalance", OWNER.address, "latest")
    with node.manager() as manager:
        node.ask("anvil_setBalance", OWNER.address, "0x0")
        with pytest.raises(InsufficientFunds):
            manager.submit([payment(1)])
        assert manager.latest(5) == []
        node.ask("anvil_setBalance", OWNER.address, balance)
        nonce = node.nonce()
        (entry,) = manager.wait(manager.submit([payment(1)]))
    assert (entry.state, entry.nonce) == ("final", nonce)


def test_a_chain_id_that_changes_is_found_before_the_next_signature(node: Node):
    """T91"""
    lie = False

    def other(method: str, params: list[Any], ask: Any) -> Any:
        return "0x1" if lie and method == "eth_chainId" else ask()

    with through(node, other) as url, Node(url, node.journals).manager() as manager:
        manager.wait(manager.submit([payment(1)]))
        nonce, lie = node.nonce(), True
        with pytest.raises(WrongChain):
            manager.submit([payment(2)])
        with pytest.raises(WrongChain):
            manager.look()
        assert node.nonce() == nonce
        assert len(manager.latest(5)) == 1


def test_a_frozen_head_loses_nothing(node: Node):
    """T89: the node says the same of blocks and nonces while the chain goes on."""
    kept: dict[str, Any] = {}
    frozen = False

    def lagging(method: str, params: list[Any], ask: Any) -> Any:
        name = f"{method} {params}"
        if frozen and method == "eth_getTransactionReceipt":
            return None
        if frozen and method in ("eth_getBlockByNumber", "eth_getTransactionCount", "eth_blockNumber"):
            return kept[name] if name in kept else ask()
        found = kept[name] = ask()
        return found

    nonce = node.nonce()
    with through(node, lagging) as url, Node(url, node.journals).manager() as manager:
        manager.wait(manager.submit([payment(1)]))
        frozen = True
        numbers = manager.submit([payment(2)])
        with pytest.raises(TransactionUnknown):
            manager.wait(numbers, timeout=2.5)
        frozen = False
        assert states(manager.wait(numbers)) == {"final"}
    assert node.nonce() == nonce + 2


def test_the_pool_says_later_and_is_asked_later(node: Node):
    refusals = iter(["txpool is full", "internal error"])

    def full(method: str, params: list[Any], ask: Any) -> Any:
        if method == "eth_sendRawTransaction" and (words := next(refusals, None)):
            raise RpcAnswer({"code": -32000, "message": words})
        return ask()

    with through(node, full) as url, Node(url, node.journals).manager() as manager:
        assert states(manager.wait(manager.submit([payment(1)]))) == {"final"}


def test_an_address_alone_can_look_and_not_sign(node: Node):
    with node.manager() as manager:
        (one,) = manager.submit([payment(1)])
    with open_manager(node.chain(), OWNER.address) as looking:
        assert states(looking.wait([one])) == {"final"}
        with pytest.raises(SignerMissing):
            looking.submit([payment(2)])


def test_the_journal_is_its_owners_alone_and_holds_no_key(node: Node):
    """T99"""
    secret = bytes.fromhex("5e" * 32)
    signer = KeySigner(secret)
    node.ask("anvil_setBalance", signer.address, hex(10**18))
    with open_manager(node.chain(), signer) as manager:
        manager.wait(manager.submit([payment(1)]))
        path = journal_path(node.journals, 31337, signer.address)
        files = sorted(path.parent.glob(f"{path.name}*"))
        assert len(files) == 3
        for file in files:
            assert file.stat().st_mode & 0o077 == 0
            content = file.read_bytes()
            assert secret not in content
            assert secret.hex().encode() not in content.lower()


class MinedMeanwhile:
    """A signer so slow that, while it signs again, the transaction is mined and another process finds it so."""

    def __init__(self, node: Node) -> None:
        self._node, self.signed = node, 0
        self.address = OWNER.address

    def sign(self, tx: Mapping[str, Any]) -> SignedTx:
        self.signed += 1
        if self.signed > 1:
            self._node.mine()
            with self._node.manager() as other:
                (entry,) = other.unsettled()
                receipt = self._node.chain().receipt(entry.current[0].hash)
                assert receipt is not None
                ledger.mark_mined(other._desk.journal, entry.id, receipt)
        return OWNER.sign(tx)

    def sign_typed(self, typed: Mapping[str, Any]) -> bytes:
        raise AssertionError("no typed data here")


def test_a_transaction_that_is_mined_while_it_is_paid_more_for_is_left_as_it_is(node: Node):
    signer = MinedMeanwhile(node)
    with node.held_blocks(), open_manager(node.chain(), signer, patience=0.01) as manager:
        one = manager.submit([payment(1)])[0]
        time.sleep(0.05)
        assert manager.look() == ""
        assert signer.signed == 2
        entry = manager.entry(one)
    assert (entry.state, len(entry.attempts)) == ("mined", 1)


def test_speeding_up_what_is_mined_meanwhile_says_so(node: Node):
    with node.held_blocks(), open_manager(node.chain(), MinedMeanwhile(node), patience=60) as manager:
        one = manager.submit([payment(1)])[0]
        with pytest.raises(TransactionError, match="is mined; only what is sent") as caught:
            manager.speed_up(one)
        assert caught.value.facts["state"] == "mined"
