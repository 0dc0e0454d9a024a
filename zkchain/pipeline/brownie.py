"""Run the use cases with brownie's network and one of its accounts. Brownie itself is not imported: it is handed in."""

from dataclasses import replace
from typing import Any

from ..chain.dev_accounts import DEV_ADDRESSES
from ..chain.signer import Signer, dev_signer, key_signer, refuse_dev_key
from ..config import Config
from ..errors import ConfigError, SignerMissing, WrongChain
from ..network_config import LOCAL, PRESETS, NetworkEntry
from ..values import address


def from_brownie(account: Any, network: Any, config: Config) -> tuple[str, Config]:
    """The name of the network that `brownie.network` is connected to, and `config` with it; `account` signs there.

    Confirmations and fee caps are those of the network's table in zkchain.toml, if it has one. The account's key stays
    in this process. Raises ConfigError for a network that cannot be used by name or over HTTP, WrongChain when it is
    not the chain that zkchain.toml or its name says, SignerMissing for an account whose key brownie does not have,
    and DevKeyRefused.
    """
    name = network.show_active()
    url = str(getattr(network.web3.provider, "endpoint_uri", ""))
    if not name or name == LOCAL or not url.startswith(("http://", "https://")):
        raise ConfigError(
            f"brownie's network {name!r} cannot be used: it must be connected over HTTP, and not be called {LOCAL!r}",
            remedy="connect with: brownie run SCRIPT --network NAME; add one with: brownie networks add live NAME ...",
        )
    entry, chain_id = _entry(name, config), int(network.chain.id)
    if entry is not None and entry.chain_id != chain_id:
        raise WrongChain(
            f"network {name!r} is chain {entry.chain_id}, but brownie's is chain {chain_id}",
            expected=entry.chain_id,
            found=chain_id,
        )
    known = NetworkEntry(rpc_urls=(url,), chain_id=chain_id) if entry is None else replace(entry, rpc_urls=(url,))
    signer = _signer(account)
    refuse_dev_key(signer.address, chain_id)
    networks, signers = {**config.networks, name: known}, {**config.signers, name: signer}
    return name, replace(config, networks=networks, signers=signers)


def _entry(name: str, config: Config) -> NetworkEntry | None:
    """What is known of a network by its name."""
    preset = PRESETS.get(name)
    if name in config.networks or preset is None:
        return config.networks.get(name)
    return NetworkEntry(
        rpc_urls=(), chain_id=preset.chain_id, confirmations=preset.confirmations, explorer=preset.explorer
    )


def _signer(account: Any) -> Signer:
    """What signs for an account of brownie. A node's own development accounts have keys that everyone has."""
    found = address(str(account.address).lower())
    key = getattr(account, "private_key", None)
    if key is None and found in DEV_ADDRESSES:
        return dev_signer(DEV_ADDRESSES.index(found))
    if key is None:
        raise SignerMissing(
            f"brownie does not have the key of {found}: the node has it",
            remedy="use an account of accounts.load(NAME) or accounts.add()",
            account=found,
        )
    return key_signer(str(key), source="brownie's account")
