"""Every part that doctor looks at, present, missing, and broken."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.rpc_server import rpc_server
from zkchain.config import Config
from zkchain.network_config import NetworkEntry
from zkchain.pipeline import doctor
from zkchain.pipeline.doctor import Check, run_doctor

PARTS = ["python", "ezkl", "solc", "devnet: embedded", "devnet: pyrevm", "devnet: anvil", "node", "disk", "memory"]


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing but Python: an empty home, working directory and PATH."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for name in ("ZKCHAIN_SOLC", "ZKCHAIN_ANVIL", "SOLCX_BINARY_PATH"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "bin").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def config(home: Path, networks: Mapping[str, NetworkEntry] | None = None, memory: int = 8 * 2**30) -> Config:
    return Config(
        home=home / "cache",
        deployments=home / "deployments",
        memory_limit_bytes=memory,
        time_limit_seconds=60,
        networks=networks or {},
    )


def looked(home: Path, **settings) -> dict[str, Check]:
    return {check.part: check for check in run_doctor(config(home, **settings))}


def program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_bare_machine_is_healthy_and_told_what_it_could_add(bare):
    checks = looked(bare)
    assert list(checks)[: len(PARTS)] == PARTS
    assert all(check.ok for check in checks.values())
    for part in ("solc", "devnet: anvil", "node", "srs cache", "network: local"):
        assert not checks[part].found
        assert checks[part].remedy
    assert checks["ezkl"].found
    assert checks["devnet: embedded"].found


def test_looking_changes_nothing(bare):
    run_doctor(config(bare))
    assert sorted(path.name for path in bare.rglob("*")) == ["bin"]


def test_checks_come_back_from_their_json(bare):
    for check in run_doctor(config(bare)):
        assert Check.from_json(check.to_json()) == check


def test_another_ezkl_is_not_healthy(bare, monkeypatch):
    monkeypatch.setattr(doctor, "ENGINE_VERSION", "ezkl/99.0.0")
    check = looked(bare)["ezkl"]
    assert check.found
    assert not check.ok
    assert "ezkl==99.0.0" in check.remedy


def test_a_missing_package_is_found_missing(bare, monkeypatch):
    monkeypatch.setattr(doctor, "_distribution", lambda name, module: ("", ""))
    checks = looked(bare)
    assert not checks["ezkl"].ok
    assert not checks["devnet: embedded"].ok
    assert checks["devnet: pyrevm"].ok, "only an accelerator"


def test_programs_are_found_with_their_versions(bare):
    program(bare / "bin" / "node", "echo v24.1.0")
    program(bare / "bin" / "anvil", "echo 'anvil Version: 1.7.1-stable'")
    checks = looked(bare)
    assert (checks["node"].version, checks["node"].where) == ("24.1.0", str(bare / "bin" / "node"))
    assert checks["devnet: anvil"].version == "1.7.1"


@pytest.mark.parametrize("script", ["exit 3", "kill -9 $$"])
def test_a_program_that_does_not_run_is_not_healthy(bare, script):
    program(bare / "bin" / "node", script)
    check = looked(bare)["node"]
    assert check.found
    assert not check.ok
    assert check.remedy


@pytest.mark.parametrize(("variable", "part"), [("ZKCHAIN_SOLC", "solc"), ("ZKCHAIN_ANVIL", "devnet: anvil")])
def test_a_part_that_was_named_must_be_there(bare, monkeypatch, variable, part):
    monkeypatch.setenv(variable, str(bare / "nowhere"))
    check = looked(bare)[part]
    assert not check.ok
    assert check.remedy
    assert str(bare / "nowhere") in check.where


def test_a_damaged_srs_is_named(bare):
    folder = bare / "cache" / "srs"
    folder.mkdir(parents=True)
    (folder / "k09-dev-000000000000.srs").write_bytes(b"no srs")
    check = looked(bare)["srs cache"]
    assert not check.ok
    assert "k09-dev" in check.where


def test_too_little_disk_or_memory_is_not_healthy(bare, monkeypatch):
    monkeypatch.setattr(doctor, "NEEDED_DISK_BYTES", 2**70)
    checks = looked(bare, memory=2**20)
    assert not checks["disk"].ok
    assert not checks["memory"].ok
    assert "ZKCHAIN_MEMORY_LIMIT_GB" in checks["memory"].remedy


def test_a_network_that_serves_its_chain_is_healthy(bare):
    with rpc_server(lambda method, params: "0xaa36a7") as url:
        check = looked(bare, networks={"sepolia": NetworkEntry(rpc_urls=(url,), chain_id=11155111)})["network: sepolia"]
    assert check == Check(part="network: sepolia", found=True, version="chain id 11155111", where=url.rstrip("/"))


def test_a_network_that_serves_another_chain_is_not(bare):
    with rpc_server(lambda method, params: "0x1") as url:
        check = looked(bare, networks={"sepolia": NetworkEntry(rpc_urls=(url,), chain_id=11155111)})["network: sepolia"]
    assert check.found
    assert not check.ok
    assert check.version == "chain id 1"
    assert "zkchain.toml" in check.remedy


def test_an_unreachable_network_keeps_its_token_secret(bare):
    entry = NetworkEntry(rpc_urls=("http://127.0.0.1:9/v3/secrettoken123?key=othersecret456",), chain_id=1)
    check = looked(bare, networks={"main": entry})["network: main"]
    assert not check.found
    assert not check.ok
    assert "127.0.0.1" in check.where
    assert "secret" not in str(check.to_json())


def test_a_cache_that_may_not_be_read_is_said(bare, monkeypatch):
    def refuse(home: Path) -> None:
        raise PermissionError(13, "Permission denied", str(home))

    monkeypatch.setattr(doctor, "list_srs", refuse)
    check = looked(bare)["srs cache"]
    assert not check.ok
    assert "Permission denied" in check.where
