"""The node that tests run on, and going back to where it was."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ..chain.client import Chain, connect
from ..chain.devnet_state import DevnetInfo
from ..chain.rpc import open_endpoint, request
from ..config import Config
from ..errors import DevnetFailed
from ..network_config import NetworkEntry
from ..records import Network

#: The devnet's name in the settings of a test run. Not "local", whose signer would be a key from the environment.
NAME = "devnet"
_SECONDS = 60.0


def network_of(info: DevnetInfo) -> Network:
    """The devnet as a network."""
    return Network(name=NAME, rpc_url=info.rpc_url, chain_id=info.chain_id)


def with_devnet(config: Config, info: DevnetInfo) -> Config:
    """`config` with the devnet as its one network; the first development account signs."""
    entry = NetworkEntry(rpc_urls=(info.rpc_url,), chain_id=info.chain_id, signer="dev:0")
    return replace(config, networks={NAME: entry})


def ask(network: Network, method: str, *params: Any) -> Any:
    """One JSON-RPC request, such as a devnet's own methods. Raises ConnectionFailed and RpcError."""
    return request(open_endpoint(network, _SECONDS), method, params)


@contextmanager
def rolled_back(network: Network) -> Iterator[Chain]:
    """A connection; what happens on the chain meanwhile is undone. Raises DevnetFailed when it cannot be."""
    mark = ask(network, "evm_snapshot")
    try:
        yield connect(network)
    finally:
        if ask(network, "evm_revert", mark) is not True:
            raise DevnetFailed(f"the chain at {network.rpc_url} could not be rolled back after a test")
