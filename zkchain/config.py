"""Where things live and which limits hold, read once from the environment into a frozen record."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import ConfigError, NetworkUnknown
from .network_config import PRESETS, NetworkEntry, read_networks

#: Name of the project file, looked for in the working directory and its parents.
PROJECT_FILE = "zkchain.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Settings of one run."""

    home: Path  #: cache and devnet state; outside any repository
    deployments: Path
    memory_limit_bytes: int
    time_limit_seconds: float
    networks: Mapping[str, NetworkEntry] = field(default_factory=dict)
    #: Ready-made signers by network (`chain.signer.Signer`), where a program has them; they go before references.
    signers: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def network(self, name: str) -> NetworkEntry:
        """The entry called `name`. Raises NetworkUnknown."""
        if name not in self.networks:
            known = ", ".join(["local", *sorted(self.networks)])
            error = NetworkUnknown(f"network {name!r} is not configured; known: {known}", name=name)
            if name in PRESETS:
                error.remedy = f"its chain is known, but no URL: add [networks.{name}] with rpc_url to {PROJECT_FILE}"
            raise error
        return self.networks[name]


def read_config(environ: Mapping[str, str] | None = None, cwd: Path | None = None) -> Config:
    """Read the environment, the user's networks, and the nearest zkchain.toml, whose networks come first.

    Raises ConfigError.
    """
    env = os.environ if environ is None else environ
    here = _working_directory() if cwd is None else cwd
    project = next((p / PROJECT_FILE for p in (here, *here.parents) if (p / PROJECT_FILE).is_file()), None)
    root = project.parent if project else here
    return Config(
        home=_home(env),
        deployments=root / "deployments",
        memory_limit_bytes=int(_number(env, "ZKCHAIN_MEMORY_LIMIT_GB", _default_memory_gb()) * 2**30),
        time_limit_seconds=_number(env, "ZKCHAIN_TIME_LIMIT_SECONDS", 3600.0),
        networks={**_user_networks(env), **(read_networks(project) if project else {})},
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


def _user_networks(env: Mapping[str, str]) -> dict[str, NetworkEntry]:
    """Those of ~/.config/zkchain/zkchain.toml, or of the file that ZKCHAIN_CONFIG names."""
    if env.get("ZKCHAIN_CONFIG"):
        return read_networks(Path(env["ZKCHAIN_CONFIG"]).expanduser())
    base = env.get("XDG_CONFIG_HOME") or (f"{env['HOME']}/.config" if env.get("HOME") else "")
    path = Path(base) / "zkchain" / PROJECT_FILE
    return read_networks(path) if base and path.is_file() else {}
