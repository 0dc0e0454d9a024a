"""Facts of this machine, and which zkchain is measured on it."""

import hashlib
import os
import platform
import resource
import subprocess
import time
from importlib import metadata
from pathlib import Path

import psutil  # type: ignore[import-untyped]

import zkchain
from zkchain.halo2 import ENGINE_VERSION

from .records import Machine

_PACKAGES = ("numpy", "onnx", "onnxruntime", "scikit-learn", "skl2onnx", "xgboost-cpu", "lightgbm")
_SOURCE = Path(zkchain.__file__).parent


def this_machine(*packages: str) -> Machine:
    """What stands in every results file, with the releases of further packages that were measured."""
    return Machine(
        cpu=_cpu(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_gb=round(psutil.virtual_memory().total / 2**30, 1),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        engine=ENGINE_VERSION,
        packages=tuple(f"{name}=={metadata.version(name)}" for name in (*_PACKAGES, *packages)),
    )


class Watch:
    """Measures from its making how busy others keep this machine. Children count once they have ended."""

    def __init__(self) -> None:
        self._began, self._busy, self._own = time.monotonic(), _busy_seconds(), _own_seconds()

    def others(self) -> float:
        """Cores kept busy by processes that are neither this one nor its children."""
        foreign = (_busy_seconds() - self._busy) - (_own_seconds() - self._own)
        return round(max(0.0, foreign / max(time.monotonic() - self._began, 1e-9)), 2)


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    waiting = times.idle + getattr(times, "iowait", 0.0)
    # Linux counts guests in user time as well.
    return float(sum(times) - waiting - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0))


def _own_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def source_digest() -> str:
    """SHA-256 over zkchain's modules: a commit does not name what stands in a changed tree."""
    digest = hashlib.sha256()
    for path in sorted(_SOURCE.rglob("*.py")):
        digest.update(f"{path.relative_to(_SOURCE)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return "0x" + digest.hexdigest()


def version() -> str:
    """zkchain's version and, in a repository, the last commit that touched it; "+" when it was changed since."""
    commit = _git("log", "-1", "--format=%h", "--", ".")
    changed = "+" if commit and _git("status", "--porcelain", "--", ".") else ""
    return f"{zkchain.__version__} {commit}{changed}".strip()


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=_SOURCE, capture_output=True, text=True, check=False, timeout=60)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
