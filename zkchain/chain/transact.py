"""One transaction from intent to receipt: prepare, sign, broadcast, wait, and say what became of it.

The hash is known before the bytes are on the wire, so that an unknown outcome is looked up and never sent again
under a new nonce. `prepare`, `broadcast` and `await_receipt` are apart so that a journal can stand between them.
"""

import time
from collections.abc import Sequence
from typing import Any

from eth_account import Account

from ..errors import (
    ChainError,
    ConnectionFailed,
    InsufficientFunds,
    NonceTaken,
    RpcError,
    TransactionError,
    TransactionReverted,
    TransactionUnknown,
)
from ..progress import Report, silent
from ..records import Receipt
from ..values import Address, Digest, address, keccak_of
from .abi import Abi
from .client import Chain, Head
from .fees import fees_at
from .finality import await_depth
from .gas import TX_GAS_CAP, least_gas
from .revert import revert_error
from .rpc import ExecutionRefused
from .signer import SignedTx, Signer, refuse_dev_key

#: Estimates are raised by a quarter: state moves between the estimate and the block.
_BUFFER_NUMERATOR, _BUFFER_DENOMINATOR = 5, 4
#: Seconds to wait for a receipt.
RECEIPT_SECONDS = 120.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 2.0
#: What nodes say when they have the transaction already.
_KNOWN_WORDS = ("already known", "already imported", "known transaction", "already exists")
#: What nodes say when another transaction of the account has this nonce.
_NONCE_WORDS = ("nonce too low", "nonce is too low", "oldnonce", "invalid nonce", "replacement", "to replace")


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
) -> Receipt:
    """Send `data` to `to`, or create a contract when `to` is None, and wait until it succeeded and is confirmed.

    `abis` name the custom errors that the contract may revert with. Raises TransactionReverted and its kinds,
    TransactionUnknown (its `tx_hash` fact is the hash to look up), NonceTaken, InsufficientFunds, FeeOverCap,
    WrongChain, DevKeyRefused, ConnectionFailed, RpcError.
    """
    report("preparing transaction")
    # Until it is mined: the next transaction of the account is estimated on the state that this one leaves.
    with chain.turn(signer.address):
        tx = prepare(chain, signer.address, to=to, data=data, gas=gas, abis=abis)
        signed = sign_checked(signer, tx)
        report("sending transaction")
        broadcast(chain, signed)
        report("waiting for receipt")
        receipt = await_receipt(chain, signed.hash, timeout=timeout)
    settle(chain, receipt, tx, abis)
    # After a reorganisation it is in another block, where it may have failed.
    return settle(chain, await_depth(chain, receipt, report), tx, abis)


def prepare(
    chain: Chain, sender: Address, *, to: Address | None, data: bytes, gas: int | None, abis: Sequence[Abi]
) -> dict[str, Any]:
    """A complete unsigned transaction that the sender can pay for and the EVM accepts now."""
    chain.check_chain_id()
    refuse_dev_key(sender, chain.network.chain_id)
    head = chain.head()
    fees = fees_at(chain, head)
    tx: dict[str, Any] = {
        "chainId": chain.network.chain_id,
        "nonce": chain.nonce(sender),
        "gas": _gas_limit(chain, head, sender, to, data, gas, abis),
        "value": 0,
        "data": "0x" + data.hex(),
        **fees,
    }
    if to is not None:
        tx["to"] = to
    _check_funds(chain, sender, tx)
    return tx


def gas_cap(head: Head) -> int:
    """Most gas that a transaction can be given on this chain."""
    return min(head.gas_limit, TX_GAS_CAP)


def sign_checked(signer: Signer, tx: dict[str, Any]) -> SignedTx:
    """Sign, and check that the signature is by the signer's account. Raises TransactionError."""
    signed = signer.sign(tx)
    found = address(Account.recover_transaction(signed.raw))
    if found != signer.address or keccak_of(signed.raw) != signed.hash:
        raise TransactionError(
            f"the signer of {signer.address} gave a signature by {found}, or a wrong hash; nothing was sent",
            remedy="check the signer of this network",
        )
    return signed


