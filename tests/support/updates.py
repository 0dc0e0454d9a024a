"""Clients' private folders for tests."""

import json
from collections.abc import Sequence
from pathlib import Path


def write_updates(root: Path, vectors: Sequence[Sequence[object]]) -> list[Path]:
    """One private folder and update a client."""
    paths = []
    for position, vector in enumerate(vectors):
        folder = root / f"private-{position}"
        folder.mkdir(mode=0o700)
        paths.append(folder / "update.json")
        paths[-1].touch(mode=0o600)
        paths[-1].write_text(json.dumps({"values": list(vector)}))
    return paths


def column_sums(vectors: Sequence[Sequence[int]]) -> tuple[int, ...]:
    return tuple(sum(column) for column in zip(*vectors, strict=True))


def names(folder: Path) -> list[str]:
    """What lies in `folder`."""
    return sorted(path.name for path in folder.iterdir())
