"""Brownie's network and account in place of a table in zkchain.toml. Brownie itself: scripts/check_brownie.py."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.e2e.runner import CANARY
from tests.support.chains import network_of
from zkchain.chain.dev_accounts import DEV_ADDRESSES, dev_key
from zkchain.chain.devnet_state import DevnetInfo
from zkchain.chain.transact import send
from zkchain.config import Config
from zkchain.errors import ConfigError, DevKeyRefused, SignerMissing, WrongChain
from zkchain.network_config import NetworkEntry
from zkchain.pipeline.brownie import from_brownie
from zkchain.pipeline.site import open_site

URL = "http://127.0.0.1:8545/v3/token"
CONFIG = Config(home=Path("/nowhere"), deployments=Path("/nowhere"), memory_limit_bytes=1, time_limit_seconds=1.0)
STRANGER = "0x00000000000000000000000000000000000000aa"


def brownie_network(name: str | None = "zkdev", chain_id: int = 31337, url: str | None = URL) -> Any:
    provider = SimpleNamespace(endpoint_uri=url) if url else None
    return SimpleNamespace(
        show_active=lambda: name, chain=SimpleNamespace(id=chain_id), web3=SimpleNamespace(provider=provider)
    )


def unlocked(address: str) -> Any:
    """An account whose key the node has."""
    return SimpleNamespace(address=address)


def loaded(key: str) -> Any:
    """An account whose key brownie has."""
    return SimpleNamespace(address=DEV_ADDRESSES[3], private_key=key)


def test_a_network_is_known_by_its_name_url_and_chain_and_the_account_signs_there():
    name, config = from_brownie(unlocked(DEV_ADDRESSES[3]), brownie_network(), CONFIG)
    assert name == "zkdev"
    assert config.networks["zkdev"] == NetworkEntry(rpc_urls=(URL,), chain_id=31337)
    assert config.signers["zkdev"].address == DEV_ADDRESSES[3]
    assert (CONFIG.networks, CONFIG.signers) == ({}, {})


def test_a_table_in_zkchain_toml_keeps_its_confirmations_and_caps():
    table = NetworkEntry(rpc_urls=("http://other",), chain_id=31337, confirmations=4, max_fee_gwei=2.0)
    known = replace(CONFIG, networks={"zkdev": table})
    _, config = from_brownie(unlocked(DEV_ADDRESSES[0]), brownie_network(), known)
    assert config.networks["zkdev"] == replace(table, rpc_urls=(URL,))


def test_a_public_chain_gets_the_confirmations_that_are_known_for_it():
    _, config = from_brownie(loaded(CANARY), brownie_network("mainnet", 1), CONFIG)
    assert config.networks["mainnet"].confirmations == 3


@pytest.mark.parametrize("name", [None, "", "local"])
def test_a_network_without_a_usable_name_is_refused(name: str | None):
    with pytest.raises(ConfigError):
        from_brownie(unlocked(DEV_ADDRESSES[0]), brownie_network(name), CONFIG)


@pytest.mark.parametrize("url", [None, "ws://127.0.0.1:8545", "/tmp/geth.ipc"])
def test_a_network_that_is_not_reached_over_http_is_refused(url: str | None):
    with pytest.raises(ConfigError):
        from_brownie(unlocked(DEV_ADDRESSES[0]), brownie_network(url=url), CONFIG)


def test_another_chain_than_the_name_says_is_refused():
    with pytest.raises(WrongChain):
        from_brownie(loaded(CANARY), brownie_network("mainnet", 5), CONFIG)
    known = replace(CONFIG, networks={"zkdev": NetworkEntry(rpc_urls=(URL,), chain_id=5)})
    with pytest.raises(WrongChain):
        from_brownie(loaded(CANARY), brownie_network(), known)


def test_an_account_whose_key_only_the_node_has_is_refused():
    with pytest.raises(SignerMissing):
        from_brownie(unlocked(STRANGER), brownie_network(), CONFIG)


@pytest.mark.parametrize("account", [unlocked(DEV_ADDRESSES[0]), loaded("0x" + dev_key(0).hex())])
def test_a_development_account_is_refused_on_other_chains(account: Any):
    with pytest.raises(DevKeyRefused):
        from_brownie(account, brownie_network(chain_id=5), CONFIG)


@pytest.mark.parametrize("key", [CANARY, "0x" + CANARY, CANARY[:-2], CANARY + "zz"])
def test_neither_key_nor_token_is_shown(key: str):
    try:
        _, config = from_brownie(loaded(key), brownie_network(), CONFIG)
    except SignerMissing as error:
        shown = f"{error} {error.to_json()} {error.__cause__} {error.__context__!r}"
    else:
        shown = f"{config!r} {config.signers['zkdev']!r}"
    assert CANARY[:20] not in shown
    assert "token" not in shown


def test_the_account_signs_what_is_sent(devnet: DevnetInfo, chain, tmp_path: Path):
    network = brownie_network(url=network_of(devnet).rpc_url)
    config = replace(CONFIG, home=tmp_path, deployments=tmp_path / "deployments")
    name, config = from_brownie(unlocked(DEV_ADDRESSES[3]), network, config)
    site = open_site(name, config, signing=True)
    assert site.signer is not None
    receipt = send(site.chain, site.signer, to=DEV_ADDRESSES[1], data=b"")
    assert receipt.sender == DEV_ADDRESSES[3]
    assert open_site(name, config, signing=False).signer is None
