"""Transactions as a node tells of them."""

from dataclasses import dataclass
from typing import Any

from ..errors import RpcError
from ..values import Address
from .answers import read_address, read_bytes, read_object, read_quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A transaction that was sent. `to` is None for one that creates a contract."""

    sender: Address
    nonce: int
    to: Address | None
    data: bytes


def sent_of(raw: Any) -> Sent:
    """One transaction. Raises RpcError on anything else."""
    fields = read_object(raw)
    to = fields.get("to")
    return Sent(
        sender=read_address(fields.get("from")),
        nonce=read_quantity(fields.get("nonce")),
        to=None if to is None else read_address(to),
        data=read_bytes(fields.get("input")),
    )


def sent_in(block: Any) -> tuple[Sent, ...]:
    """All transactions of a block that a node gave whole. Raises RpcError on anything else."""
    found = read_object(block).get("transactions")
    if not isinstance(found, list):
        raise RpcError("a block without its transactions")
    return tuple(sent_of(item) for item in found)
