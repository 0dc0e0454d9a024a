"""Prove that zkchain[brownie] works on the versions that eth-brownie pins; `make brownie` runs this in its own venv.

Checks that pip finds no conflict, that brownie and every module of zkchain import in one process, that zkchain came
from its wheel, and that the whole path, model to decoded event, runs on this stack.
"""

import importlib
import os
import pkgutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

PINS = {"eth-brownie": "1.22.2", "web3": "7.16.0", "eth-account": "0.13.7"}


def check_pins() -> None:
    """End the script unless brownie and its pins are what is installed."""
    found = {name: metadata.version(name) for name in PINS}
    if found != PINS:
        raise SystemExit(f"expected {PINS}, found {found}")


def import_all() -> int:
    """Import brownie, then every module of the installed zkchain; their number."""
    importlib.import_module("brownie")
    package = importlib.import_module("zkchain")
    if "site-packages" not in str(package.__file__):
        raise SystemExit(f"zkchain came from {package.__file__}, not from its wheel")
    names = [module.name for module in pkgutil.walk_packages(package.__path__, "zkchain.")]
    for name in names:
        importlib.import_module(name)
    return len(names)


def quickstart(folder: Path) -> None:
    """Run the main job as a user would, with a cache of its own."""
    program = Path(sys.executable).with_name("zkchain")
    environment = {**os.environ, "ZKCHAIN_HOME": str(folder / "cache")}
    try:
        subprocess.run([program, "quickstart", "--workdir", str(folder / "work")], check=True, env=environment)
    finally:
        subprocess.run([program, "devnet", "--stop"], check=True, env=environment)


def main() -> int:
    """Run all checks."""
    with tempfile.TemporaryDirectory() as scratch:
        # brownie writes to ~/.brownie when it is imported, and reads no other variable.
        os.environ["HOME"] = scratch
        os.chdir(scratch)
        check_pins()
        subprocess.run([sys.executable, "-m", "pip", "check"], check=True)
        modules = import_all()
        quickstart(Path(scratch))
    print(f"zkchain[brownie]: {modules} modules import beside brownie, and the main job runs")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
