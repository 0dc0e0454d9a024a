"""Who signs. Keys come from the environment or a private file, never from an argument, and are never shown."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from eth_account import Account

from ..errors import DevKeyRefused, SignerMissing
from ..records import Network
from ..values import DEV_CHAIN_IDS, Address, Digest, address, digest
from .dev_accounts import DEV_ADDRESSES, dev_key

#: What is looked at when nothing else is configured.
DEFAULT_REFERENCE = "env:ZKCHAIN_PRIVATE_KEY"
_FILE_LIMIT = 1024
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


def load_signer(reference: str | None, network: Network, environ: Mapping[str, str] | None = None) -> Signer:
    """The signer that `reference` names: env:NAME, file:PATH, or on devnets dev:INDEX.

    On a devnet the first development account stands in when no reference is given and ZKCHAIN_PRIVATE_KEY is not set.
    Raises SignerMissing, and DevKeyRefused when a development key is named for another chain.
    """
    env = os.environ if environ is None else environ
    wanted = reference or DEFAULT_REFERENCE
    if network.devnet and wanted == DEFAULT_REFERENCE and not env.get(DEFAULT_REFERENCE.removeprefix("env:")):
        return dev_signer()
    kind, _, rest = wanted.partition(":")
    if kind == "env" and rest:
        signer = _from_environment(rest, network, env)
    elif kind == "file" and rest:
        signer = _from_file(Path(rest).expanduser())
    elif kind == "dev" and rest.isdigit() and int(rest) < len(DEV_ADDRESSES):
        signer = dev_signer(int(rest))
    else:
        # Not shown: whoever put a key here by mistake would find it in a log.
        raise SignerMissing(
            "the signer reference is not env:NAME, file:PATH or dev:INDEX",
            remedy="correct the network's signer in zkchain.toml",
        )
    refuse_dev_key(signer.address, network.chain_id)
    return signer


def refuse_dev_key(account: Address, chain_id: int) -> None:
    """Raise DevKeyRefused when a public development account would sign for a chain that is not a devnet."""
    if account in DEV_ADDRESSES and chain_id not in DEV_CHAIN_IDS:
        raise DevKeyRefused(
            f"{account} is a public development account and chain {chain_id} is not a devnet: "
            "anyone can spend what it holds",
            account=account,
            chain_id=chain_id,
        )


def _from_environment(name: str, network: Network, env: Mapping[str, str]) -> KeySigner:
    text = env.get(name, "")
    if not text:
        raise SignerMissing(
            f"network {network.name!r} needs a key, and {name} is not set", remedy=f"set {name}", variable=name
        )
    return key_signer(text, source=name)


def _from_file(path: Path) -> KeySigner:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(_FILE_LIMIT)
    except OSError as error:
        raise SignerMissing(f"the key file {path} cannot be read: {error.strerror}", path=path) from None
    if not stat.S_ISREG(mode) or mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SignerMissing(f"the key file {path} can be read by others", remedy=f"run: chmod 600 {path}", path=path)
    return key_signer(text.decode("ascii", errors="replace"), source=str(path))
