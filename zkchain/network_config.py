"""Networks as users write them down: [networks.NAME] tables, checked, and what is known of public chains."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from .errors import ConfigError

#: The network that needs no table: a devnet is started for it.
LOCAL = "local"
DEFAULT_SIGNER = "env:ZKCHAIN_PRIVATE_KEY"
#: Deepest confirmation that can be asked for.
_MOST_CONFIRMATIONS = 1_000
_MOST_GWEI = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkEntry:
    """One network. URLs and the signer may be references such as env:NAME; a signer is never a key itself."""

    rpc_urls: tuple[str, ...] = field(repr=False)  #: tried in this order
    chain_id: int
    signer: str = field(default=DEFAULT_SIGNER, repr=False)
    confirmations: int | Literal["finalized"] = 1  #: blocks that make a transaction count, its own included
    max_fee_gwei: float | None = None  #: most that a unit of gas may cost
    max_tip_gwei: float | None = None
    explorer: str = ""


@dataclass(frozen=True, slots=True)
class Preset:
    """What is known of a public chain. No URL: whoever reads what we ask is the user's choice."""

    chain_id: int
    confirmations: int
    explorer: str


PRESETS: Mapping[str, Preset] = {
    "mainnet": Preset(1, 3, "https://etherscan.io"),
    "sepolia": Preset(11155111, 2, "https://sepolia.etherscan.io"),
    "base": Preset(8453, 2, "https://basescan.org"),
    "arbitrum": Preset(42161, 2, "https://arbiscan.io"),
    "optimism": Preset(10, 2, "https://optimistic.etherscan.io"),
    "polygon": Preset(137, 16, "https://polygonscan.com"),
}


def read_networks(path: Path) -> dict[str, NetworkEntry]:
    """The networks of one file. Raises ConfigError, which repeats no value: a mistake may be a secret."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("networks", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", path=path) from error
    if not isinstance(tables, dict):
        raise ConfigError(f"{path}: [networks] must be a table", path=path)
    return {name: _entry(path, name, table) for name, table in tables.items()}


def _entry(path: Path, name: str, table: object) -> NetworkEntry:
    if name == LOCAL or not isinstance(table, dict):
        raise ConfigError(f"{path}: networks.{name} must be a table; 'local' is reserved", path=path)
    for key, value in table.items():
        if key not in _RIGHT or not _RIGHT[key](value):
            raise ConfigError(f"{path}: networks.{name}.{key} is not a known key of the right type", path=path)
    preset = PRESETS.get(name)
    urls = table.get("rpc_urls", [table["rpc_url"]] if "rpc_url" in table else [])
    if not urls or ("rpc_url" in table and "rpc_urls" in table):
        raise ConfigError(f"{path}: networks.{name} needs rpc_url, or rpc_urls for several", path=path)
    chain_id = table.get("chain_id", preset.chain_id if preset else None)
    if chain_id is None:
        raise ConfigError(f"{path}: networks.{name} needs chain_id; it is no public chain known by name", path=path)
    if preset and chain_id != preset.chain_id:
        raise ConfigError(
            f"{path}: networks.{name} says chain_id {chain_id}, but {name} is chain {preset.chain_id}",
            remedy="give a chain of your own another name",
            path=path,
        )
    known = {"confirmations": preset.confirmations, "explorer": preset.explorer} if preset else {}
    more = {key: value for key, value in table.items() if key not in ("rpc_url", "rpc_urls", "chain_id")}
    return NetworkEntry(rpc_urls=tuple(urls), chain_id=chain_id, **{**known, **more})


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_gwei(value: Any) -> bool:
    return type(value) in (int, float) and 0 < value <= _MOST_GWEI


_RIGHT: Mapping[str, Any] = {
    "rpc_url": _is_text,
    "rpc_urls": lambda value: isinstance(value, list) and bool(value) and all(map(_is_text, value)),
    "chain_id": lambda value: type(value) is int and value > 0,
    "signer": _is_text,
    "confirmations": lambda value: value == "finalized" or (type(value) is int and 1 <= value <= _MOST_CONFIRMATIONS),
    "max_fee_gwei": _is_gwei,
    "max_tip_gwei": _is_gwei,
    "explorer": lambda value: _is_text(value) and value.startswith(("https://", "http://")),
}
