"""What geth's transaction pool demands and anvil does not, asked before a transaction is forwarded.

From geth's core/txpool (legacypool/list.go, validation.go) and EIP-7825: a replacement raises both fees by a tenth, a
used nonce is refused with the one expected, a tip is at least one wei and no more than the fee, gas has a cap.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from ..chain.gas import TX_GAS_CAP
from ..chain.raw_transaction import RawTransaction, read_raw_transaction

#: geth's txpool.pricebump, per cent.
PRICE_BUMP = 10

Ask = Callable[..., Awaitable[Any]]


class StrictPool:
    """Remembers what was sent by each account, and judges what replaces it."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._slots: dict[tuple[str, int], RawTransaction] = {}
        self.asked: list[RawTransaction] = []  #: everything that was to be sent
        self.replacements = 0  #: of those, what was to take another's place
        self.refused: list[str] = []  #: reasons

    async def refusal(self, raw: str) -> str | None:
        """Why geth would refuse a transaction; None when it would not. An accepted one is remembered."""
        try:
            sent = read_raw_transaction(bytes.fromhex(raw.removeprefix("0x")))
        except ValueError:
            return None  # the node has its own words for that
        self.asked.append(sent)
        reason = self._invalid(sent) or await self._against_others(sent)
        if reason is not None:
            self.refused.append(reason)
        return reason

    def _invalid(self, sent: RawTransaction) -> str | None:
        if sent.gas > TX_GAS_CAP:
            return f"transaction gas limit too high (cap: {TX_GAS_CAP}, tx: {sent.gas})"
        if sent.max_tip > sent.max_fee:
            return (
                "max priority fee per gas higher than max fee per gas: "
                f"maxPriorityFeePerGas: {sent.max_tip}, maxFeePerGas: {sent.max_fee}"
            )
        if sent.max_tip < 1:
            return f"transaction underpriced: gas tip cap {sent.max_tip}, minimum needed 1"
        return None

    async def _against_others(self, sent: RawTransaction) -> str | None:
        expected = int(await self._ask("eth_getTransactionCount", sent.sender, "latest"), 16)
        if sent.nonce < expected:
            return f"nonce too low: next nonce {expected}, tx nonce {sent.nonce}"
        slot = (sent.sender, sent.nonce)
        earlier = self._slots.get(slot)
        if earlier is not None and await self._pending(earlier):
            if earlier.hash == sent.hash:
                return "already known"
            self.replacements += 1
            if not _replaces(sent, earlier):
                return "replacement transaction underpriced"
        self._slots[slot] = sent
        return None

    async def _pending(self, earlier: RawTransaction) -> bool:
        """A node can lose what it had, and then anything may take its place."""
        found = await self._ask("eth_getTransactionByHash", earlier.hash)
        return isinstance(found, dict) and found.get("blockHash") is None


def _replaces(sent: RawTransaction, earlier: RawTransaction) -> bool:
    """Both fees above the earlier ones, and by the bump, which geth rounds down."""
    pairs = ((sent.max_fee, earlier.max_fee), (sent.max_tip, earlier.max_tip))
    return all(new > old and new >= old * (100 + PRICE_BUMP) // 100 for new, old in pairs)
