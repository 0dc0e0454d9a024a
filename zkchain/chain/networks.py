"""From the name of a network to where it is."""

from collections.abc import Mapping

from ..config import Config
from ..network_config import LOCAL, NetworkEntry
from ..records import Network
from .devnet import CHAIN_ID, ensure_devnet
from .references import is_reference, resolve_reference

_GWEI = 10**9


def resolve_network(name: str, config: Config) -> Network:
    """The network called `name`; for "local" a devnet is started or reused.

    Raises NetworkUnknown, DevnetFailed, and ConfigError for a reference that leads nowhere.
    """
    if name == LOCAL:
        devnet = ensure_devnet(config.home)
        return Network(name=LOCAL, rpc_url=devnet.rpc_url, chain_id=devnet.chain_id)
    return network_of(name, config.network(name))


def known_network(name: str, config: Config) -> Network:
    """The same for who only asks which keys may be used there: no devnet is started, and it has no URL.

    Raises NetworkUnknown and ConfigError.
    """
    return Network(name=LOCAL, rpc_url="", chain_id=CHAIN_ID) if name == LOCAL else resolve_network(name, config)


def network_of(name: str, entry: NetworkEntry, environ: Mapping[str, str] | None = None) -> Network:
    """A configured network with its references resolved. Raises ConfigError."""
    first, *others = (url_of(name, url, environ) for url in entry.rpc_urls)
    return Network(
        name=name,
        rpc_url=first,
        chain_id=entry.chain_id,
        fallback_urls=tuple(others),
        confirmations=None if entry.confirmations == "finalized" else entry.confirmations,
        max_fee_wei=_wei(entry.max_fee_gwei),
        max_tip_wei=_wei(entry.max_tip_gwei),
    )


def url_of(name: str, url: str, environ: Mapping[str, str] | None = None) -> str:
    """A URL as it is, or what it refers to. Raises ConfigError."""
    return resolve_reference(url, f"an RPC URL of network {name!r}", environ) if is_reference(url) else url


def _wei(gwei: float | None) -> int | None:
    return None if gwei is None else round(gwei * _GWEI)
