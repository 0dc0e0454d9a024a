"""Secrets by reference: what is found there is used, and never repeated."""

import os
from pathlib import Path

import pytest

from zkchain.chain.networks import network_of
from zkchain.chain.references import is_reference, resolve_reference
from zkchain.errors import ConfigError
from zkchain.network_config import NetworkEntry

SECRET = "https://rpc.example/v3/5ec2e75ec2e75ec2e7"


@pytest.mark.parametrize("text", ["env:RPC", "file:/run/url", "cmd:pass show rpc"])
def test_a_reference_is_known_by_its_kind(text: str):
    assert is_reference(text)


@pytest.mark.parametrize("text", [SECRET, "http://127.0.0.1:8545", "env:", "envelope", "file://etc/passwd", "run:x"])
def test_anything_else_stands_for_itself(text: str):
    assert not is_reference(text)


def private(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def test_each_kind_gives_its_text_without_space_around_it(tmp_path: Path):
    assert resolve_reference("env:RPC", "a URL", {"RPC": f" {SECRET}\n"}) == SECRET
    path = private(tmp_path / "url", f"{SECRET}\n")
    assert resolve_reference(f"file:{path}", "a URL") == SECRET
    assert resolve_reference(f"cmd:cat '{path}'", "a URL") == SECRET


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("env:RPC_THAT_IS_NOT_SET", "RPC_THAT_IS_NOT_SET, which is not set"),
        ("file:/nowhere/url", "cannot be read"),
        ("cmd:/nowhere/program --token 5ec2e75ec2e7", "program, failed"),
        ("cmd:false --token 5ec2e75ec2e7", "false, ended with status 1"),
        ("cmd:true --token 5ec2e75ec2e7", "printed nothing"),
        ("cmd:'cat", "quotes"),
    ],
)
def test_a_reference_that_leads_nowhere_is_said_without_its_arguments(reference: str, said: str):
    with pytest.raises(ConfigError, match=said) as caught:
        resolve_reference(reference, "a URL", {})
    assert "5ec2e7" not in str(caught.value.to_json())


def test_a_file_that_others_can_read_is_refused(tmp_path: Path):
    path = private(tmp_path / "url", SECRET, 0o644)
    with pytest.raises(ConfigError, match="can be read by others") as caught:
        resolve_reference(f"file:{path}", "a URL")
    assert "5ec2e7" not in str(caught.value.to_json())


def test_a_fifo_is_no_file(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe", 0o600)
    descriptor = os.open(tmp_path / "pipe", os.O_RDWR)
    os.write(descriptor, b"x")
    with pytest.raises(ConfigError):
        resolve_reference(f"file:{tmp_path / 'pipe'}", "a URL")
    os.close(descriptor)


def test_a_network_is_resolved_with_its_caps():
    entry = NetworkEntry(rpc_urls=("env:A", SECRET), chain_id=5, max_fee_gwei=1.5, confirmations="finalized")
    network = network_of("far", entry, {"A": "http://one.example"})
    assert (network.rpc_url, network.fallback_urls) == ("http://one.example", (SECRET,))
    assert (network.max_fee_wei, network.max_tip_wei) == (1_500_000_000, None)
    assert network.confirmations is None
    assert "5ec2e7" not in repr(entry) + repr(network)
