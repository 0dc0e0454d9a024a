"""What is written down about the running devnet, and whether its process is still ours."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil  # type: ignore[import-untyped]

from ..errors import DevnetFailed
from ..files import exclusive as held
from ..files import write_json
from ..record import Record

Engine = Literal["embedded", "anvil"]

_FOLDER, _STATE, _LOCK, _LOG = "devnet", "devnet.json", "lock", "devnet.log"
#: A process with our pid that began within this many seconds of ours is ours: clocks are corrected, pids reused later.
_START_TOLERANCE = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DevnetInfo(Record):
    """A devnet of ours that runs."""

    engine: Engine
    rpc_url: str
    chain_id: int
    pid: int
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DevnetState(Record):
    """The state file: the devnet, and when its process began, which tells it from a later one with its pid."""

    info: DevnetInfo
    started: float


@contextmanager
def exclusive(home: Path) -> Iterator[None]:
    """Only one process at a time starts, stops or looks. Waits for the others."""
    with held(folder(home) / _LOCK):
        yield


def folder(home: Path) -> Path:
    """Where the devnet keeps its files."""
    return home / _FOLDER


def log_path(home: Path) -> Path:
    """Where the devnet's process writes what goes wrong."""
    return folder(home) / _LOG


def write_state(home: Path, state: DevnetState) -> None:
    """Write the state file. Raises OSError."""
    write_json(folder(home) / _STATE, state.to_json(), mode=0o600)


def forget_state(home: Path) -> None:
    """Remove the state file if there is one."""
    (folder(home) / _STATE).unlink(missing_ok=True)


def read_state(home: Path) -> DevnetState | None:
    """The state file if it names a process that is alive and ours; a stale or damaged file counts as none."""
    try:
        state = DevnetState.from_json(json.loads((folder(home) / _STATE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return state if process_of(state) else None


def process_of(state: DevnetState) -> psutil.Process | None:
    """The devnet's process; None when it ended or its pid belongs to another process by now."""
    try:
        process = psutil.Process(state.info.pid)
        same = abs(process.create_time() - state.started) < _START_TOLERANCE
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None


def started_at(pid: int) -> float:
    """When a process of ours began. Raises DevnetFailed when it has ended already."""
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        raise DevnetFailed("the devnet ended as soon as it started") from None
