"""Find the one Solidity compiler version that zkchain uses, without downloading anything."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import solcx
from solcx.exceptions import SolcError

from ..errors import CompileFailed, CompilerNotFound
from .soljson import read_soljson, soljson_paths, soljson_runner

#: The one compiler version, and its build as every engine must report it.
SOLC_VERSION = "0.8.30"
SOLC_BUILD = "0.8.30+commit.73712a01"

_BUILD = re.compile(r"\d+\.\d+\.\d+\+commit\.[0-9a-f]{8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiler:
    """A compiler that was found. `where` says by which path and engine."""

    version: str
    where: str
    run: Callable[[str], str] = field(repr=False)  #: standard JSON in, standard JSON out

    def compile_standard(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Compile standard-JSON `request`. Raises CompileFailed when the compiler reports an error."""
        try:
            answer = json.loads(self.run(json.dumps(request)))
        except ValueError as error:
            raise CompileFailed(f"{self.where} did not answer with JSON: {error}") from error
        if not isinstance(answer, dict):
            raise CompileFailed(f"{self.where} did not answer with a JSON object")
        errors = [entry for entry in answer.get("errors", []) if entry.get("severity") == "error"]
        if errors:
            text = str(errors[0].get("formattedMessage") or errors[0].get("message"))
            raise CompileFailed(f"{len(errors)} error(s); the first: {text.strip()[:1000]}", count=len(errors))
        return answer


def find_compiler(
    *, environ: Mapping[str, str] | None = None, cwd: Path | None = None, home: Path | None = None
) -> Compiler:
    """The first of: $ZKCHAIN_SOLC, solcx's installed binary, soljson in node_modules or in `home`.

    `home` is zkchain's cache folder. A path named by $ZKCHAIN_SOLC is used or refused, never passed over.
    Raises CompilerNotFound.
    """
    env = os.environ if environ is None else environ
    here = Path.cwd() if cwd is None else cwd
    cache = Path.home() / ".cache" / "zkchain" if home is None else home
    explicit = env.get("ZKCHAIN_SOLC", "")
    if explicit:
        path = Path(explicit).expanduser()
        return soljson_compiler(path) if path.suffix == ".js" else _native(path)
    installed = _solcx_folder(env) / f"solc-v{SOLC_VERSION}"
    if installed.is_file():
        return _native(installed)
    for path in soljson_paths(here, cache):
        if path.is_file():
            return soljson_compiler(path)
    raise CompilerNotFound(
        f"solc {SOLC_VERSION} was found neither in ZKCHAIN_SOLC, {installed}, node_modules, nor {cache}",
        version=SOLC_VERSION,
    )


def soljson_compiler(path: Path) -> Compiler:
    """The compiler in a soljson file. Raises CompilerNotFound."""
    engine, run = soljson_runner(read_soljson(path))
    return Compiler(version=SOLC_BUILD, where=f"{path} under {engine}", run=run)


def _native(path: Path) -> Compiler:
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CompilerNotFound(f"{path} does not run: {error}", path=path) from error
    found = _BUILD.search(done.stdout)
    if done.returncode != 0 or found is None or found[0] != SOLC_BUILD:
        version = found[0] if found else "no version"
        raise CompilerNotFound(f"{path} is {version}, expected {SOLC_BUILD}", path=path, found=version)
    return Compiler(version=SOLC_BUILD, where=str(path), run=lambda request: _run_native(path, request))


def _run_native(path: Path, request: str) -> str:
    try:
        return json.dumps(solcx.compile_standard(json.loads(request), solc_binary=path))
    except (SolcError, ValueError, TypeError, OSError) as error:
        raise CompileFailed(f"{path}: {str(error).strip()[:1000]}") from error


def _solcx_folder(env: Mapping[str, str]) -> Path:
    """Where py-solc-x keeps its binaries; its own function would create the folder."""
    named = env.get("SOLCX_BINARY_PATH", "")
    return Path(named) if named else Path.home() / ".solcx"
