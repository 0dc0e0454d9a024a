"""Use case: say what this machine has of everything that zkchain can use, and how to put right what it lacks."""

import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from ..chain.anvil import find_anvil
from ..chain.client import chain_id_of
from ..chain.devnet import running_devnet
from ..chain.networks import network_of
from ..chain.urls import shown
from ..circuit.srs import list_srs, srs_folder
from ..config import Config
from ..errors import ZkchainError
from ..halo2 import ENGINE_VERSION
from ..network_config import LOCAL, NetworkEntry
from ..record import Record
from ..solidity.solc import SOLC_VERSION, find_compiler

#: A small model's bundle takes 2 to 20 MB, its proof under 1 GB of memory; with less than this even those may fail.
NEEDED_DISK_BYTES = 2**30
NEEDED_MEMORY_BYTES = 2**30
_GIB = 2**30
_VERSION_SECONDS = 20.0
_VERSION = re.compile(r"\d+(\.\d+)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Record):
    """What was found of one part. `ok` is false when the part is needed, or was asked for, and falls short.

    A part that zkchain can do without has `found` false and `ok` true; its `remedy` says what it would add.
    `where` is a path or a URL, or the reason when looking failed.
    """

    part: str
    found: bool
    version: str = ""
    where: str = ""
    ok: bool = True
    remedy: str = ""


def run_doctor(config: Config) -> tuple[Check, ...]:
    """Look at every part, in the order in which the main job needs them. Changes nothing; raises nothing of ours."""
    checks = [
        _python(),
        _engine(),
        _solc(config),
        _embedded(),
        _pyrevm(),
        _anvil(),
        _node(),
        _disk(config.home),
        _memory(config),
        _srs(config.home),
        _local(config.home),
    ]
    return (*checks, *(_network(name, entry) for name, entry in sorted(config.networks.items())))


def _python() -> Check:
    return Check(part="python", found=True, version=platform.python_version(), where=sys.executable)


def _engine() -> Check:
    version, where = _distribution("ezkl", "ezkl")
    name, _, wanted = ENGINE_VERSION.partition("/")
    fits = version == wanted and bool(where)
    remedy = "" if fits else f"run: pip install '{name}=={wanted}'"
    return Check(part="ezkl", found=bool(where), version=version, where=where, ok=fits, remedy=remedy)


def _solc(config: Config) -> Check:
    """Without a compiler every model uses the shared verifier that ships compiled; a named compiler must work."""

    def look() -> Check:
        compiler = find_compiler(home=config.home)
        return Check(part="solc", found=True, version=compiler.version, where=compiler.where)

    advice = (
        f"to add cheaper per-model verifiers, run: npm install solc@{SOLC_VERSION} && pip install 'zkchain[solcjs]'"
    )
    return _guarded("solc", look, needed=bool(os.environ.get("ZKCHAIN_SOLC")), remedy=advice)


def _embedded() -> Check:
    tester, here = _distribution("eth-tester", "eth_tester")
    evm, there = _distribution("py-evm", "eth")
    found = bool(here and there)
    return Check(
        part="devnet: embedded",
        found=found,
        version=f"eth-tester {tester or 'missing'}, py-evm {evm or 'missing'}",
        where=here,
        ok=found,
        remedy="" if found else "run: pip install 'eth-tester>=0.13.0b1' 'py-evm>=0.12.0b1'",
    )


def _pyrevm() -> Check:
    version, where = _distribution("pyrevm", "pyrevm")
    remedy = (
        ""
        if where
        else "for a devnet that verifies about ten times faster, use python 3.11 or 3.12 and pip install pyrevm"
    )
    return Check(part="devnet: pyrevm", found=bool(where), version=version, where=where, remedy=remedy)


def _anvil() -> Check:
    def look() -> Check:
        binary = find_anvil()
        if binary is None:
            return Check(
                part="devnet: anvil", found=False, remedy="not needed; to add it, run: npm install @foundry-rs/anvil"
            )
        return _program("devnet: anvil", binary, "run: npm install @foundry-rs/anvil")

    return _guarded("devnet: anvil", look, needed=True)


def _node() -> Check:
    path = shutil.which("node")
    if path is None:
        return Check(part="node", found=False, remedy="not needed; it can run solc's JavaScript build and fetch anvil")
    return _program("node", Path(path), "install node again, or remove it from PATH")


def _disk(home: Path) -> Check:
    folder = next(place for place in (home, *home.parents) if place.is_dir())
    free = shutil.disk_usage(folder).free
    ok = free >= NEEDED_DISK_BYTES
    remedy = "" if ok else "free disk space, or set ZKCHAIN_HOME to a folder on a larger disk"
    return Check(
        part="disk", found=True, version=f"{free / _GIB:.1f} GiB free", where=str(folder), ok=ok, remedy=remedy
    )


def _memory(config: Config) -> Check:
    free = psutil.virtual_memory().available
    ok = min(free, config.memory_limit_bytes) >= NEEDED_MEMORY_BYTES
    text = f"{free / _GIB:.1f} GiB available, limit {config.memory_limit_bytes / _GIB:.1f} GiB"
    remedy = "" if ok else "end other programs, or raise ZKCHAIN_MEMORY_LIMIT_GB"
    return Check(part="memory", found=True, version=text, ok=ok, remedy=remedy)


def _srs(home: Path) -> Check:
    def look() -> Check:
        sizes = [f"k={srs.k} {srs.provenance}" for _, srs in list_srs(home)]
        found, where = bool(sizes), str(srs_folder(home))
        remedy = "" if found else "made when first needed, for devnets only; for real chains: zkchain srs import FILE"
        return Check(part="srs cache", found=found, version=", ".join(sizes), where=where, remedy=remedy)

    return _guarded("srs cache", look, needed=True)


def _local(home: Path) -> Check:
    def look() -> Check:
        # Asking takes a lock file, so it is not asked where there is no cache to hold one.
        info = running_devnet(home) if home.is_dir() else None
        if info is None:
            return Check(part=f"network: {LOCAL}", found=False, remedy="starts by itself when a command needs it")
        text = f"chain id {info.chain_id}, {info.engine}"
        return Check(part=f"network: {LOCAL}", found=True, version=text, where=info.rpc_url)

    return _guarded(f"network: {LOCAL}", look, needed=True)


def _network(name: str, entry: NetworkEntry) -> Check:
    part = f"network: {name}"

    def look() -> Check:
        network = network_of(name, entry)
        served, place = chain_id_of(network), shown(network.rpc_url)
        ok = served == entry.chain_id
        remedy = "" if ok else f"correct chain_id ({entry.chain_id}) or rpc_url of {name} in zkchain.toml"
        return Check(part=part, found=True, version=f"chain id {served}", where=place, ok=ok, remedy=remedy)

    return _guarded(part, look, needed=True)


def _guarded(part: str, look: Callable[[], Check], *, needed: bool, remedy: str = "") -> Check:
    """What `look` finds; an error of ours, or of the file system, becomes a check that says it."""
    try:
        return look()
    except ZkchainError as error:
        advice = error.remedy if needed else remedy or error.remedy
        return Check(part=part, found=False, where=error.message, ok=not needed, remedy=advice)
    except OSError as error:
        return Check(
            part=part, found=False, where=str(error), ok=not needed, remedy="check the path and its permissions"
        )


def _program(part: str, path: Path, remedy: str) -> Check:
    """A program that was found and must answer --version."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=_VERSION_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        return Check(
            part=part,
            found=True,
            version=f"does not run: {type(error).__name__}",
            where=str(path),
            ok=False,
            remedy=remedy,
        )
    version = _VERSION.search(done.stdout)
    return Check(part=part, found=True, version=version[0] if version else "unknown version", where=str(path))


def _distribution(name: str, module: str) -> tuple[str, str]:
    """Version and place of an installed package, without importing it; empty where it is missing."""
    try:
        version = metadata.version(name)
        spec = importlib.util.find_spec(module)
    except (metadata.PackageNotFoundError, ImportError, ValueError):
        return "", ""
    return version, str(spec.origin or "") if spec else ""