def broadcast(chain: Chain, signed: SignedTx) -> None:
    """Hand the transaction to the node. Returns also when it is unknown whether the node got it.

    Raises NonceTaken, RpcError or InsufficientFunds when the node refused it and does not have it.
    """
    try:
        given = chain.send_raw(signed.raw)
    except ConnectionFailed:
        return  # the answer was lost, perhaps not the transaction: the receipt will tell
    except (RpcError, InsufficientFunds) as error:
        if any(word in error.message.lower() for word in _KNOWN_WORDS) or _known(chain, signed.hash):
            return
        if any(word in error.message.lower() for word in _NONCE_WORDS):
            raise NonceTaken(f"{error.message}; another transaction of the account came first") from error
        raise
    if given != signed.hash:
        raise RpcError(f"sent {signed.hash}, the node calls it {given}", tx_hash=signed.hash)


def await_receipt(chain: Chain, tx_hash: Digest, *, timeout: float) -> Receipt:
    """Poll until the receipt is there. Raises TransactionUnknown after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    pause, trouble = _FIRST_PAUSE, "no receipt yet"
    while True:
        try:
            receipt = chain.receipt(tx_hash)
            if receipt is not None:
                return receipt
        except ChainError as error:
            trouble = error.message
        left = deadline - time.monotonic()
        if left <= 0:
            raise TransactionUnknown(
                f"transaction {tx_hash} was sent, but is not known to be mined after {timeout:.0f} s: {trouble}",
                tx_hash=tx_hash,
            )
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def settle(chain: Chain, receipt: Receipt, tx: dict[str, Any], abis: Sequence[Abi]) -> Receipt:
    """The receipt of a success. Raises TransactionReverted or one of its kinds for a failure."""
    if receipt.status == 1:
        return receipt
    what = f"transaction {receipt.tx_hash}"
    if receipt.gas_used >= tx["gas"]:
        error = TransactionReverted(f"{what} ran out of gas at its limit of {tx['gas']:,}")
    else:
        error = revert_error(_reason(chain, receipt, tx), abis, what=what)
    error.facts |= {"tx_hash": receipt.tx_hash, "block": receipt.block}
    raise error


def _reason(chain: Chain, receipt: Receipt, tx: dict[str, Any]) -> bytes:
    """Run it again on the state before its block. The receipt does not hold the reason."""
    to = tx.get("to")
    if to is None:
        return b""
    try:
        data = bytes.fromhex(tx["data"][2:])
        return chain.call(to, data, sender=receipt.sender, gas=tx["gas"], block=receipt.block - 1).data
    except ChainError:
        return b""  # an old state that the node no longer has; the failure itself is certain


def _gas_limit(
    chain: Chain, head: Head, sender: Address, to: Address | None, data: bytes, gas: int | None, abis: Sequence[Abi]
) -> int:
    most, least = gas_cap(head), least_gas(data, creation=to is None)
    if gas is None:
        try:
            # An older chain may expect less than the floor; the limit is not the price.
            needed = max(chain.estimate_gas(to, data, sender), least)
        except ExecutionRefused as refused:
            raise _refused(refused, abis) from None
    else:
        needed = gas
    if not least <= needed <= most:
        raise TransactionError(
            f"the transaction would get {needed:,} gas; it needs at least {least:,} and this chain allows {most:,}",
            remedy="use a smaller circuit or the shared verifier" if needed > most else "give it more gas",
            gas=needed,
            gas_limit=most,
        )
    return needed if gas is not None else min(needed * _BUFFER_NUMERATOR // _BUFFER_DENOMINATOR, most)


def _refused(refused: ExecutionRefused, abis: Sequence[Abi]) -> TransactionReverted:
    if refused.data:
        return revert_error(refused.data, abis, what="the transaction, which was not sent,")
    return TransactionReverted(f"the transaction would fail and was not sent: {refused.message}")


def _check_funds(chain: Chain, sender: Address, tx: dict[str, Any]) -> None:
    cost = tx["gas"] * tx.get("maxFeePerGas", tx.get("gasPrice", 0))
    have = chain.balance(sender)
    if cost > have:
        raise InsufficientFunds(
            f"{sender} has {have / 10**18:.6f} ether on network {chain.network.name!r}; "
            f"the transaction may cost {cost / 10**18:.6f}",
            account=sender,
            balance=have,
            needed=cost,
        )


def _known(chain: Chain, tx_hash: Digest) -> bool:
    try:
        return chain.knows(tx_hash)
    except ChainError:
        return False
