"""Run the pinned soljson, the compiler's JavaScript build, inside this process or under node."""

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..errors import CompileFailed, CompilerNotFound
from ..values import Digest, sha256_of

#: SHA-256 of soljson 0.8.30, as npm's solc@0.8.30 ships it.
SOLJSON_SHA256 = Digest("0x3bb491a777f76dff9b2fe73ce29ca20e21a971b59a2f2cf8f73415424f00be06")

_SECONDS = 600.0
_CALL = "Module.cwrap('solidity_compile', 'string', ['string', 'number', 'number'])"
#: What soljson expects of a browser, for an engine that is only a language.
_BROWSER = "var window = this, self = this, atob = undefined, Module = {print: () => {}, printErr: () => {}};"
#: The source comes by stdin with the request: what was hashed is what runs.
_NODE = f"""
const [source, request] = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const Module = new Function('module', 'require', '__dirname', '__filename', source + ';return Module;')(
  {{exports: {{}}}}, require, '', '');
process.stdout.write({_CALL}(request, 0, 0));
"""


def soljson_paths(cwd: Path, home: Path) -> tuple[Path, ...]:
    """Where a soljson may be: node_modules of `cwd` and its parents, then the cache folder `home`."""
    modules = tuple(folder / "node_modules" / "solc" / "soljson.js" for folder in (cwd, *cwd.parents))
    return (*modules, home / "soljson-v0.8.30.js")


def read_soljson(path: Path) -> str:
    """The text of a soljson whose hash is the pinned one. Raises CompilerNotFound."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CompilerNotFound(f"{path} cannot be read: {error}", path=path) from error
    found = sha256_of(data)
    if found != SOLJSON_SHA256:
        raise CompilerNotFound(
            f"{path} is not soljson 0.8.30: its SHA-256 is {found}, expected {SOLJSON_SHA256}",
            path=path,
            found=found,
            expected=SOLJSON_SHA256,
        )
    return data.decode()


def soljson_runner(source: str) -> tuple[str, Callable[[str], str]]:
    """An engine's name and a function from standard JSON to standard JSON. Raises CompilerNotFound without one."""
    try:
        from py_mini_racer import MiniRacer
    except ImportError:
        node = shutil.which("node")
        if node is None:
            raise CompilerNotFound(
                "soljson was found, but nothing to run it: neither mini-racer nor node",
                remedy="run: pip install 'zkchain[solcjs]', or install node",
            ) from None
        return f"node ({node})", lambda request: _run_node(node, source, request)
    return "mini-racer", lambda request: _run_racer(MiniRacer, source, request)


def _run_racer(racer: Callable[[], Any], source: str, request: str) -> str:
    context = racer()
    context.eval(f"{_BROWSER}\n{source}\nvar compile = {_CALL};")
    return str(context.call("compile", request, 0, 0))


def _run_node(node: str, source: str, request: str) -> str:
    return run_process([node, "-e", _NODE], json.dumps([source, request]))


def run_process(command: Sequence[str], text: str) -> str:
    """Run a compiler process on `text` and return what it prints. Raises CompileFailed."""
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CompileFailed(f"{command[0]} did not run: {error}") from error
    if done.returncode != 0:
        raise CompileFailed(f"{command[0]} ended with {done.returncode}: {done.stderr.strip()[:500]}")
    return done.stdout
