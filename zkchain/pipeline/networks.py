"""Use case: which networks there are, and whether one is fit to work on."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from statistics import median

from ..chain.client import Chain, connect
from ..chain.l1_fee import l1_fee
from ..chain.networks import resolve_network
from ..chain.probe import hardfork_of, probe_chain
from ..chain.references import is_reference
from ..chain.signers import load_signer
from ..chain.urls import shown
from ..config import Config
from ..errors import ZkchainError
from ..network_config import LOCAL, PRESETS, NetworkEntry
from ..progress import Report, silent
from ..record import Record
from ..records import Network

#: Requests whose median is the latency.
_REQUESTS = 5
#: Seconds after which a head is stale on a chain whose blocks come by themselves.
_STALE_SECONDS = 900
_GWEI, _ETHER = 10**9, 10**18
#: Data that does not compress to nothing.
_KILOBYTE = bytes(range(250)) * 4


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkLine(Record):
    """A network as it is listed: where it is asked, without secrets; no URLs for a preset that is not configured."""

    name: str
    chain_id: int
    configured: bool
    urls: tuple[str, ...]
    confirmations: str
    explorer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkCheck(Record):
    """One thing that was looked at. `ok` is false when it stands in the way of a deployment."""

    part: str
    ok: bool
    found: str


def list_networks(config: Config) -> tuple[NetworkLine, ...]:
    """The devnet, what is configured, and public chains that are known by name. Asks nobody."""
    local = NetworkLine(
        name=LOCAL, chain_id=31337, configured=True, urls=("a devnet of its own",), confirmations="1", explorer=""
    )
    mine = [_line(name, entry) for name, entry in sorted(config.networks.items())]
    known = [
        NetworkLine(
            name=name,
            chain_id=preset.chain_id,
            configured=False,
            urls=(),
            confirmations=str(preset.confirmations),
            explorer=preset.explorer,
        )
        for name, preset in PRESETS.items()
        if name not in config.networks
    ]
    return (local, *mine, *known)


def check_network(name: str, config: Config, report: Report = silent) -> tuple[NetworkCheck, ...]:
    """Look at every endpoint, the chain and the signer of a network. Sends nothing.

    Raises NetworkUnknown, ConfigError and DevnetFailed; what a node does wrong is a finding.
    """
    network = resolve_network(name, config)
    urls = (network.rpc_url, *network.fallback_urls)
    checks = []
    for number, url in enumerate(urls, start=1):
        report(f"asking {shown(url)}")
        part = "endpoint" if len(urls) == 1 else f"endpoint {number}"
        one = replace(network, rpc_url=url, fallback_urls=())
        checks.append(_guarded(part, partial(_endpoint, part, one)))
    reference = None if name == LOCAL else config.network(name).signer
    try:
        chain = connect(network)
    except ZkchainError as error:
        return (*checks, NetworkCheck(part="chain", ok=False, found=error.message))
    parts: tuple[tuple[str, Callable[[], NetworkCheck]], ...] = (
        ("head", lambda: _head(chain)),
        ("hardfork", lambda: _hardfork(chain)),
        ("precompiles", lambda: _precompiles(chain)),
        ("fees", lambda: _fees(chain)),
        ("signer", lambda: _signer(chain, reference)),
    )
    for part, look in parts:
        report(f"looking at the {part}")
        checks.append(_guarded(part, look))
    return tuple(checks)


def _line(name: str, entry: NetworkEntry) -> NetworkLine:
    return NetworkLine(
        name=name,
        chain_id=entry.chain_id,
        configured=True,
        urls=tuple(f"by {url.partition(':')[0]}" if is_reference(url) else shown(url) for url in entry.rpc_urls),
        confirmations=str(entry.confirmations),
        explorer=entry.explorer,
    )


def _guarded(part: str, look: Callable[[], NetworkCheck]) -> NetworkCheck:
    try:
        return look()
    except ZkchainError as error:
        return NetworkCheck(part=part, ok=False, found=error.message)


def _endpoint(part: str, network: Network) -> NetworkCheck:
    chain, times = connect(network), []
    for _ in range(_REQUESTS):
        began = time.monotonic()
        chain.block_number()
        times.append(time.monotonic() - began)
    text = f"{shown(network.rpc_url)}, {chain.client_version()[:60]}, {1000 * median(times):.0f} ms a request"
    return NetworkCheck(part=part, ok=True, found=f"chain {network.chain_id} at {text}")


def _head(chain: Chain) -> NetworkCheck:
    head = chain.head()
    age = max(0, round(time.time() - head.timestamp))
    fresh = age < _STALE_SECONDS or chain.network.devnet
    text = f"block {head.number:,}, {age:,} s old, {head.gas_limit:,} gas a block"
    return NetworkCheck(part="head", ok=fresh, found=text if fresh else f"{text}: the node has fallen behind")


def _hardfork(chain: Chain) -> NetworkCheck:
    found = hardfork_of(chain)
    text = f"{found} or later" if found else "before Shanghai: our contracts do not run there"
    return NetworkCheck(part="hardfork", ok=bool(found), found=text)


def _precompiles(chain: Chain) -> NetworkCheck:
    probe_chain(chain)
    return NetworkCheck(part="precompiles", ok=True, found="0x05 to 0x08 compute what a verifier needs")


def _fees(chain: Chain) -> NetworkCheck:
    head, cap = chain.head(), chain.network.max_fee_wei
    if head.base_fee is None:
        price, text = chain.gas_price(), f"gas price {chain.gas_price() / _GWEI:.3f} gwei, no base fee"
    else:
        tip = chain.priority_fee()
        price, text = head.base_fee + tip, f"base fee {head.base_fee / _GWEI:.3f} gwei, tip {tip / _GWEI:.3f} gwei"
    extra = l1_fee(chain, None, _KILOBYTE)
    if extra is not None:
        text += f", {extra / _ETHER:.9f} ether for a kilobyte of data on the base chain"
    if cap is None:
        return NetworkCheck(part="fees", ok=True, found=text)
    return NetworkCheck(part="fees", ok=price <= cap, found=f"{text}; at most {cap / _GWEI:.3f} is allowed")


def _signer(chain: Chain, reference: str | None) -> NetworkCheck:
    signer = load_signer(reference, chain.network)
    balance = chain.balance(signer.address)
    text = f"{signer.address} has {balance / _ETHER:.6f} ether"
    return NetworkCheck(part="signer", ok=balance > 0, found=text)
