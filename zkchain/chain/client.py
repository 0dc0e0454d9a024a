"""A chain as the rest of zkchain sees it: typed questions, typed answers, our errors."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import HeadStale, RpcError, WrongChain
from ..network_config import PRESETS
from ..records import Network, Receipt
from ..values import Address, Digest, keccak_of
from .answers import read_bytes, read_digest, read_object, read_quantity
from .logs import Header, Log, header_of, log_of
from .pool import Pool
from .receipts import receipt_of
from .rpc import ExecutionRefused, open_endpoint, request
from .sent import Sent, sent_in, sent_of

#: Seconds for one request. A node that verifies a proof in Python needs about one.
REQUEST_SECONDS = 30.0
_PROBE_SECONDS = 5.0
_DEFAULT_TIP = 10**9
#: Blocks that a node may be behind one that was seen, and seconds that its head may be old.
_LAG, _STALE_SECONDS = 16, 900
#: Chains whose blocks come by themselves.
_TICKING = frozenset(preset.chain_id for preset in PRESETS.values())


@dataclass(frozen=True, slots=True)
class CallResult:
    """Outcome of a call: what it returned, or what it reverted with and the node's words."""

    success: bool
    data: bytes
    message: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The latest block, as far as a transaction depends on it. `base_fee` is None before EIP-1559."""

    number: int
    gas_limit: int
    base_fee: int | None
    timestamp: int


@dataclass(frozen=True, slots=True)
class FeeHistory:
    """Wei a unit of gas: the base fee of the block to come, and the median tip of each of the last blocks."""

    next_base_fee: int
    tips: tuple[int, ...]


class Chain:
    """A connection to one chain. Every method raises ConnectionFailed and RpcError besides what it names."""

    __slots__ = ("_highest", "_pool", "journals", "network")

    def __init__(self, network: Network, pool: Pool, journals: Path | None = None) -> None:
        self.network = network
        self.journals = journals  #: the folder of its accounts' journals
        self._pool = pool
        self._highest = 0

    def __repr__(self) -> str:
        return f"Chain({self._pool!r})"

    @property
    def endpoints(self) -> int:
        """How many endpoints the network has."""
        return len(self._pool)

    def check_chain_id(self) -> None:
        """Raise WrongChain unless the endpoint still serves the configured chain."""
        found = read_quantity(self._ask("eth_chainId"))
        if found != self.network.chain_id:
            raise WrongChain(
                f"network {self.network.name!r} is chain {self.network.chain_id}, but its endpoint serves {found}",
                expected=self.network.chain_id,
                found=found,
            )

    def client_version(self) -> str:
        """What the node calls itself."""
        return str(self._ask("web3_clientVersion"))

    def head(self) -> Head:
        """The latest block."""
        block = read_object(self._ask("eth_getBlockByNumber", "latest", False))
        base_fee = block.get("baseFeePerGas")
        return Head(
            number=read_quantity(block.get("number")),
            gas_limit=read_quantity(block.get("gasLimit")),
            base_fee=None if base_fee is None else read_quantity(base_fee),
            timestamp=read_quantity(block.get("timestamp")),
        )

    def fresh_head(self) -> Head:
        """The latest block, from the first endpoint that has kept up with the chain. Raises HeadStale.

        Behind is a head well below one that was seen before, or that is old where blocks come by themselves.
        """
        for _ in range(len(self._pool)):
            head = self.head()
            age = time.time() - head.timestamp
            old = age > _STALE_SECONDS and self.network.chain_id in _TICKING
            if self.network.devnet or not (old or head.number < self._highest - _LAG):
                self._highest = max(self._highest, head.number)
                return head
            self._pool.move_on()
        raise HeadStale(
            f"network {self.network.name!r} is at block {head.number:,}, {age:,.0f} s old; "
            f"block {max(self._highest, head.number):,} has been seen",
            block=head.number,
            seconds=round(age),
        )

    def block_number(self) -> int:
        """Number of the latest block."""
        return read_quantity(self._ask("eth_blockNumber"))

    def finalized_number(self) -> int:
        """Number of the latest block that the chain calls final."""
        return read_quantity(read_object(self._ask("eth_getBlockByNumber", "finalized", False)).get("number"))

    def block_hash(self, number: int) -> Digest:
        """Hash of the block of this number."""
        return read_digest(read_object(self._ask("eth_getBlockByNumber", hex(number), False)).get("hash"))

    def header(self, number: int) -> Header | None:
        """The block of this number; None while the node has none."""
        block = self._ask("eth_getBlockByNumber", hex(number), False)
        if block is None:
            return None
        header = header_of(block)
        if header.number != number:
            raise RpcError(f"asked for block {number}, the node gave block {header.number}")
        return header

    def balance(self, account: Address) -> int:
        """Wei at the latest block."""
        return read_quantity(self._ask("eth_getBalance", account, "latest"))

    def nonce(self, account: Address) -> int:
        """The next nonce, counting transactions the node knows but has not mined."""
        return read_quantity(self._ask("eth_getTransactionCount", account, "pending"))

    def mined_nonce(self, account: Address, block: int | None = None) -> int:
        """The next nonce, counting what is mined up to `block`, or the latest."""
        tag = "latest" if block is None else hex(block)
        return read_quantity(self._ask("eth_getTransactionCount", account, tag))

    def code_at(self, account: Address, block: int | None = None) -> bytes:
        """Runtime code after `block`, or the latest; empty for an account without code."""
        return read_bytes(self._ask("eth_getCode", account, "latest" if block is None else hex(block)))

    def code_hash(self, account: Address) -> Digest:
        """keccak256 of the runtime code."""
        return keccak_of(self.code_at(account))

    def call(
        self,
        to: Address | None,
        data: bytes,
        *,
        sender: Address | None = None,
        gas: int | None = None,
        block: int | None = None,
    ) -> CallResult:
        """Run raw calldata against `to`, or creation code without it, on top of `block` or the latest.

        A revert is a result, not an error.
        """
        fields = _transaction_fields(to, data, sender)
        if gas is not None:
            fields["gas"] = hex(gas)
        try:
            answer = self._ask("eth_call", fields, "latest" if block is None else hex(block))
        except ExecutionRefused as refused:
            return CallResult(False, refused.data, refused.message)
        return CallResult(True, read_bytes(answer))

    def estimate_gas(self, to: Address | None, data: bytes, sender: Address) -> int:
        """Gas the node expects. Raises ExecutionRefused when the EVM would refuse the transaction."""
        return read_quantity(self._ask("eth_estimateGas", _transaction_fields(to, data, sender)))

    def gas_price(self) -> int:
        """The node's price for a transaction of the old kind, in wei."""
        return read_quantity(self._ask("eth_gasPrice"))

    def priority_fee(self) -> int:
        """The node's tip, in wei; one gwei where the node has no opinion."""
        try:
            return read_quantity(self._ask("eth_maxPriorityFeePerGas"))
        except RpcError:
            return _DEFAULT_TIP

    def fee_history(self, blocks: int) -> FeeHistory | None:
        """What the last `blocks` paid; None where the node keeps no such history."""
        try:
            found = read_object(self._ask("eth_feeHistory", hex(blocks), "latest", [50]))
            bases, rewards = found["baseFeePerGas"], found.get("reward") or []
            return FeeHistory(read_quantity(bases[-1]), tuple(read_quantity(row[0]) for row in rewards))
        except (RpcError, LookupError, TypeError):
            return None

    def send_raw(self, raw: bytes) -> Digest:
        """Broadcast a signed transaction; returns the hash the node gives. Raises InsufficientFunds."""
        try:
            return read_digest(self._ask("eth_sendRawTransaction", "0x" + raw.hex()))
        except ExecutionRefused as refused:
            message = f"network {self.network.name!r} refused the transaction: {refused.message}"
            raise RpcError(message, rpc_code=3) from None

    def knows(self, tx_hash: Digest) -> bool:
        """True when the node has the transaction, mined or not."""
        return self._ask("eth_getTransactionByHash", tx_hash) is not None

    def sent(self, tx_hash: Digest) -> Sent | None:
        """A transaction; None when the node does not have it."""
        found = self._ask("eth_getTransactionByHash", tx_hash)
        return None if found is None else sent_of(found)

    def sent_in(self, number: int) -> tuple[Sent, ...]:
        """All transactions of the block of this number."""
        return sent_in(self._ask("eth_getBlockByNumber", hex(number), True))

    def mine(self) -> None:
        """Have a devnet make an empty block. Raises RpcError on any other chain."""
        self._ask("evm_mine")

    def receipt(self, tx_hash: Digest) -> Receipt | None:
        """The receipt, or None while there is none."""
        raw = self.raw_receipt(tx_hash)
        return None if raw is None else receipt_of(tx_hash, raw)

    def raw_receipt(self, tx_hash: Digest) -> dict[str, Any] | None:
        """The receipt as the node gives it, for records that other tools read."""
        found = self._ask("eth_getTransactionReceipt", tx_hash)
        return None if found is None else dict(read_object(found))

    def receipts(self, tx_hash: Digest) -> dict[int, Receipt | None]:
        """What each endpoint has for it, by its place among the network's, as far as they answer. Raises WrongChain."""
        found = self._pool.ask_each("eth_getTransactionReceipt", [tx_hash])
        return {at: None if raw is None else receipt_of(tx_hash, read_object(raw)) for at, raw in found.items()}

    def hashes_at(self, number: int) -> dict[int, Digest | None]:
        """The hash of this block at each endpoint that answers; None where it has no such block. Raises WrongChain."""
        found = self._pool.ask_each("eth_getBlockByNumber", [hex(number), False])
        return {at: None if raw is None else read_digest(read_object(raw).get("hash")) for at, raw in found.items()}

    def logs(
        self, source: Address, topics: Sequence[Digest | None], from_block: int, to_block: int | None = None
    ) -> tuple[Log, ...]:
        """Events of `source` with these topics (None matches any) in the given blocks, in order."""
        upto = "latest" if to_block is None else hex(to_block)
        return self._logs(source, topics, {"fromBlock": hex(from_block), "toBlock": upto})

    def logs_of_block(self, source: Address, topics: Sequence[Digest | None], block_hash: Digest) -> tuple[Log, ...]:
        """The same in one block, by its hash: of no other block, whatever the chain does meanwhile (EIP-234)."""
        return self._logs(source, topics, {"blockHash": block_hash})

    def _logs(self, source: Address, topics: Sequence[Digest | None], blocks: Mapping[str, str]) -> tuple[Log, ...]:
        found = self._ask("eth_getLogs", {"address": source, "topics": list(topics), **blocks})
        if not isinstance(found, list):
            raise RpcError("eth_getLogs did not answer with a list")
        return tuple(log_of(item) for item in found)

    def _ask(self, method: str, *params: Any) -> Any:
        return self._pool.ask(method, params)


def connect(network: Network, *, timeout: float = REQUEST_SECONDS, journals: Path | None = None) -> Chain:
    """Connect and check the chain id. `journals` is the folder of the accounts' journals, shared by all processes.

    Raises ConnectionFailed, RpcError, WrongChain, ConfigError.
    """
    networks = [network, *(replace(network, rpc_url=url) for url in network.fallback_urls)]
    pool = Pool([open_endpoint(one, timeout) for one in networks], network.chain_id)
    chain = Chain(network, pool, journals)
    chain.check_chain_id()
    return chain


def chain_id_of(network: Network) -> int:
    """The chain id that the network's endpoint serves now. Raises ConnectionFailed, RpcError, ConfigError."""
    return read_quantity(request(open_endpoint(network, _PROBE_SECONDS), "eth_chainId"))


def _transaction_fields(to: Address | None, data: bytes, sender: Address | None) -> dict[str, str]:
    fields = {"data": "0x" + data.hex()}
    if to is not None:
        fields["to"] = to
    if sender is not None:
        fields["from"] = sender
    return fields
