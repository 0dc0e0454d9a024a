"""Who signs: keys in memory, which are never shown. Where they come from is said in `signers`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from eth_account import Account
from eth_account.messages import encode_typed_data

from ..errors import DevKeyRefused, SignerMissing
from ..values import DEV_CHAIN_IDS, Address, Digest, address, digest
from .dev_accounts import DEV_ADDRESSES, dev_key

_KEY_BYTES = 32
#: Order of secp256k1 (SEC 2): private keys lie below it.
_CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@dataclass(frozen=True, slots=True)
class SignedTx:
    """A transaction ready to be broadcast, and the hash it will have."""

    raw: bytes
    hash: Digest


class Signer(Protocol):
    """Signs transactions for one account."""

    @property
    def address(self) -> Address:
        """The account."""

    def sign(self, tx: Mapping[str, Any]) -> SignedTx:
        """Sign a complete transaction (nonce, gas, fees and chainId set). Raises DevKeyRefused."""

    def sign_typed(self, typed: Mapping[str, Any]) -> bytes:
        """Sign typed data (EIP-712) in the form of eth_signTypedData_v4; 65 bytes. Raises DevKeyRefused."""


class KeySigner:
    """Signs with a key in memory. Neither repr nor errors show the key."""

    __slots__ = ("_key", "address")

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.address = address(Account.from_key(key).address)

    def __repr__(self) -> str:
        return f"KeySigner({self.address})"

    def __reduce__(self) -> Any:
        raise TypeError("a signer is not pickled: its key must not leave the process")

    def sign(self, tx: Mapping[str, Any]) -> SignedTx:
        """Sign `tx`. Raises DevKeyRefused when a public key would sign for a chain that is not a devnet."""
        refuse_dev_key(self.address, int(tx["chainId"]))
        signed = Account.sign_transaction(dict(tx), self._key)
        return SignedTx(bytes(signed.raw_transaction), digest("0x" + bytes(signed.hash).hex()))

    def sign_typed(self, typed: Mapping[str, Any]) -> bytes:
        """Sign typed data. Raises DevKeyRefused as `sign` does."""
        refuse_dev_key(self.address, int(typed["domain"]["chainId"]))
        signed = Account.sign_message(encode_typed_data(full_message=dict(typed)), self._key)
        return bytes(signed.signature)


def key_signer(text: str, *, source: str) -> KeySigner:
    """A signer from 64 hex digits, with or without 0x. Raises SignerMissing, naming `source` and not the text."""
    digits = text.strip().removeprefix("0x")
    try:
        key = bytes.fromhex(digits)
        _check_range(key)
        return KeySigner(key)
    except Exception:  # noqa: BLE001 - whatever is wrong with a key, the message must not repeat it
        raise SignerMissing(f"{source} does not hold a private key of 32 bytes in hex", source=source) from None


def _check_range(key: bytes) -> None:
    """Older releases of eth-account sign with keys that are none."""
    if len(key) != _KEY_BYTES or not 0 < int.from_bytes(key, "big") < _CURVE_ORDER:
        raise ValueError


def dev_signer(index: int = 0) -> KeySigner:
    """One of the ten public development accounts. It signs for devnets only. Raises IndexError beyond the ten."""
    return KeySigner(dev_key(index))


def refuse_dev_key(account: Address, chain_id: int) -> None:
    """Raise DevKeyRefused when a public development account would sign for a chain that is not a devnet."""
    if account in DEV_ADDRESSES and chain_id not in DEV_CHAIN_IDS:
        raise DevKeyRefused(
            f"{account} is a public development account and chain {chain_id} is not a devnet: "
            "anyone can spend what it holds",
            account=account,
            chain_id=chain_id,
        )
