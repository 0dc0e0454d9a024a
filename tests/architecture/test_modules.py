"""Modules stay small, importing stays light, and the public face is what it says."""

import ast
import importlib
import json
import pkgutil
import re
import subprocess
import sys
import tomllib
import types
from importlib import metadata
from pathlib import Path

import pytest

import zkchain

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path for folder in ("zkchain", "scripts", "examples") for path in (ROOT / folder).rglob("*.py"))
LONGEST = 300

#: Slow to import or not everyone's; asked of a fresh interpreter.
HEAVY = [
    *("ezkl", "web3", "eth_account", "eth_utils", "eth_tester", "eth", "requests", "solcx"),
    *("onnx", "onnxruntime", "numpy", "sklearn"),
]
PACKAGES = ["zkchain", *(m.name for m in pkgutil.walk_packages(zkchain.__path__, "zkchain.") if m.ispkg)]


def imported_by(code: str) -> list[str]:
    """Which heavy modules a fresh interpreter has imported after `code`."""
    script = f"{code}\nimport json, sys\nprint(json.dumps([name for name in {HEAVY} if name in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_has_one_responsibility_and_room_to_spare(path):
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST, f"{lines} lines; split it by noun or by stage"


def test_importing_zkchain_is_light():
    assert imported_by("import zkchain") == []


def test_the_records_and_errors_are_light():
    assert imported_by("import zkchain.records, zkchain.errors, zkchain.config, zkchain.files") == []


def test_a_child_of_the_engine_imports_ezkl_and_nothing_else_that_is_slow():
    assert imported_by("import zkchain.halo2.child, zkchain.halo2.operations") == ["ezkl"]


@pytest.mark.parametrize(
    ("command", "others"),
    [
        ("compile", {"web3", "eth_account", "eth_tester", "solcx"}),
        ("prove", {"eth_tester", "solcx", "ezkl"}),
        ("verify", {"onnx", "onnxruntime", "numpy", "eth_tester", "solcx", "ezkl"}),
        ("submit", {"onnx", "onnxruntime", "numpy", "eth_tester", "solcx", "ezkl"}),
    ],
)
def test_a_command_does_not_wait_for_what_only_others_use(command, others):
    assert others & set(imported_by(f"import zkchain.cli.{command}")) == set()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], [], ["no-such-command"]])
def test_the_command_line_is_light_until_a_command_is_asked_for(arguments):
    assert imported_by(f"from zkchain.cli.main import run\nrun({arguments!r})") == []


def test_heavy_imports_are_seen_where_they_happen():
    assert {"web3", "onnx"} <= set(imported_by("import zkchain.chain.client, zkchain.model.load"))


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_exports_what_it_lists(name):
    module = importlib.import_module(name)
    public = {
        key
        for key, value in vars(module).items()
        if not key.startswith("_") and not isinstance(value, types.ModuleType)
    }
    listed = [key for key in getattr(module, "__all__", []) if not key.startswith("_")]
    assert sorted(public) == sorted(listed)
    assert len(listed) == len(set(listed))
    assert all(hasattr(module, key) for key in getattr(module, "__all__", []))


def test_everything_imported_is_declared():
    """A package that comes along with another today may not tomorrow."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    requirements = [*project["dependencies"], *extras["solcjs"], *extras["testing"], *extras["training"], *extras["fl"]]
    declared = {re.split(r"[<>=~!; \[]", entry)[0].replace("_", "-").lower() for entry in requirements}
    owners = metadata.packages_distributions()
    for path in (ROOT / "zkchain").rglob("*.py"):
        for name in absolute_imports(path) - set(sys.stdlib_module_names) - {"zkchain"}:
            found = {owner.replace("_", "-").lower() for owner in owners.get(name, [name])}
            assert found & declared, f"{path.relative_to(ROOT)} imports {name}"


def absolute_imports(path: Path) -> set[str]:
    """First names of everything that a file imports from outside its package."""
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.append(node.module or "")
    return {name.split(".")[0] for name in names}
