"""Wallets: keys encrypted by a password, one keystore file each (Web3 Secret Storage, version 3)."""

import getpass
import os
import re
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_account import Account

from ..errors import ConfigError, KeystoreRefused, SignerMissing, UsageError, WalletTaken
from ..files import exclusive, make_private, parse_json, write_json
from ..record import Record
from ..values import Address, address
from .references import read_private
from .signer import KeySigner

PASSWORD, PASSWORD_FILE, WALLETS = "ZKCHAIN_WALLET_PASSWORD", "ZKCHAIN_WALLET_PASSWORD_FILE", "ZKCHAIN_WALLETS"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,47}")
_FILE_LIMIT = 16_384
#: A file may ask for any effort before its password can be tried: memory of scrypt (128 * n * r bytes), its rounds
#: (n * r * p), and rounds of PBKDF2. Usual files ask for 256 MB, 2^21 and 10^6.
_MOST_MEMORY, _MOST_WORK, _MOST_ROUNDS = 2**30, 2**24, 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet(Record):
    """A wallet as it is listed. `private` is false when others can read its file."""

    name: str
    address: Address
    path: str
    private: bool


def wallet_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Where wallets are kept: ZKCHAIN_WALLETS, else beside the user's configuration."""
    env = os.environ if environ is None else environ
    if env.get(WALLETS):
        return Path(env[WALLETS]).expanduser().absolute()
    base = Path(env["XDG_CONFIG_HOME"]) if env.get("XDG_CONFIG_HOME") else Path(env.get("HOME", "~")) / ".config"
    return base.expanduser().absolute() / "zkchain" / "wallets"


def create_wallet(folder: Path, name: str, password: str, key: str | None = None) -> Wallet:
    """Encrypt a fresh key, or `key` in hex, as the wallet `name`. Raises UsageError, WalletTaken."""
    if not _NAME.fullmatch(name):
        raise UsageError("a wallet's name has 1 to 48 letters, digits, '_' or '-'", found=name[:60])
    if not password:
        raise UsageError("an empty password protects nothing", remedy="choose a password")
    path = folder / f"{name}.json"
    raw = Account.create().key if key is None else _key_of(key)
    make_private(folder)
    with exclusive(folder / ".lock"):
        if path.exists():
            raise WalletTaken(f"there is a wallet {name!r} already, at {path}", name=name)
        write_json(path, Account.encrypt(raw, password), mode=0o600)
    return Wallet(name=name, address=address(Account.from_key(raw).address), path=str(path), private=True)


def list_wallets(folder: Path) -> tuple[Wallet, ...]:
    """All wallets in `folder`, by name, without opening them. Raises KeystoreRefused for a file that is none."""
    found = []
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        account = _parsed(path).get("address")
        if not isinstance(account, str):
            raise KeystoreRefused(f"{path} does not say whose key it holds", path=path)
        mode = path.stat().st_mode
        found.append(
            Wallet(
                name=path.stem,
                address=_address(path, account),
                path=str(path),
                private=not mode & (stat.S_IRWXG | stat.S_IRWXO),
            )
        )
    return tuple(found)


def keystore_path(name: str, environ: Mapping[str, str] | None = None) -> Path:
    """The file of a wallet, or a path as it is. Raises SignerMissing when there is none."""
    path = Path(name).expanduser() if "/" in name or name.endswith(".json") else wallet_folder(environ) / f"{name}.json"
    if not path.is_file():
        raise SignerMissing(f"there is no wallet at {path}", remedy="run: zkchain wallet list", path=path)
    return path


def wallet_password(environ: Mapping[str, str] | None = None) -> str:
    """The password of wallets: of the environment, of a private file it names, or asked of a person.

    Raises SignerMissing where there is nobody to ask.
    """
    env = os.environ if environ is None else environ
    if env.get(PASSWORD):
        return env[PASSWORD]
    if env.get(PASSWORD_FILE):
        try:
            return read_private(Path(env[PASSWORD_FILE]).expanduser(), "the wallet's password").rstrip("\r\n")
        except ConfigError as error:
            raise SignerMissing(error.message, remedy=error.remedy, **error.facts) from None
    if not sys.stdin.isatty():
        raise SignerMissing(
            "a wallet needs its password, and there is nobody to ask",
            remedy=f"set {PASSWORD_FILE} to a file that only you can read",
        )
    return getpass.getpass("password of the wallet: ")


def open_keystore(path: Path, password: str) -> KeySigner:
    """The signer of a keystore file. Raises KeystoreRefused, naming neither key nor password."""
    parsed = _parsed(path)
    _refuse_heavy(path, parsed)
    try:
        return KeySigner(bytes(Account.decrypt(parsed, password)))
    except ValueError as error:
        wrong = "MAC mismatch" in str(error)
        what = "the password is wrong" if wrong else "it is damaged"
        raise KeystoreRefused(f"the wallet {path} cannot be opened: {what}", path=path) from None
    except Exception:  # noqa: BLE001 - whatever is wrong with a key, the message must not repeat it
        raise KeystoreRefused(f"the wallet {path} cannot be opened: it is damaged", path=path) from None


def _key_of(text: str) -> bytes:
    """A key in hex. Raises UsageError, which does not repeat it."""
    try:
        key = bytes.fromhex(text.strip().removeprefix("0x"))
        Account.from_key(key)
    except Exception:  # noqa: BLE001 - whatever is wrong with a key, the message must not repeat it
        raise UsageError("what was given is no private key of 32 bytes in hex") from None
    return key


def _parsed(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            parsed = parse_json(file.read(_FILE_LIMIT))
    except (OSError, ValueError):
        parsed = None
    if not isinstance(parsed, dict) or parsed.get("version") != 3 or not isinstance(_crypto(parsed), dict):
        raise KeystoreRefused(f"{path} is no keystore of version 3", path=path)
    return parsed


def _crypto(parsed: Mapping[str, Any]) -> Any:
    return parsed.get("crypto", parsed.get("Crypto"))


def _refuse_heavy(path: Path, parsed: Mapping[str, Any]) -> None:
    """Raise KeystoreRefused for a file that asks for more than any wallet does, before any of it is computed."""
    params = _crypto(parsed).get("kdfparams")
    found = params if isinstance(params, dict) else {}
    n, r, p, c = (found.get(name, 1) for name in ("n", "r", "p", "c"))
    if not all(type(value) is int and value > 0 for value in (n, r, p, c)):
        raise KeystoreRefused(f"the wallet {path} cannot be opened: it is damaged", path=path)
    if 128 * n * r > _MOST_MEMORY or n * r * p > _MOST_WORK or c > _MOST_ROUNDS:
        raise KeystoreRefused(f"the wallet {path} asks for more memory or time than any wallet needs", path=path)


def _address(path: Path, text: str) -> Address:
    try:
        return address("0x" + text.removeprefix("0x").lower())
    except ValueError:
        raise KeystoreRefused(f"{path} does not say whose key it holds", path=path) from None
