"""Start one child for one request, watch it, and turn whatever happens to it into a result or a typed error."""

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ..errors import Cancelled, EngineTimeout
from ..progress import Report
from .outcome import failure_error, loss_error

#: Environment variables a child may see. Anything else could carry a secret or change what is proved.
_PASSED = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "RAYON_NUM_THREADS", "SSL_CERT_FILE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one child may use."""

    memory_bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ChildCommand:
    """The program that serves a request; tests put one that crashes in its place."""

    argv: tuple[str, ...] = (sys.executable, "-P", "-m", "zkchain.halo2.child")


def serve(
    operation: str,
    arguments: dict[str, Any],
    *,
    scratch: Path,
    limits: Limits,
    report: Report,
    command: ChildCommand,
    expected_seconds: float | None = None,
) -> dict[str, Any]:
    """Run `operation` in a child whose HOME is `scratch`. Raises EngineError subclasses and Cancelled.

    A result that was handed over counts, however the child ends afterwards. With `expected_seconds`, the stage is
    reported again and again with the share of that time that has passed.
    """
    request = {
        "operation": operation,
        "arguments": arguments,
        "parent_pid": os.getpid(),
        "memory_bytes": limits.memory_bytes,
        "cpu_seconds": int(limits.seconds * (os.cpu_count() or 1)) + 1,
    }
    with tempfile.TemporaryFile() as stderr:
        process, channel = _start(command, request, scratch, stderr)
        followed = False
        try:
            message = _follow(channel, limits.seconds, report, expected_seconds)
            followed = True
        except KeyboardInterrupt:
            raise Cancelled(f"stopped while {operation.replace('_', ' ')} was running") from None
        except TimeoutError:
            raise EngineTimeout(
                f"{operation} did not finish within {limits.seconds:g} s", seconds=limits.seconds, operation=operation
            ) from None
        finally:
            channel.close()
            _end(process, patient=followed)
        if message is None:
            raise loss_error(operation, process.returncode, _tail(stderr), limits.memory_bytes)
    if "failure" in message:
        raise failure_error(operation, message["failure"], limits.memory_bytes)
    return dict(message["result"])


def _start(
    command: ChildCommand, request: dict[str, Any], scratch: Path, stderr: IO[bytes]
) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    environment = {name: os.environ[name] for name in _PASSED if name in os.environ}
    environment |= {"HOME": str(scratch), "TMPDIR": str(scratch), "RUST_BACKTRACE": "0"}
    read_end, write_end = os.pipe()
    try:
        process = subprocess.Popen(
            [*command.argv, str(write_end)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            cwd=scratch,
            env=environment,
            pass_fds=(write_end,),
            start_new_session=True,
        )
    except BaseException:
        os.close(read_end)
        raise
    finally:
        os.close(write_end)
    channel = os.fdopen(read_end, "rb", buffering=0)
    assert process.stdin is not None
    try:
        process.stdin.write(json.dumps(request).encode())
        process.stdin.close()
    except BrokenPipeError:
        pass  # the child is already gone; what it left is judged below
    return process, channel


def _follow(
    channel: IO[bytes], seconds: float, report: Report, expected_seconds: float | None
) -> dict[str, Any] | None:
    """Read messages until the last one or until the child closes its end. Raises TimeoutError."""
    pending, stage, started = b"", "", time.monotonic()
    with selectors.DefaultSelector() as selector:
        selector.register(channel, selectors.EVENT_READ)
        while True:
            passed = time.monotonic() - started
            if passed >= seconds:
                raise TimeoutError
            if stage and expected_seconds:
                report(stage, min(passed / expected_seconds, 0.99))
            if not selector.select(min(seconds - passed, 0.25)):
                continue
            chunk = channel.read(1 << 16)
            if not chunk:
                return None
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                try:
                    message = json.loads(line)
                except ValueError:
                    return None
                if "stage" not in message:
                    return dict(message)
                stage = message["stage"]
                report(stage)


def _end(process: subprocess.Popen[bytes], *, patient: bool) -> None:
    """Leave no process behind: a child that is done gets a moment to go by itself, so that its exit can be read."""
    try:
        if patient:
            process.wait(timeout=5.0)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        pass
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _tail(stderr: IO[bytes]) -> str:
    size = stderr.seek(0, os.SEEK_END)
    stderr.seek(max(0, size - 4096))
    return stderr.read().decode("utf-8", "replace")
