"""Settings: from the environment and the nearest zkchain.toml, and refused when they make no sense."""

import os
from pathlib import Path

import pytest

from zkchain.config import Config, _default_memory_gb, read_config
from zkchain.errors import ConfigError, NetworkUnknown
from zkchain.network_config import PRESETS, NetworkEntry

SEPOLIA = '[networks.sepolia]\nrpc_url = "https://rpc.example"\nchain_id = 11155111\n'


def read(folder: Path, **environ: str) -> Config:
    return read_config({"ZKCHAIN_HOME": str(folder / "home"), **environ}, folder)


def project(folder: Path, text: str) -> Path:
    (folder / "zkchain.toml").write_text(text)
    return folder


def test_without_a_project_file_the_working_folder_is_the_project(tmp_path):
    config = read(tmp_path)
    assert config.deployments == tmp_path / "deployments"
    assert config.networks == {}
    assert config.memory_limit_bytes > 0
    assert config.time_limit_seconds == 3600


def test_a_project_file_above_the_working_folder_is_found(tmp_path):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    project(tmp_path, SEPOLIA)
    config = read(inner)
    assert config.deployments == tmp_path / "deployments"
    assert config.network("sepolia") == NetworkEntry(
        rpc_urls=("https://rpc.example",), chain_id=11155111, confirmations=2, explorer="https://sepolia.etherscan.io"
    )


