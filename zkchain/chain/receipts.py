"""Receipts as a node tells of them."""

from collections.abc import Mapping
from typing import Any

from ..errors import RpcError
from ..records import Receipt
from ..values import Digest
from .answers import read_address, read_digest, read_quantity


def receipt_of(tx_hash: Digest, raw: Mapping[str, Any]) -> Receipt:
    """The receipt of `tx_hash` from what a node gave for it. Raises RpcError when it is another one's."""
    if read_digest(raw.get("transactionHash")) != tx_hash:
        raise RpcError(f"asked for the receipt of {tx_hash}, got that of {raw.get('transactionHash')}")
    created = raw.get("contractAddress")
    return Receipt(
        tx_hash=tx_hash,
        block=read_quantity(raw.get("blockNumber")),
        block_hash=read_digest(raw.get("blockHash")),
        gas_used=read_quantity(raw.get("gasUsed")),
        status=read_quantity(raw.get("status")),
        contract_address=None if created is None else read_address(created),
        sender=read_address(raw.get("from")),
    )
