"""What to offer for gas: enough for the next blocks, and never more than the network's table allows."""

from ..errors import FeeOverCap
from .client import Chain, Head

_GWEI = 10**9


def fees_at(chain: Chain, head: Head) -> dict[str, int]:
    """Fee fields: EIP-1559 where the chain has a base fee, the old gas price elsewhere. Raises FeeOverCap.

    The offer is twice the base fee, so that a transaction stays valid through six full blocks.
    """
    cap = chain.network.max_fee_wei
    if head.base_fee is None:
        price = chain.gas_price()
        _check(chain, price, cap)
        return {"gasPrice": price}
    tip, most = chain.priority_fee(), chain.network.max_tip_wei
    tip = tip if most is None else min(tip, most)
    _check(chain, head.base_fee + tip, cap)
    offer = 2 * head.base_fee + tip
    return {"maxFeePerGas": offer if cap is None else min(offer, cap), "maxPriorityFeePerGas": tip}


def _check(chain: Chain, price: int, cap: int | None) -> None:
    if cap is not None and price > cap:
        raise FeeOverCap(
            f"gas costs {price / _GWEI:.3f} gwei on network {chain.network.name!r}; "
            f"its max_fee_gwei is {cap / _GWEI:.3f}, so nothing was sent",
            price=price,
            cap=cap,
        )
