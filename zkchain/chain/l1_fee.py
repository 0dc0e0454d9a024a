"""What a rollup charges, besides gas, for putting a transaction's data on its base chain; where it charges that."""

from typing import Any

from ..values import Address
from .abi import Abi, decode_result, encode_call
from .client import Chain

#: The OP stack's oracle, a predeploy: https://specs.optimism.io/protocol/predeploys.html.
_ORACLE = Address("0x420000000000000000000000000000000000000F")
_ORACLE_ABI: Abi = (
    {
        "type": "function",
        "name": "getL1Fee",
        "inputs": [{"name": "data", "type": "bytes"}],
        "outputs": [{"name": "fee", "type": "uint256"}],
    },
)
#: Arbitrum's node answers calls to an address without code; its estimate of gas has the data's share in it.
_NODE = Address("0x00000000000000000000000000000000000000C8")
_NODE_ABI: Abi = (
    {
        "type": "function",
        "name": "gasEstimateL1Component",
        "inputs": [
            {"name": "to", "type": "address"},
            {"name": "contractCreation", "type": "bool"},
            {"name": "data", "type": "bytes"},
        ],
        "outputs": [
            {"name": "gasEstimateForL1", "type": "uint64"},
            {"name": "baseFee", "type": "uint256"},
            {"name": "l1BaseFeeEstimate", "type": "uint256"},
        ],
    },
)
_ARBITRUM = frozenset({42161, 42170, 421614})
_NOBODY = Address("0x0000000000000000000000000000000000000000")


def l1_fee(chain: Chain, to: Address | None, data: bytes) -> int | None:
    """Wei that a transaction with this data costs besides its gas; None where there is no such fee.

    On Arbitrum it is part of the gas already. On the OP stack it is paid on top, and not limited by any fee field.
    Raises ConnectionFailed, RpcError.
    """
    if chain.network.chain_id in _ARBITRUM:
        found = _asked(chain, _NODE, _NODE_ABI, "gasEstimateL1Component", [to or _NOBODY, to is None, data])
        return None if found is None else int(found[0]) * int(found[1])
    if not chain.code_at(_ORACLE):
        return None
    found = _asked(chain, _ORACLE, _ORACLE_ABI, "getL1Fee", [data])
    return None if found is None else int(found[0])


def paid_l1_fee(receipt: dict[str, Any]) -> int | None:
    """Wei that a mined transaction paid for its data, as receipts of the OP stack have it."""
    try:
        return int(str(receipt["l1Fee"]), 16)
    except (KeyError, ValueError):
        return None


def _asked(chain: Chain, contract: Address, abi: Abi, name: str, arguments: list[Any]) -> tuple[Any, ...] | None:
    result = chain.call(contract, encode_call(abi, name, arguments))
    try:
        return decode_result(abi, name, result.data) if result.success else None
    except ValueError:
        return None
