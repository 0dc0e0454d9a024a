"""Events and the blocks that hold them, as a node tells of them."""

from dataclasses import dataclass
from typing import Any

from ..errors import RpcError
from ..record import Record
from ..values import Address, Digest
from .answers import read_address, read_bytes, read_digest, read_object, read_quantity


@dataclass(frozen=True, slots=True)
class Header:
    """A block's place in its chain."""

    number: int
    hash: Digest
    parent: Digest


@dataclass(frozen=True, slots=True)
class Log(Record):
    """One event as the chain keeps it."""

    address: Address
    topics: tuple[Digest, ...]
    data: bytes
    block: int
    block_hash: Digest
    tx_hash: Digest
    log_index: int


def header_of(raw: Any) -> Header:
    """A block's header. Raises RpcError on anything else."""
    fields = read_object(raw)
    return Header(
        number=read_quantity(fields.get("number")),
        hash=read_digest(fields.get("hash")),
        parent=read_digest(fields.get("parentHash")),
    )


def log_of(raw: Any) -> Log:
    """One entry of a receipt's or filter's logs. Raises RpcError on anything else."""
    fields = read_object(raw)
    topics = fields.get("topics")
    if not isinstance(topics, list) or fields.get("removed"):
        raise RpcError("a log without topics, or one that a reorganisation removed")
    return Log(
        address=read_address(fields.get("address")),
        topics=tuple(read_digest(topic) for topic in topics),
        data=read_bytes(fields.get("data")),
        block=read_quantity(fields.get("blockNumber")),
        block_hash=read_digest(fields.get("blockHash")),
        tx_hash=read_digest(fields.get("transactionHash")),
        log_index=read_quantity(fields.get("logIndex")),
    )
