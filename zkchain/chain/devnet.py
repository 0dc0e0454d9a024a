"""A chain for development that needs nothing running: started on demand, kept between commands, stopped on request."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from ..errors import ChainError, DevnetFailed
from ..records import Network
from .anvil import anvil_command, find_anvil
from .client import chain_id_of
from .devnet_state import (
    DevnetInfo,
    DevnetState,
    Engine,
    exclusive,
    folder,
    forget_state,
    log_path,
    process_of,
    read_state,
    started_at,
    write_state,
)

CHAIN_ID = 31337
_HOST = "127.0.0.1"
_READY_SECONDS = 30.0
_STOP_SECONDS = 5.0
_PAUSE = 0.05
#: What a devnet needs of our environment. It outlives us, so it must not carry keys that we were given.
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")


def start_devnet(home: Path, *, engine: Engine | None = None, port: int | None = None) -> DevnetInfo:
    """Start a detached devnet, or give the one that runs. `port` 0 or None takes a free one.

    Raises DevnetFailed when it does not come up, or one with another engine or port runs already.
    """
    with exclusive(home):
        state = read_state(home)
        if state is not None:
            return _matching(state.info, engine, port)
        return _start(home, engine or "embedded", port or 0)


def ensure_devnet(home: Path) -> DevnetInfo:
    """The running devnet, whichever its engine; a new embedded one if there is none. Raises DevnetFailed."""
    return start_devnet(home)


def running_devnet(home: Path) -> DevnetInfo | None:
    """The devnet of this home if it runs and answers; None otherwise."""
    with exclusive(home):
        state = read_state(home)
    return state.info if state is not None and _answers(state.info) else None


def stop_devnet(home: Path) -> bool:
    """Stop the devnet and forget its chain. False when none was running. Raises DevnetFailed if it does not end."""
    with exclusive(home):
        state = read_state(home)
        process = process_of(state) if state is not None else None
        if process is not None:
            _end(process)
        forget_state(home)
        return process is not None


def serve_devnet(
    home: Path, *, engine: Engine | None = None, port: int | None = None, ready: Callable[[DevnetInfo], None]
) -> None:
    """Run a devnet until it ends or the caller is interrupted; `ready` is called when it answers.

    Raises DevnetFailed when one runs already, or it does not come up, or it ends by itself.
    """
    with exclusive(home):
        state = read_state(home)
        if state is not None:
            raise DevnetFailed(f"a devnet runs already at {state.info.rpc_url}", remedy="run: zkchain devnet --stop")
        info = _start(home, engine or "embedded", port or 0)
    try:
        ready(info)
        psutil.Process(info.pid).wait()
    except psutil.NoSuchProcess:
        pass
    finally:
        stop_devnet(home)


def _matching(info: DevnetInfo, engine: Engine | None, port: int | None) -> DevnetInfo:
    if engine not in (None, info.engine) or port not in (None, 0, info.port):
        wanted = f"{engine or info.engine} on port {port or info.port}"
        raise DevnetFailed(
            f"the devnet that runs is {info.engine} on port {info.port}, not {wanted}",
            remedy="stop it first: zkchain devnet --stop",
            running=info.engine,
            port=info.port,
        )
    if not _answers(info):
        raise DevnetFailed(
            f"the devnet's process {info.pid} is alive but does not answer at {info.rpc_url}",
            remedy="run: zkchain devnet --stop",
        )
    return info


def _start(home: Path, engine: Engine, port: int) -> DevnetInfo:
    with _listener(port) as listener:
        found = int(listener.getsockname()[1])
        if engine == "anvil":
            process = _spawn(home, _anvil(listener, found))
        else:
            process = _spawn(home, _embedded(listener), listener.fileno())
    info = DevnetInfo(engine=engine, rpc_url=f"http://{_HOST}:{found}", chain_id=CHAIN_ID, pid=process.pid, port=found)
    try:
        write_state(home, DevnetState(info=info, started=started_at(process.pid)))
        _await_ready(home, info, process)
    except BaseException:
        process.kill()
        process.wait()
        forget_state(home)
        raise
    # It outlives us: without a return code Popen would warn when it is collected.
    process.returncode = 0
    return info


def _listener(port: int) -> socket.socket:
    """A socket on loopback. Bound here, so that the port is known and nobody else can take it."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise DevnetFailed(
            f"port {port} on {_HOST} cannot be used: {error}", remedy="choose another --port, or none", port=port
        ) from error
    return listener


def _embedded(listener: socket.socket) -> list[str]:
    listener.listen(64)
    return [sys.executable, "-m", "zkchain.chain.devnet_server", str(listener.fileno())]


def _anvil(listener: socket.socket, port: int) -> list[str]:
    binary = find_anvil()
    if binary is None:
        raise DevnetFailed(
            "the anvil engine was asked for, but no anvil was found",
            remedy="run: npm install @foundry-rs/anvil, set ZKCHAIN_ANVIL, or use --engine embedded",
        )
    # anvil binds by itself: let go of the port it will take.
    listener.close()
    return anvil_command(binary, port, CHAIN_ID)


def _spawn(home: Path, command: list[str], *handed: int) -> subprocess.Popen[bytes]:
    package_root = str(Path(__file__).resolve().parents[2])
    # The child runs in a folder of ours, so it must be told where this package is.
    paths = [package_root, *filter(None, [os.environ.get("PYTHONPATH")])]
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    try:
        with log_path(home).open("wb") as log:
            return subprocess.Popen(
                command,
                cwd=folder(home),
                env={**kept, "PYTHONPATH": os.pathsep.join(paths)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=handed,
                start_new_session=True,
            )
    except OSError as error:
        raise DevnetFailed(f"the devnet cannot be started: {error}") from error


def _await_ready(home: Path, info: DevnetInfo, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not _answers(info):
        if process.poll() is not None:
            raise DevnetFailed(
                f"the {info.engine} devnet ended with code {process.returncode}: {_last_line(home)}",
                remedy=f"see {log_path(home)}",
            )
        if time.monotonic() > deadline:
            raise DevnetFailed(f"the {info.engine} devnet did not answer within {_READY_SECONDS:.0f} s")
        time.sleep(_PAUSE)


def _last_line(home: Path) -> str:
    lines = log_path(home).read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1][:200] if lines else "nothing in its log"


def _answers(info: DevnetInfo) -> bool:
    try:
        return chain_id_of(Network(name="local", rpc_url=info.rpc_url, chain_id=info.chain_id)) == info.chain_id
    except ChainError:
        return False


def _end(process: psutil.Process) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            return
        deadline = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < deadline:
            if _gone(process):
                return
    raise DevnetFailed(f"the devnet's process {process.pid} does not end", pid=process.pid)


def _gone(process: psutil.Process) -> bool:
    """Wait a moment. A zombie whose parent, another process of ours, has not looked yet, counts as gone."""
    try:
        process.wait(_PAUSE)
        return True
    except psutil.TimeoutExpired:
        return bool(process.status() == psutil.STATUS_ZOMBIE) if process.is_running() else True
