"""Run `zkchain` as a person does: a process, its JSON, its wall time."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_PROGRAM = Path(sys.executable).with_name("zkchain")


class CommandFailed(Exception):
    """The program ended with an error, or not in time."""


def run(arguments: Sequence[str | Path], *, home: Path, limit: float) -> tuple[dict[str, Any], float]:
    """The answer of `zkchain ARGUMENTS --json`, and the seconds that it took. Raises CommandFailed."""
    environment = {**os.environ, "ZKCHAIN_HOME": str(home), "ZKCHAIN_TIME_LIMIT_SECONDS": f"{limit:.0f}"}
    command = [str(_PROGRAM), *map(str, arguments), "--json"]
    began = time.monotonic()
    # Output goes to pipes and not to the terminal, so drawing costs neither side anything.
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
    ) as process:
        try:
            out, err = process.communicate(timeout=limit)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                raise CommandFailed(f"no answer within {limit:.0f} s") from None
            raise
    seconds = time.monotonic() - began
    answer = _last_object(out)
    if answer is None or (process.returncode != 0 and "valid" not in answer):
        raise CommandFailed(_reason(answer, err, process.returncode))
    return answer, seconds


def _last_object(out: str) -> dict[str, Any] | None:
    lines = out.strip().splitlines()
    try:
        found = json.loads(lines[-1]) if lines else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _reason(answer: Mapping[str, Any] | None, err: str, code: int) -> str:
    if answer and "message" in answer:
        return f"{answer.get('code', 'error')}: {answer['message']}"
    lines = err.strip().splitlines()
    return f"exit code {code}: {lines[-1] if lines else 'no word'}"
