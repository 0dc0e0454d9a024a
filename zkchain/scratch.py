"""Folders for work in progress: locked while their owner lives, swept by the next owner once it is dead."""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .files import exclusive

_HELD = ".held"
_PREFIX = "run-"


@contextmanager
def scratch_folder(root: Path) -> Iterator[Path]:
    """A folder of one's own in `root`, gone afterwards. Raises OSError.

    Its owner holds a lock in it, which the system frees however the owner ends; what nobody holds is removed first.
    A process id would not do: another container that shares `root` gives the same ids to other processes.
    """
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with exclusive(root / ".lock"):  # nobody sweeps between the making of a folder and its locking
        for old in root.iterdir():
            if old.name.startswith(_PREFIX) and not _is_held(old):
                shutil.rmtree(old, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(dir=root, prefix=_PREFIX))
        held = (folder / _HELD).open("w")
        fcntl.flock(held, fcntl.LOCK_EX)
    with held:
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def sweep(root: Path, prefix: str) -> None:
    """Remove what dead owners left in `root` under `prefix`; the caller holds the lock that every owner holds."""
    for old in root.iterdir():
        if not old.name.startswith(prefix):
            continue
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.unlink(missing_ok=True)


def _is_held(folder: Path) -> bool:
    try:
        with (folder / _HELD).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
