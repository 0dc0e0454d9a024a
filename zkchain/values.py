"""Domain values: field elements, digests, addresses. Built checked, so nothing downstream checks again.

eth_utils is imported where it is called: it takes twice as long as everything else that an engine's child imports.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import NewType, Self

#: Order of the BN254 scalar field (EIP-196), in which every instance of a proof lives.
MODULUS = 21888242871839275222246405745257275088548364400416034343698204186575808495617

#: 0x-prefixed lowercase hex of 32 bytes.
Digest = NewType("Digest", str)
#: EIP-55 checksummed account or contract address.
Address = NewType("Address", str)

_DIGEST = re.compile(r"0x[0-9a-f]{64}\Z")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}\Z")

#: Chain ids on which development keys and a development SRS are allowed: anvil/hardhat, and geth's dev default.
DEV_CHAIN_IDS = frozenset({31337, 1337})

#: -s*G2 of the perpetual powers of tau, in the order of a verifier's constants (x_1, x_2, y_1, y_2).
CEREMONY_G2 = (
    "0x186282957db913abd99f91db59fe69922e95040603ef44c0bd7aa3adeef8f5ac",
    "0x17944351223333f260ddc3b4af45191b856689eda9eab5cbcddbbe570ce860d2",
    "0x06d971ff4a7467c3ec596ed6efc674572e32fd6f52b721f97e35b0b3d3546753",
    "0x06ecdb9f9567f59ed2eee36e1e1d58797fd13cc97fafc2910f5e8a12f202fa9a",
)

ZERO_ADDRESS = Address("0x0000000000000000000000000000000000000000")
ZERO_DIGEST = Digest("0x" + "0" * 64)


def digest(text: str) -> Digest:
    """Check and return `text` as a digest. Raises ValueError."""
    if not _DIGEST.match(text):
        raise ValueError(f"{text!r} is not 0x and 64 lowercase hex digits")
    return Digest(text)


def address(text: str) -> Address:
    """Return `text` checksummed (EIP-55). Raises ValueError on anything but an address with a right checksum."""
    if not _ADDRESS.match(text):
        raise ValueError(f"{text!r} is not 0x and 40 hex digits")
    from eth_utils.address import is_checksum_address, to_checksum_address

    body = text[2:]
    if body not in (body.lower(), body.upper()) and not is_checksum_address(text):
        raise ValueError(f"{text!r} has a wrong EIP-55 checksum")
    return Address(to_checksum_address(text))


def keccak_of(data: bytes) -> Digest:
    """keccak256 of bytes, as Ethereum computes it."""
    from eth_utils.crypto import keccak

    return Digest("0x" + keccak(data).hex())


def sha256_of(data: bytes) -> Digest:
    """SHA-256 of bytes."""
    return Digest("0x" + hashlib.sha256(data).hexdigest())


def canonical_json(value: Mapping[str, object] | Sequence[object]) -> bytes:
    """One byte string for one value: sorted keys, no spaces, ASCII, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


class FieldElement(int):
    """An integer in [0, MODULUS)."""

    def __new__(cls, value: int) -> Self:
        if not 0 <= value < MODULUS:
            raise ValueError(f"{value} is outside the scalar field")
        return super().__new__(cls, value)

    @classmethod
    def from_le_hex(cls, text: str) -> Self:
        """Read the form of ezkl's files: 32 bytes, least significant first."""
        raw = bytes.fromhex(text)
        if len(raw) != 32:
            raise ValueError(f"expected 32 bytes, got {len(raw)}")
        return cls(int.from_bytes(raw, "little"))

    @classmethod
    def from_word(cls, text: str) -> Self:
        """Read the form of our proof files and of the EVM: 0x and 64 hex digits, most significant first."""
        if not _DIGEST.match(text):
            raise ValueError(f"{text!r} is not a 32-byte word")
        return cls(int(text, 16))

    @classmethod
    def from_int(cls, value: int) -> Self:
        """Map a signed integer into the field. Raises ValueError beyond a quarter of the field."""
        if abs(value) > MODULUS // 4:
            raise ValueError(f"{value} does not fit the signed range of the field")
        return cls(value % MODULUS)

    @property
    def word(self) -> str:
        """0x and 64 hex digits, most significant first."""
        return f"0x{int(self):064x}"

    @property
    def signed(self) -> int:
        """The representative in (-MODULUS/2, MODULUS/2]."""
        return int(self) - MODULUS if self > MODULUS // 2 else int(self)

    def to_float(self, *, scale: int) -> float:
        """The fixed-point value: signed representative over 2**scale."""
        return self.signed / (1 << scale) if scale >= 0 else float(self.signed * (1 << -scale))
