"""Workers as processes: started, awaited, and what they said."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: Seconds that anything may take. A busy machine needs many; one that hangs is found all the same.
PATIENCE = 3600.0
_ROOT = Path(__file__).resolve().parents[2]


def start(task: Mapping[str, Any]) -> subprocess.Popen[str]:
    """A worker at its task."""
    command = [sys.executable, "-m", "benchmarks.faults.worker", json.dumps(task)]
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return subprocess.Popen(
        command, cwd=_ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(process: subprocess.Popen[str], seconds: float) -> tuple[int, dict[str, Any]]:
    """The exit code, negative for a signal, and the worker's last line; killed after so many seconds."""
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
    lines = out.strip().splitlines()
    try:
        said = json.loads(lines[-1]) if lines else {}
    except ValueError:
        said = {}
    return process.returncode, said or {"stderr": err.strip().rpartition("\n")[2][-300:]}
