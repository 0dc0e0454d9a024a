"""What the embedded chain and its JSON-RPC face say to each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class ExecutionFailed(Exception):
    """A call or an estimate did not succeed. `data` is the revert data, or None when the EVM halted."""

    def __init__(self, message: str, data: bytes | None) -> None:
        super().__init__(message)
        self.data = data


class Refused(Exception):
    """A transaction or a parameter that no node would take."""


@dataclass(frozen=True, slots=True)
class CallRequest:
    """What a call, an estimate or a transaction of a development account asks for. `to` is empty for a creation."""

    sender: bytes
    to: bytes = b""
    data: bytes = b""
    value: int = 0
    gas: int | None = None
    nonce: int | None = None
    max_fee: int | None = None
    priority_fee: int | None = None


@dataclass(frozen=True, slots=True)
class Included:
    """A mined transaction: its own fields and its receipt's, as eth-tester names them, and the receipt's bloom."""

    block: int
    transaction: Mapping[str, Any]
    receipt: Mapping[str, Any]
    bloom: int
