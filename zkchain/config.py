"""Where things live and which limits hold, read once from the environment into a frozen record."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .errors import ConfigError, NetworkUnknown

#: Name of the project file, looked for in the working directory and its parents.
PROJECT_FILE = "zkchain.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkEntry:
    """One [networks.NAME] table of zkchain.toml. `signer` is a reference such as env:NAME, never a key."""

    rpc_url: str
    chain_id: int
    signer: str = "env:ZKCHAIN_PRIVATE_KEY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Settings of one run."""

    home: Path  #: cache and devnet state; outside any repository
    deployments: Path
    memory_limit_bytes: int
    time_limit_seconds: float
    networks: Mapping[str, NetworkEntry] = field(default_factory=dict)

    def network(self, name: str) -> NetworkEntry:
        """The entry called `name`. Raises NetworkUnknown."""
        if name not in self.networks:
            known = ", ".join(["local", *sorted(self.networks)])
            raise NetworkUnknown(f"network {name!r} is not configured; known: {known}", name=name)
        return self.networks[name]


def read_config(environ: Mapping[str, str] | None = None, cwd: Path | None = None) -> Config:
    """Read the environment and the nearest zkchain.toml. Raises ConfigError."""
    env = os.environ if environ is None else environ
    here = _working_directory() if cwd is None else cwd
    project = next((p / PROJECT_FILE for p in (here, *here.parents) if (p / PROJECT_FILE).is_file()), None)
    root = project.parent if project else here
    return Config(
        home=_home(env),
        deployments=root / "deployments",
        memory_limit_bytes=int(_number(env, "ZKCHAIN_MEMORY_LIMIT_GB", _default_memory_gb()) * 2**30),
        time_limit_seconds=_number(env, "ZKCHAIN_TIME_LIMIT_SECONDS", 3600.0),
        networks=_networks(project) if project else {},
    )


def _home(env: Mapping[str, str]) -> Path:
    try:
        if env.get("ZKCHAIN_HOME"):
            return Path(env["ZKCHAIN_HOME"]).expanduser().absolute()
        base = Path(env["XDG_CACHE_HOME"]) if env.get("XDG_CACHE_HOME") else Path.home() / ".cache"
    except RuntimeError as error:  # what pathlib raises for a home that nobody has
        named = env.get("ZKCHAIN_HOME") or "~"
        raise ConfigError(
            f"the cache folder {named!r} cannot be found: {error}",
            remedy="set ZKCHAIN_HOME to a folder that you may write to",
            name="ZKCHAIN_HOME",
        ) from error
    return base.absolute() / "zkchain"


def _working_directory() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise ConfigError("the working directory is gone", remedy="change to a folder that exists") from error


def _default_memory_gb(cgroup: Path = Path("/sys/fs/cgroup/memory.max")) -> float:
    """Nine tenths of the memory there is, physical or the container's: a runaway child must not take it all."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        contained = int(cgroup.read_text(encoding="ascii"))
    except (OSError, ValueError):  # no container, or "max"
        contained = physical
    return 0.9 * min(physical, contained) / 2**30


def _number(env: Mapping[str, str], name: str, default: float) -> float:
    text = env.get(name, "")
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 1e9:
        raise ConfigError(f"{name} is {text!r}; it must be a positive number", name=name)
    return value


def _networks(path: Path) -> dict[str, NetworkEntry]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("networks", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", path=path) from error
    if not isinstance(tables, dict):
        raise ConfigError(f"{path}: [networks] must be a table", path=path)
    return {name: _entry(path, name, table) for name, table in tables.items()}


def _entry(path: Path, name: str, table: object) -> NetworkEntry:
    wanted: dict[str, type] = {"rpc_url": str, "chain_id": int, "signer": str}
    if name == "local" or not isinstance(table, dict):
        raise ConfigError(f"{path}: networks.{name} must be a table; 'local' is reserved", path=path)
    for key, value in table.items():
        if key not in wanted or type(value) is not wanted[key]:
            raise ConfigError(f"{path}: networks.{name}.{key} is not a known key of the right type", path=path)
    if not {"rpc_url", "chain_id"} <= set(table):
        raise ConfigError(f"{path}: networks.{name} needs rpc_url and chain_id", path=path)
    return NetworkEntry(**table)