def test_the_nearest_project_file_wins(tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    project(tmp_path, SEPOLIA)
    project(inner, "")
    assert read(inner).networks == {}


@pytest.mark.parametrize(
    ("environ", "home"),
    [
        ({"ZKCHAIN_HOME": "/cache/here", "XDG_CACHE_HOME": "/xdg"}, Path("/cache/here")),
        ({"ZKCHAIN_HOME": "", "XDG_CACHE_HOME": "/xdg"}, Path("/xdg/zkchain")),
        ({"ZKCHAIN_HOME": "~/z"}, Path.home() / "z"),
        ({}, Path.home() / ".cache" / "zkchain"),
    ],
)
def test_the_cache_is_where_the_environment_says(tmp_path, environ, home):
    assert read_config(environ, tmp_path).home == home


def test_limits_come_from_the_environment(tmp_path):
    config = read(tmp_path, ZKCHAIN_MEMORY_LIMIT_GB="1.5", ZKCHAIN_TIME_LIMIT_SECONDS="90")
    assert config.memory_limit_bytes == 3 * 2**29
    assert config.time_limit_seconds == 90


@pytest.mark.parametrize("name", ["ZKCHAIN_MEMORY_LIMIT_GB", "ZKCHAIN_TIME_LIMIT_SECONDS"])
@pytest.mark.parametrize("text", ["0", "-1", "many", "nan", "inf", "1e99", " "])
def test_a_limit_that_is_no_positive_number_is_refused(tmp_path, name, text):
    with pytest.raises(ConfigError, match=name):
        read(tmp_path, **{name: text})


def test_an_unknown_network_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(NetworkUnknown, match="known: local, sepolia") as caught:
        read(project(tmp_path, SEPOLIA)).network("mainnet")
    assert caught.value.facts == {"name": "mainnet"}


def test_a_network_may_have_several_urls_and_caps(tmp_path):
    text = """
[networks.far]
rpc_urls = ["env:FAR_RPC", "https://rpc.example"]
chain_id = 77
confirmations = "finalized"
max_fee_gwei = 80
max_tip_gwei = 1.5
explorer = "https://scan.example"
signer = "file:/run/key"
"""
    entry = read(project(tmp_path, text)).network("far")
    assert entry.rpc_urls == ("env:FAR_RPC", "https://rpc.example")
    assert (entry.confirmations, entry.max_fee_gwei, entry.max_tip_gwei) == ("finalized", 80, 1.5)
    assert (entry.explorer, entry.signer) == ("https://scan.example", "file:/run/key")


@pytest.mark.parametrize("name", PRESETS)
def test_a_public_chain_needs_only_a_url(tmp_path, name):
    entry = read(project(tmp_path, f'[networks.{name}]\nrpc_url = "env:RPC"')).network(name)
    assert (entry.chain_id, entry.explorer) == (PRESETS[name].chain_id, PRESETS[name].explorer)


def test_the_name_of_a_public_chain_is_not_given_to_another(tmp_path):
    with pytest.raises(ConfigError, match="base is chain 8453"):
        read(project(tmp_path, '[networks.base]\nrpc_url = "http://x"\nchain_id = 1'))


def test_a_public_chain_without_a_url_says_what_it_lacks(tmp_path):
    with pytest.raises(NetworkUnknown) as caught:
        read(tmp_path).network("polygon")
    assert "[networks.polygon]" in caught.value.remedy


def test_the_projects_networks_come_before_the_users(tmp_path):
    mine = tmp_path / "config" / "zkchain"
    mine.mkdir(parents=True)
    table = '[networks.{}]\nrpc_url = "http://{}"\nchain_id = 7\n'
    (mine / "zkchain.toml").write_text(table.format("far", "mine") + table.format("near", "mine"))
    project(tmp_path, table.format("far", "ours"))
    for environ in ({"XDG_CONFIG_HOME": str(tmp_path / "config")}, {"ZKCHAIN_CONFIG": str(mine / "zkchain.toml")}):
        config = read(tmp_path, **environ)
        assert config.network("far").rpc_urls == ("http://ours",)
        assert config.network("near").rpc_urls == ("http://mine",)


def test_a_user_file_that_is_named_must_be_there(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path, ZKCHAIN_CONFIG=str(tmp_path / "nowhere.toml"))


def test_a_signer_is_a_reference(tmp_path):
    config = read(project(tmp_path, SEPOLIA + 'signer = "keystore:key.json"\n'))
    assert config.network("sepolia").signer == "keystore:key.json"


@pytest.mark.parametrize(
    "text",
    [
        "networks = 1",
        "[networks]\nsepolia = 1",
        '[networks.local]\nrpc_url = "http://x"\nchain_id = 1',
        '[networks.a]\nrpc_url = "http://x"',
        '[networks.a]\nrpc_url = "http://x"\nrpc_urls = ["http://y"]\nchain_id = 1',
        "[networks.a]\nrpc_urls = []\nchain_id = 1",
        '[networks.a]\nrpc_url = "http://x"\nchain_id = 1\nconfirmations = 0',
        '[networks.a]\nrpc_url = "http://x"\nchain_id = 1\nconfirmations = "safe"',
        '[networks.a]\nrpc_url = "http://x"\nchain_id = 1\nmax_fee_gwei = -1',
        '[networks.a]\nrpc_url = "http://x"\nchain_id = 1\nexplorer = "javascript:alert(1)"',
        "[networks.a]\nchain_id = 1",
        "[networks.a]\nrpc_url = 1\nchain_id = 1",
        '[networks.a]\nrpc_url = "http://x"\nchain_id = "1"',
        '[networks.a]\nrpc_url = "http://x"\nchain_id = true',
        '[networks.a]\nrpc_url = "http://x"\nchain_id = 1\nprivate_key = "0x00"',
        "[networks",
        "\x00",
    ],
)
def test_a_project_file_that_makes_no_sense_is_refused_by_name(tmp_path, text):
    with pytest.raises(ConfigError, match=r"zkchain\.toml"):
        read(project(tmp_path, text))


def test_a_project_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "zkchain.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path)


def test_a_message_about_a_bad_entry_does_not_repeat_its_value(tmp_path):
    text = '[networks.a]\nrpc_url = "http://x"\nchain_id = 1\nprivate_key = "0xfeedfacefeedface"'
    with pytest.raises(ConfigError) as caught:
        read(project(tmp_path, text))
    assert "feedface" not in str(caught.value.to_json())


def test_a_home_that_nobody_has_is_named(tmp_path):
    with pytest.raises(ConfigError, match="nosuchuser"):
        read_config({"ZKCHAIN_HOME": "~nosuchuser/x"}, cwd=tmp_path)


def test_a_working_directory_that_is_gone_is_named(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(ConfigError, match="working directory"):
        read_config({})


@pytest.mark.parametrize(("text", "share"), [("1073741824\n", 0.9), ("max\n", None), (None, None)])
def test_the_default_memory_is_that_of_the_container_where_it_has_less(tmp_path, text, share):
    limit = tmp_path / "memory.max"
    if text is not None:
        limit.write_text(text)
    physical = 0.9 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    assert _default_memory_gb(limit) == pytest.approx(physical if share is None else share)
