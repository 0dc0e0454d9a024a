"""One transaction from intent to receipt, or to the error that says what became of it."""

from collections.abc import Callable, Sequence

from ..errors import ChainError, TransactionCancelled, TransactionReverted
from ..progress import Report, silent
from ..records import Receipt
from ..values import Address
from .abi import Abi
from .broadcast import broadcast, sign_checked
from .client import Chain
from .prepare import gas_cap, prepare
from .revert import revert_error
from .signer import Signer
from .tx.entry import Entry, Intent
from .tx.manager import RECEIPT_SECONDS, open_manager

__all__ = ["broadcast", "gas_cap", "outcome_of", "prepare", "send", "sign_checked"]


def send(
    chain: Chain,
    signer: Signer,
    *,
    to: Address | None,
    data: bytes,
    gas: int | None = None,
    abis: Sequence[Abi] = (),
    report: Report = silent,
    timeout: float = RECEIPT_SECONDS,
    key: str | None = None,
    label: str = "",
    sent: Callable[[Entry], object] | None = None,
) -> Receipt:
    """Send `data` to `to`, or create a contract when `to` is None, and wait until it succeeded and is confirmed.

    With a `key`, the transaction that was sent for it before, by whichever process, is waited for instead, until
    `claim_key` says that its receipt was used. `sent` is told what the journal has once it is sent. `abis` name the
    custom errors that the contract may revert with. Raises TransactionReverted and its kinds, TransactionCancelled,
    TransactionUnknown (its `tx_hash` fact is the hash to look up), and what `Manager.submit` raises.
    """
    intent = Intent(to=to, data=data, gas=gas, key=key, label=label)
    with open_manager(chain, signer) as manager:
        numbers = manager.submit([intent], abis=abis, report=report)
        if sent is not None:
            sent(manager.entry(numbers[0]))
        report("waiting for receipt")
        (entry,) = manager.wait(numbers, timeout=timeout, report=report)
        try:
            return outcome_of(chain, manager.account, entry, abis)
        except (TransactionReverted, TransactionCancelled):
            if key is not None:
                manager.claim(key)  # it is over: whoever asks again means a new one
            raise


def claim_key(chain: Chain, account: Address, key: str) -> None:
    """The receipt of `key` was used, and what follows from it is on record: the key is free again."""
    with open_manager(chain, account) as manager:
        manager.claim(key)


def outcome_of(chain: Chain, account: Address, entry: Entry, abis: Sequence[Abi] = ()) -> Receipt:
    """The receipt of a settled transaction that succeeded. Raises TransactionReverted or one of its kinds, and

    TransactionCancelled.
    """
    receipt = entry.receipt(account)
    assert receipt is not None
    what = f"transaction {receipt.tx_hash}"
    if entry.state == "cancelled":
        raise TransactionCancelled(f"{what} took the place of the one that was cancelled", tx_hash=receipt.tx_hash)
    if receipt.status == 1:
        return receipt
    if receipt.gas_used >= entry.gas:
        error = TransactionReverted(f"{what} ran out of gas at its limit of {entry.gas:,}")
    else:
        error = revert_error(_reason(chain, receipt, entry), abis, what=what)
    error.facts |= {"tx_hash": receipt.tx_hash, "block": receipt.block}
    raise error


def _reason(chain: Chain, receipt: Receipt, entry: Entry) -> bytes:
    """Run it again on the state before its block. The receipt does not hold the reason."""
    if entry.recipient is None:
        return b""
    try:
        before = receipt.block - 1
        return chain.call(entry.recipient, entry.data, sender=receipt.sender, gas=entry.gas, block=before).data
    except ChainError:
        return b""  # an old state that the node no longer has; the failure itself is certain
