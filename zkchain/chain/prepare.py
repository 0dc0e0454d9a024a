"""A complete unsigned transaction: gas that it needs and may have, fees, and an account that can pay."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InsufficientFunds, TransactionError, TransactionReverted
from ..values import Address
from .abi import Abi
from .client import Chain, Head
from .fees import Fees, fees_at
from .gas import TX_GAS_CAP, least_gas
from .revert import revert_error
from .rpc import ExecutionRefused
from .signer import refuse_dev_key

#: Estimates are raised by a quarter: state moves between the estimate and the block.
_BUFFER_NUMERATOR, _BUFFER_DENOMINATOR = 5, 4


@dataclass(frozen=True, slots=True)
class Terms:
    """What the chain asks of a transaction now, and what the account has, in wei."""

    head: Head
    fees: Fees
    balance: int


def terms_for(chain: Chain, sender: Address) -> Terms:
    """The terms for `sender`. Raises WrongChain, DevKeyRefused, FeeOverCap."""
    chain.check_chain_id()
    refuse_dev_key(sender, chain.network.chain_id)
    head = chain.fresh_head()
    return Terms(head, fees_at(chain, head), chain.balance(sender))


def prepare(
    chain: Chain, sender: Address, *, to: Address | None, data: bytes, gas: int | None, abis: Sequence[Abi]
) -> dict[str, Any]:
    """A complete unsigned transaction that the sender can pay for and the EVM accepts now."""
    terms = terms_for(chain, sender)
    limit = gas_limit(chain, terms.head, sender, to, data, gas, abis)
    check_funds(chain, sender, terms, limit)
    return transaction(chain.network.chain_id, chain.nonce(sender), to, data, limit, terms.fees)


def transaction(chain_id: int, nonce: int, to: Address | None, data: bytes, gas: int, fees: Fees) -> dict[str, Any]:
    """The fields that are signed."""
    fields = {"chainId": chain_id, "nonce": nonce, "gas": gas, "value": 0, "data": "0x" + data.hex(), **fees.fields()}
    return fields if to is None else {**fields, "to": to}


def gas_cap(head: Head) -> int:
    """Most gas that a transaction can be given on this chain."""
    return min(head.gas_limit, TX_GAS_CAP)


def gas_limit(
    chain: Chain, head: Head, sender: Address, to: Address | None, data: bytes, gas: int | None, abis: Sequence[Abi]
) -> int:
    """Gas for a transaction: as given, or as estimated and a quarter more. Raises TransactionReverted, and

    TransactionError for what no transaction on this chain can have.
    """
    most, least = gas_cap(head), least_gas(data, creation=to is None)
    if gas is None:
        try:
            # An older chain may expect less than the floor; the limit is not the price.
            needed = max(chain.estimate_gas(to, data, sender), least)
        except ExecutionRefused as refused:
            raise _refused(refused, abis) from None
    else:
        needed = gas
    if not least <= needed <= most:
        raise TransactionError(
            f"the transaction would get {needed:,} gas; it needs at least {least:,} and this chain allows {most:,}",
            remedy="use a smaller circuit or the shared verifier" if needed > most else "give it more gas",
            gas=needed,
            gas_limit=most,
        )
    return needed if gas is not None else min(needed * _BUFFER_NUMERATOR // _BUFFER_DENOMINATOR, most)


def check_funds(chain: Chain, sender: Address, terms: Terms, gas: int) -> None:
    """Raise InsufficientFunds when `sender` cannot pay for so much gas."""
    cost = gas * terms.fees.max_fee
    if cost > terms.balance:
        raise InsufficientFunds(
            f"{sender} has {terms.balance / 10**18:.6f} ether on network {chain.network.name!r}; "
            f"the transaction may cost {cost / 10**18:.6f}",
            account=sender,
            balance=terms.balance,
            needed=cost,
        )


def _refused(refused: ExecutionRefused, abis: Sequence[Abi]) -> TransactionReverted:
    if refused.data:
        return revert_error(refused.data, abis, what="the transaction, which was not sent,")
    return TransactionReverted(f"the transaction would fail and was not sent: {refused.message}")
