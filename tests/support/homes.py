"""Homes that share what is slow to make and is nobody's secret: a run of tests builds the same circuits once."""

import os
from pathlib import Path

#: Where the circuits of a run of tests lie, for all its workers; set in tests/conftest.py.
POOL = "TESTS_POOL"
_SHARED = ("srs", "training/circuits")


def furnished(home: Path) -> Path:
    """A new home, whose structured reference strings and training circuits are those of all tests of this run."""
    for name in _SHARED:
        pool = Path(os.environ[POOL]) / name
        for folder in (pool, (home / name).parent):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (home / name).symlink_to(pool)
    return home
