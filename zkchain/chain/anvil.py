"""Where the anvil node is and how it is started."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from ..errors import DevnetFailed

#: Names the binary; looked at first.
VARIABLE = "ZKCHAIN_ANVIL"
_NPM_PATTERN = "node_modules/@foundry-rs/anvil-*/bin/anvil"


def find_anvil(environ: Mapping[str, str] | None = None, cwd: Path | None = None) -> Path | None:
    """The anvil binary: $ZKCHAIN_ANVIL, PATH, or npm's folder in the working directory or above; None if nowhere.

    Raises DevnetFailed when ZKCHAIN_ANVIL names something that cannot be run.
    """
    env = os.environ if environ is None else environ
    named = env.get(VARIABLE)
    if named:
        if not _runnable(Path(named)):
            raise DevnetFailed(
                f"{VARIABLE} is {named!r}, which is no executable file",
                remedy=f"correct or unset {VARIABLE}",
                path=named,
            )
        return Path(named).absolute()
    on_path = shutil.which("anvil", path=env.get("PATH", ""))
    if on_path:
        return Path(on_path).absolute()
    here = Path.cwd() if cwd is None else cwd
    places = (found for folder in (here, *here.parents) for found in sorted(folder.glob(_NPM_PATTERN)))
    return next((place.absolute() for place in places if _runnable(place)), None)


def anvil_command(binary: Path, port: int, chain_id: int) -> list[str]:
    """The command line of a quiet node on loopback."""
    return [str(binary), "--silent", "--host", "127.0.0.1", "--port", str(port), "--chain-id", str(chain_id)]


def _runnable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)
