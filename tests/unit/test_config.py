"""Settings: from the environment and the nearest zkchain.toml, and refused when they make no sense."""

import os
from pathlib import Path

import pytest

from zkchain.config import Config, NetworkEntry, _default_memory_gb, read_config
from zkchain.errors import ConfigError, NetworkUnknown

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
    assert config.network("sepolia") == NetworkEntry(rpc_url="https://rpc.example", chain_id=11155111)


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
