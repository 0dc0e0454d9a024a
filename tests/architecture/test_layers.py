"""The layers of pyproject.toml hold, and they name every package."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "zkchain"
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
CONTRACTS = {contract["name"]: contract for contract in SETTINGS["contracts"]}
LINTER = Path(sys.executable).with_name("lint-imports")

#: Top-level modules and packages of ours. `__init__` is the public face and imports nothing.
MODULES = {
    f"zkchain.{path.stem}"
    for path in PACKAGE.iterdir()
    if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").is_file()
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(LINTER), "--config", str(folder / "pyproject.toml"), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def test_every_contract_is_kept():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(CONTRACTS)} kept, 0 broken" in done.stdout


def test_every_module_has_a_layer():
    layers = {name.strip() for line in CONTRACTS["layers"]["layers"] for name in line.split("|")}
    assert layers == MODULES


@pytest.mark.parametrize(
    ("contract", "allowed"),
    [("only halo2 imports ezkl", "zkchain.halo2"), ("only chain imports web3", "zkchain.chain")],
)
def test_every_other_module_is_forbidden_what_one_alone_may_import(contract, allowed):
    assert set(CONTRACTS[contract]["source_modules"]) == MODULES - {allowed}


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("values.py", "from . import errors"),
        ("model/load.py", "from ..chain import client"),
        ("chain/client.py", "def late() -> None:\n    import ezkl"),
        ("proof/codec.py", "import web3"),
        ("halo2/child.py", "from ..pipeline import compile"),
    ],
)
def test_an_import_against_the_layers_is_caught(tmp_path, module, line):
    subprocess.run(["cp", "-r", str(PACKAGE), str(ROOT / "pyproject.toml"), str(tmp_path)], check=True)
    with (tmp_path / "zkchain" / module).open("a") as file:
        file.write(f"\n{line}\n")
    done = lint(tmp_path)
    assert done.returncode == 1, done.stdout
    assert "1 broken" in done.stdout
