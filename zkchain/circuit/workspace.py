"""Stages that are done once: each leaves its files and their hashes, and is skipped while these hold."""

import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..files import sha256_file, write_json
from ..scratch import sweep

_SCRATCH = ".stage-"


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder for one compile request, whose lock the caller holds. A finished stage is kept, half of one is not."""

    folder: Path

    def stage(self, name: str, outputs: Sequence[str], make: Callable[[Path], None]) -> bool:
        """Run `make` on an empty folder, then move `outputs` in; False when the stage was already done.

        `make` gets a scratch folder beside the results and must leave every one of `outputs` in it.
        """
        marker = self.folder / f"{name}.stage.json"
        if self._holds(marker, outputs):
            return False
        self.folder.mkdir(parents=True, exist_ok=True)
        sweep(self.folder, _SCRATCH)
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=_SCRATCH, ignore_cleanup_errors=True) as scratch:
            make(Path(scratch))
            hashes = {output: sha256_file(Path(scratch) / output) for output in outputs}
            for output in outputs:
                (Path(scratch) / output).replace(self.folder / output)
        write_json(marker, hashes)
        return True

    def path(self, name: str) -> Path:
        """Where a finished stage's output lies."""
        return self.folder / name

    def discard(self) -> None:
        """Remove the whole folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _holds(self, marker: Path, outputs: Sequence[str]) -> bool:
        try:
            hashes = json.loads(marker.read_text(encoding="ascii"))
            return bool(hashes == {name: sha256_file(self.folder / name) for name in outputs})
        except (OSError, ValueError):
            return False
