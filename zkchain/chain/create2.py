"""Where a contract will be: by its creator's nonce, or by a salt, through the deterministic deployment proxy.

The proxy (https://github.com/Arachnid/deterministic-deployment-proxy) stands at one address on most chains. It takes a
salt of 32 bytes and then creation code, and creates the contract. So an address follows from salt and creation code
alone: not from who sends, nor from what was sent before.
"""

import re

import rlp

from ..errors import UsageError
from ..values import Address, address, keccak_of

FACTORY = Address("0x4e59b44847b379578588920cA78FbF26c0B4956C")
#: Its runtime code, 69 bytes. Anything else at that address is not the proxy.
FACTORY_CODE = bytes.fromhex(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b"
    "8082525050506014600cf3"
)
_SALT = re.compile(r"0x[0-9a-fA-F]{64}\Z")


def parse_salt(text: str) -> bytes:
    """A salt of 32 bytes: as it is for 0x and 64 hex digits, else the keccak256 of the text. Raises UsageError."""
    if _SALT.match(text):
        return bytes.fromhex(text[2:])
    if not text or text.startswith("0x"):
        raise UsageError(f"{text!r} is no salt", remedy="give 0x and 64 hex digits, or any words, which are hashed")
    return bytes.fromhex(keccak_of(text.encode())[2:])


def create_address(creator: Address, nonce: int) -> Address:
    """Where a transaction of this nonce puts what it creates (Yellow Paper, equation 85)."""
    return address("0x" + keccak_of(rlp.encode([bytes.fromhex(creator[2:]), nonce]))[-40:])


def create2_address(salt: bytes, creation: bytes) -> Address:
    """Where the proxy puts what `creation`, constructor arguments included, creates (EIP-1014)."""
    parts = b"\xff" + bytes.fromhex(FACTORY[2:]) + salt + bytes.fromhex(keccak_of(creation)[2:])
    return address("0x" + keccak_of(parts)[-40:])
