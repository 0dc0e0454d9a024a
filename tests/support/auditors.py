"""Somebody who looks at a federation from outside: a folder and a home of their own, and nothing recorded in either."""

from pathlib import Path

from tests.support.homes import furnished
from zkchain.config import Config, read_config


def auditor_of(folder: Path, rpc_url: str) -> Config:
    """An auditor who reaches the federation's chain as the network `shared`."""
    (folder / "zkchain.toml").write_text(f'[networks.shared]\nrpc_url = "{rpc_url}"\nchain_id = 31337\n')
    return read_config({"ZKCHAIN_HOME": str(furnished(folder / "home"))}, cwd=folder)
