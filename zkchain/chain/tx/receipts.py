"""Receipts, believed only when everything else agrees: whose they are, what they are for, and where they lie."""

from ...errors import RpcError
from ...records import Receipt
from ...values import Address, Digest, address, keccak_of
from ..client import Chain
from ..receipts import receipt_of
from .entry import Entry

_ADDRESS_BYTES = 20


class Blocks:
    """Hashes of the chain's blocks, each asked for once. For one look at the chain: the next may find others."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._hashes: dict[int, Digest] = {}

    def hash_of(self, number: int) -> Digest:
        """The hash of the block with this number. Raises RpcError when there is none."""
        if number not in self._hashes:
            self._hashes[number] = self._chain.block_hash(number)
        return self._hashes[number]


def find_receipt(chain: Chain, account: Address, entry: Entry, blocks: Blocks) -> Receipt | None:
    """The receipt of whichever attempt was mined; None when the chain has none. Raises RpcError for one that lies.

    An attempt's hash covers its nonce, recipient, data and chain; what the receipt says besides is compared.
    """
    for attempt in reversed(entry.current):
        raw = chain.raw_receipt(attempt.hash)
        if raw is None:
            continue
        receipt = receipt_of(attempt.hash, raw)
        _compare("sender", account, receipt.sender, attempt.hash)
        if attempt.kind != "cancel":
            recipient = raw.get("to")
            found = None if recipient is None else address(str(recipient).lower())
            _compare("recipient", entry.recipient, found, attempt.hash)
            if entry.recipient is None and receipt.status == 1:
                _compare("contract", created_by(account, attempt.nonce), receipt.contract_address, attempt.hash)
        _compare("block", blocks.hash_of(receipt.block), receipt.block_hash, attempt.hash)
        return receipt
    return None


def created_by(account: Address, nonce: int) -> Address:
    """The contract that `account` creates with this nonce: the end of keccak256(rlp([account, nonce]))."""
    number = nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
    item = number if len(number) == 1 and number[0] < 0x80 else bytes([0x80 + len(number)]) + number
    body = bytes([0x80 + _ADDRESS_BYTES]) + bytes.fromhex(account[2:]) + item
    return address("0x" + keccak_of(bytes([0xC0 + len(body)]) + body)[-2 * _ADDRESS_BYTES :])


def _compare(what: str, expected: object, found: object, tx_hash: Digest) -> None:
    if expected != found:
        raise RpcError(
            f"the receipt of {tx_hash} names {what} {found}, which is {expected}: it is not believed", tx_hash=tx_hash
        )
