"""From the name of a network to where it is."""

from ..config import Config
from ..records import Network
from .devnet import ensure_devnet

#: The network that needs nothing running.
LOCAL = "local"


def resolve_network(name: str, config: Config) -> Network:
    """The network called `name`; for "local" a devnet is started or reused. Raises NetworkUnknown, DevnetFailed."""
    if name == LOCAL:
        devnet = ensure_devnet(config.home)
        return Network(name=LOCAL, rpc_url=devnet.rpc_url, chain_id=devnet.chain_id)
    entry = config.network(name)
    return Network(name=name, rpc_url=entry.rpc_url, chain_id=entry.chain_id)
