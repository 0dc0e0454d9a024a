"""Where anvil is looked for, and in which order."""

from pathlib import Path

import pytest

from zkchain.chain.anvil import anvil_command, find_anvil
from zkchain.errors import DevnetFailed


def binary(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_variable_comes_before_the_path_and_the_path_before_npm(tmp_path: Path):
    named = binary(tmp_path / "named" / "my-anvil")
    on_path = binary(tmp_path / "bin" / "anvil")
    npm = binary(tmp_path / "node_modules" / "@foundry-rs" / "anvil-linux-amd64" / "bin" / "anvil")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    every = {"ZKCHAIN_ANVIL": str(named), "PATH": str(on_path.parent)}
    assert find_anvil(every, inner) == named
    assert find_anvil({"PATH": every["PATH"]}, inner) == on_path
    assert find_anvil({"PATH": "/nowhere"}, inner) == npm
    assert find_anvil({}, inner) == npm


def test_nowhere_is_none(tmp_path: Path):
    assert find_anvil({"PATH": "/nowhere"}, tmp_path) is None


def test_a_variable_that_names_no_program_is_refused(tmp_path: Path):
    plain = tmp_path / "plain"
    plain.write_text("x")
    for path in (plain, tmp_path, tmp_path / "missing"):
        with pytest.raises(DevnetFailed, match="ZKCHAIN_ANVIL"):
            find_anvil({"ZKCHAIN_ANVIL": str(path)}, tmp_path)


def test_npm_files_that_cannot_run_are_passed_over(tmp_path: Path):
    broken = binary(tmp_path / "a" / "node_modules" / "@foundry-rs" / "anvil-x" / "bin" / "anvil")
    broken.chmod(0o644)
    good = binary(tmp_path / "node_modules" / "@foundry-rs" / "anvil-y" / "bin" / "anvil")
    assert find_anvil({}, tmp_path / "a") == good


def test_the_node_is_quiet_and_on_loopback(tmp_path: Path):
    command = anvil_command(tmp_path, 1234, 31337)
    assert command[1:] == ["--silent", "--host", "127.0.0.1", "--port", "1234", "--chain-id", "31337"]
