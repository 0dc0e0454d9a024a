"""Strict readers of what a node answers: nodes are not trusted to answer in the form they should."""

from collections.abc import Mapping
from typing import Any

from ..errors import RpcError
from ..values import Address, Digest, address, digest


def read_object(value: Any) -> Mapping[str, Any]:
    """A JSON object. Raises RpcError."""
    if not isinstance(value, dict):
        raise RpcError(f"expected an object, the node gave {type(value).__name__}")
    return value


def read_quantity(value: Any) -> int:
    """A hex number. Raises RpcError."""
    try:
        return int(str(value), 16)
    except ValueError:
        raise RpcError(f"expected a hex number, the node gave {str(value)[:80]!r}") from None


def read_bytes(value: Any) -> bytes:
    """Hex data. Raises RpcError."""
    try:
        return bytes.fromhex(value.removeprefix("0x"))
    except (ValueError, AttributeError):
        raise RpcError(f"expected hex data, the node gave {str(value)[:80]!r}") from None


def read_digest(value: Any) -> Digest:
    """32 bytes of hex. Raises RpcError."""
    try:
        return digest(str(value).lower())
    except ValueError:
        raise RpcError(f"expected 32 bytes, the node gave {str(value)[:80]!r}") from None


def read_address(value: Any) -> Address:
    """An address. Raises RpcError."""
    try:
        return address(str(value).lower())
    except ValueError:
        raise RpcError(f"expected an address, the node gave {str(value)[:80]!r}") from None
