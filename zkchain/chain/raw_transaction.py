"""What a signed transaction says, read from its bytes."""

from dataclasses import dataclass

import rlp
from eth_account import Account
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from hexbytes import HexBytes

from ..values import Address, Digest, address, keccak_of

_LEGACY = ("nonce", "gasPrice", "gas", "to", "value", "data", "v", "r", "s")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTransaction:
    """The parts that a node's pool decides by. For a transaction of the old kind both fees are its gas price."""

    hash: Digest
    sender: Address
    nonce: int
    gas: int
    max_fee: int
    max_tip: int


def read_raw_transaction(raw: bytes) -> RawTransaction:
    """Decode a signed transaction and recover who signed it. Raises ValueError for anything else."""
    try:
        sender = address(Account.recover_transaction(raw))
        fields = _legacy(raw) if raw[0] > 0x7F else TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
    except Exception as error:  # what decoders raise has no base
        raise ValueError(f"no signed transaction: {error}") from error
    price = fields.get("gasPrice")
    return RawTransaction(
        hash=keccak_of(raw),
        sender=sender,
        nonce=int(fields["nonce"]),
        gas=int(fields["gas"]),
        max_fee=int(fields["maxFeePerGas"] if price is None else price),
        max_tip=int(fields["maxPriorityFeePerGas"] if price is None else price),
    )


def _legacy(raw: bytes) -> dict[str, int]:
    fields = dict(zip(_LEGACY, rlp.decode(raw), strict=True))
    return {name: int.from_bytes(fields[name], "big") for name in ("nonce", "gasPrice", "gas")}
