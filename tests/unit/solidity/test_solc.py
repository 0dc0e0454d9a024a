"""Finding the one compiler, and refusing all others."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.programs import required
from zkchain.errors import CompileFailed, CompilerNotFound
from zkchain.solidity import soljson
from zkchain.solidity.compile import standard_input
from zkchain.solidity.solc import SOLC_BUILD, find_compiler

ROOT = Path(__file__).resolve().parents[3]
SOLJSON = ROOT / "node_modules" / "solc" / "soljson.js"
SOURCE = {"A.sol": "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.0;\ncontract A { uint256 public x; }\n"}


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without any compiler."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def native(path: Path, *, version: str = SOLC_BUILD, answer: str = "{}") -> Path:
    """An executable that answers like solc."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'#!/bin/sh\ncase "$1" in --version) echo "Version: {version}.Linux.g++";; '
        f"*) cat >/dev/null; printf '%s' '{answer}';; esac\n"
    )
    path.chmod(0o755)
    return path


def compiled(compiler) -> dict:
    return compiler.compile_standard(standard_input(SOURCE))["contracts"]["A.sol"]["A"]["evm"]


def test_node_modules_of_a_parent_folder_is_found(bare: Path) -> None:
    folder = bare / "project" / "deep"
    folder.mkdir(parents=True)
    modules = bare / "project" / "node_modules" / "solc"
    modules.mkdir(parents=True)
    (modules / "soljson.js").symlink_to(SOLJSON)
    compiler = find_compiler(environ={}, cwd=folder, home=bare / "cache")
    assert str(modules / "soljson.js") in compiler.where
    assert compiler.version == SOLC_BUILD


def test_the_cache_folder_is_found_last(bare: Path) -> None:
    (bare / "cache").mkdir()
    (bare / "cache" / "soljson-v0.8.30.js").symlink_to(SOLJSON)
    compiler = find_compiler(environ={}, cwd=bare, home=bare / "cache")
    assert "soljson-v0.8.30.js" in compiler.where


def test_nothing_found_says_where_it_was_looked_for(bare: Path) -> None:
    with pytest.raises(CompilerNotFound, match=r"0\.8\.30 was found neither") as caught:
        find_compiler(environ={}, cwd=bare, home=bare / "cache")
    assert "npm install solc@0.8.30" in caught.value.remedy


def test_an_installed_solcx_binary_is_preferred_to_soljson(bare: Path) -> None:
    native(bare / ".solcx" / "solc-v0.8.30")
    compiler = find_compiler(environ={}, cwd=ROOT, home=bare)
    assert compiler.where == str(bare / ".solcx" / "solc-v0.8.30")


def test_looking_for_solcx_creates_nothing(bare: Path) -> None:
    find_compiler(environ={}, cwd=ROOT, home=bare)
    assert list(bare.iterdir()) == []


def test_an_explicit_path_is_used_before_all_others(bare: Path) -> None:
    path = native(bare / "mine")
    assert find_compiler(environ={"ZKCHAIN_SOLC": str(path)}, cwd=ROOT, home=bare).where == str(path)
    assert str(SOLJSON) in find_compiler(environ={"ZKCHAIN_SOLC": str(SOLJSON)}, cwd=bare, home=bare).where


@pytest.mark.parametrize("version", ["0.8.29+commit.ab55807c", "0.8.30+commit.00000000", "none"])
def test_another_version_is_refused_and_never_passed_over(bare: Path, version: str) -> None:
    path = native(bare / "mine", version=version)
    with pytest.raises(CompilerNotFound, match=r"expected 0\.8\.30"):
        find_compiler(environ={"ZKCHAIN_SOLC": str(path)}, cwd=ROOT, home=bare)


def test_a_missing_explicit_path_is_refused(bare: Path) -> None:
    for name in ("absent", "absent.js"):
        with pytest.raises(CompilerNotFound, match="absent"):
            find_compiler(environ={"ZKCHAIN_SOLC": str(bare / name)}, cwd=ROOT, home=bare)


def test_a_soljson_with_one_changed_bit_is_refused(bare: Path) -> None:
    data = bytearray(SOLJSON.read_bytes())
    data[len(data) // 2] ^= 1
    (bare / "soljson.js").write_bytes(data)
    with pytest.raises(CompilerNotFound, match="SHA-256"):
        find_compiler(environ={"ZKCHAIN_SOLC": str(bare / "soljson.js")}, cwd=ROOT, home=bare)


def test_soljson_without_an_engine_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "py_mini_racer", None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CompilerNotFound) as caught:
        find_compiler(environ={"ZKCHAIN_SOLC": str(SOLJSON)})
    assert "zkchain[solcjs]" in caught.value.remedy


def test_node_and_mini_racer_give_the_same_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    required("node")
    first = find_compiler(environ={"ZKCHAIN_SOLC": str(SOLJSON)})
    assert "mini-racer" in first.where
    code = compiled(first)
    monkeypatch.setitem(sys.modules, "py_mini_racer", None)
    second = find_compiler(environ={"ZKCHAIN_SOLC": str(SOLJSON)})
    assert "node" in second.where
    assert compiled(second) == code


def test_errors_of_the_compiler_are_raised_with_their_text() -> None:
    compiler = find_compiler(cwd=ROOT)
    with pytest.raises(CompileFailed, match="ParserError"):
        compiler.compile_standard(standard_input({"A.sol": "contract {"}))


@pytest.mark.parametrize("answer", ["", "not json", "[]", "7"])
def test_an_answer_that_is_not_an_object_is_refused(bare: Path, answer: str) -> None:
    path = native(bare / "mine", answer=answer)
    compiler = find_compiler(environ={"ZKCHAIN_SOLC": str(path)}, cwd=ROOT, home=bare)
    with pytest.raises(CompileFailed):
        compiler.compile_standard(standard_input(SOURCE))


def test_a_compiler_that_dies_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "dies"
    path.write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
    path.chmod(0o755)
    with pytest.raises(CompileFailed, match="ended with 3: broken"):
        soljson.run_process([str(path)], "")
    with pytest.raises(CompileFailed, match="did not run"):
        soljson.run_process([str(tmp_path / "absent")], "")


def run_shim(*arguments: str, text: str = "", python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "ZKCHAIN_PYTHON": python, "PYTHONPATH": str(ROOT)}
    command = [str(ROOT / "scripts" / "solc"), *arguments]
    return subprocess.run(command, input=text, env=env, capture_output=True, text=True, timeout=120, check=False)


def test_the_shim_answers_version_and_standard_json() -> None:
    assert SOLC_BUILD in run_shim("--version").stdout
    done = run_shim("--base-path", "x", "--standard-json", "--allow-paths=y", text=json.dumps(standard_input(SOURCE)))
    assert done.returncode == 0
    assert json.loads(done.stdout)["contracts"]["A.sol"]["A"]["evm"]["bytecode"]["object"]


@pytest.mark.parametrize("arguments", [[], ["--combined-json", "abi"], ["--bin", "A.sol"], ["--standard-json", "x"]])
def test_the_shim_fails_loudly_on_anything_else(arguments: list[str]) -> None:
    done = run_shim(*arguments)
    assert done.returncode == 2
    assert "only --version and --standard-json" in done.stderr
    assert done.stdout == ""


def test_the_shim_fails_loudly_without_its_python() -> None:
    assert run_shim("--version", python="/nonexistent/python").returncode != 0
