"""What to offer for gas: enough for the next blocks, and never more than the network's table allows."""

from dataclasses import dataclass
from statistics import median_low

from ..errors import FeeOverCap
from ..records import Network
from .client import Chain, Head

_GWEI = 10**9
#: Blocks whose tips are looked at.
_HISTORY = 10
#: Nodes take a replacement from a tenth more on (geth, reth, erigon); some older ones want an eighth.
_LEAST_BUMP, _BUMP = (11, 10), (9, 8)
#: Nobody means to pay a whole ether for a unit of gas: a node that asks for it lies.
_ABSURD = 10**18


@dataclass(frozen=True, slots=True)
class Fees:
    """An offer, in wei a unit of gas. Of an old transaction, `max_fee` is the gas price and `tip` the same."""

    max_fee: int
    tip: int
    legacy: bool = False

    def fields(self) -> dict[str, int]:
        """As fields of a transaction."""
        if self.legacy:
            return {"gasPrice": self.max_fee}
        return {"maxFeePerGas": self.max_fee, "maxPriorityFeePerGas": self.tip}


def fees_at(chain: Chain, head: Head) -> Fees:
    """An offer for the next blocks: EIP-1559 where the chain has a base fee, the old gas price elsewhere.

    Twice the base fee, so that a transaction stays valid through six full blocks, and the tip that the last blocks
    were content with. Raises FeeOverCap.
    """
    network, cap = chain.network, chain.network.max_fee_wei
    if head.base_fee is None:
        price = chain.gas_price()
        _check(network, price, cap)
        return Fees(price, price, legacy=True)
    history = chain.fee_history(_HISTORY)
    base_fee = head.base_fee if history is None else max(head.base_fee, history.next_base_fee)
    # Empty blocks pay no tip, and say nothing of what a full one asks for.
    tips = [tip for tip in history.tips if tip > 0] if history else []
    tip = median_low(tips) if tips else chain.priority_fee()
    if network.max_tip_wei is not None:
        tip = min(tip, network.max_tip_wei)
    _check(network, base_fee + tip, cap)
    offer = 2 * base_fee + tip
    return Fees(offer if cap is None else min(offer, cap), tip)


def bumped(old: Fees, now: Fees | None, network: Network) -> Fees:
    """An offer that nodes take in place of `old`: both fees at least a tenth higher, an eighth under the caps.

    `now` is what a fresh transaction would offer, None when that is over the cap. Raises FeeOverCap when the caps do
    not allow it.
    """
    least, wanted = _times(old, _LEAST_BUMP), _times(old, _BUMP)
    if now is not None and now.legacy == old.legacy:
        wanted = Fees(max(wanted.max_fee, now.max_fee), max(wanted.tip, now.tip), old.legacy)
    cap, tip_cap = network.max_fee_wei, network.max_tip_wei
    max_fee = wanted.max_fee if cap is None else max(least.max_fee, min(wanted.max_fee, cap))
    if old.legacy:
        tip = max_fee
    else:
        tip = min(wanted.tip if tip_cap is None else max(least.tip, min(wanted.tip, tip_cap)), max_fee)
    _check(network, max_fee, cap)
    if not old.legacy and tip_cap is not None and tip > tip_cap:
        raise FeeOverCap(
            f"a replacement on network {network.name!r} needs a tip of {tip / _GWEI:.3f} gwei; "
            f"its max_tip_gwei is {tip_cap / _GWEI:.3f}",
            remedy="wait, or raise max_tip_gwei of the network in zkchain.toml",
            price=tip,
            cap=tip_cap,
        )
    return Fees(max_fee, tip, old.legacy)


def _times(fees: Fees, factor: tuple[int, int]) -> Fees:
    """Both fees times a factor, rounded up, and higher in any case."""
    times, by = factor
    max_fee, tip = (max(-(-fee * times // by), fee + 1) for fee in (fees.max_fee, fees.tip))
    return Fees(max_fee, tip, fees.legacy)


def _check(network: Network, price: int, cap: int | None) -> None:
    most = _ABSURD if cap is None else cap
    if price > most:
        raise FeeOverCap(
            f"gas costs {price / _GWEI:.3f} gwei on network {network.name!r}; "
            f"its max_fee_gwei is {most / _GWEI:.3f}, so nothing was sent",
            price=price,
            cap=most,
        )
