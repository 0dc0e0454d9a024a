"""A chain as the rest of zkchain sees it: typed questions, typed answers, our errors."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import RpcError, WrongChain
from ..files import exclusive
from ..records import Network, Receipt
from ..values import Address, Digest, address, digest, keccak_of
from .pool import Pool
from .rpc import ExecutionRefused, open_endpoint, request

#: Seconds for one request. A node that verifies a proof in Python needs about one.
REQUEST_SECONDS = 30.0
_PROBE_SECONDS = 5.0
_DEFAULT_TIP = 10**9


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
class Log:
    """One event as the chain keeps it."""

    address: Address
    topics: tuple[Digest, ...]
    data: bytes
    block: int
    tx_hash: Digest
    log_index: int


class Chain:
    """A connection to one chain. Every method raises ConnectionFailed and RpcError besides what it names."""

    __slots__ = ("_locks", "_pool", "network")

    def __init__(self, network: Network, pool: Pool, locks: Path | None = None) -> None:
        self.network = network
        self._pool = pool
        self._locks = locks

    def __repr__(self) -> str:
        return f"Chain({self._pool!r})"

    def check_chain_id(self) -> None:
        """Raise WrongChain unless the endpoint still serves the configured chain."""
        found = _quantity(self._ask("eth_chainId"))
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
        block = _object(self._ask("eth_getBlockByNumber", "latest", False))
        base_fee = block.get("baseFeePerGas")
        return Head(
            number=_quantity(block.get("number")),
            gas_limit=_quantity(block.get("gasLimit")),
            base_fee=None if base_fee is None else _quantity(base_fee),
            timestamp=_quantity(block.get("timestamp")),
        )

    def block_number(self) -> int:
        """Number of the latest block."""
        return _quantity(self._ask("eth_blockNumber"))

    def finalized_number(self) -> int:
        """Number of the latest block that the chain calls final."""
        return _quantity(_object(self._ask("eth_getBlockByNumber", "finalized", False)).get("number"))

    def block_hash(self, number: int) -> Digest:
        """Hash of the block of this number."""
        return _digest(_object(self._ask("eth_getBlockByNumber", hex(number), False)).get("hash"))

    def balance(self, account: Address) -> int:
        """Wei at the latest block."""
        return _quantity(self._ask("eth_getBalance", account, "latest"))

    def nonce(self, account: Address) -> int:
        """The next nonce, counting transactions the node knows but has not mined."""
        return _quantity(self._ask("eth_getTransactionCount", account, "pending"))

    def turn(self, account: Address) -> AbstractContextManager[None]:
        """Hold while a transaction of `account` is numbered and mined, so that no other process takes its nonce.

        By chain id and account, since networks of several names may be one chain.
        """
        if self._locks is None:
            return nullcontext()
        return exclusive(self._locks / f"{self.network.chain_id}-{account}.lock")

    def code_at(self, account: Address) -> bytes:
        """Runtime code at the latest block; empty for an account without code."""
        return _bytes(self._ask("eth_getCode", account, "latest"))

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
        return CallResult(True, _bytes(answer))

    def estimate_gas(self, to: Address | None, data: bytes, sender: Address) -> int:
        """Gas the node expects. Raises ExecutionRefused when the EVM would refuse the transaction."""
        return _quantity(self._ask("eth_estimateGas", _transaction_fields(to, data, sender)))

    def gas_price(self) -> int:
        """The node's price for a transaction of the old kind, in wei."""
        return _quantity(self._ask("eth_gasPrice"))

    def priority_fee(self) -> int:
        """The node's tip, in wei; one gwei where the node has no opinion."""
        try:
            return _quantity(self._ask("eth_maxPriorityFeePerGas"))
        except RpcError:
            return _DEFAULT_TIP

    def send_raw(self, raw: bytes) -> Digest:
        """Broadcast a signed transaction; returns the hash the node gives. Raises InsufficientFunds."""
        try:
            return _digest(self._ask("eth_sendRawTransaction", "0x" + raw.hex()))
        except ExecutionRefused as refused:
            raise RpcError(f"network {self.network.name!r} refused the transaction: {refused.message}") from None

    def knows(self, tx_hash: Digest) -> bool:
        """True when the node has the transaction, mined or not."""
        return self._ask("eth_getTransactionByHash", tx_hash) is not None

    def receipt(self, tx_hash: Digest) -> Receipt | None:
        """The receipt, or None while there is none."""
        raw = self.raw_receipt(tx_hash)
        return None if raw is None else _receipt(tx_hash, raw)

    def raw_receipt(self, tx_hash: Digest) -> dict[str, Any] | None:
        """The receipt as the node gives it, for records that other tools read."""
        found = self._ask("eth_getTransactionReceipt", tx_hash)
        return None if found is None else dict(_object(found))

    def logs(
        self, source: Address, topics: Sequence[Digest | None], from_block: int, to_block: int | None = None
    ) -> tuple[Log, ...]:
        """Events of `source` with these topics (None matches any) in the given blocks, in order."""
        query = {
            "address": source,
            "topics": list(topics),
            "fromBlock": hex(from_block),
            "toBlock": "latest" if to_block is None else hex(to_block),
        }
        found = self._ask("eth_getLogs", query)
        if not isinstance(found, list):
            raise RpcError("eth_getLogs did not answer with a list")
        return tuple(log_of(item) for item in found)

    def _ask(self, method: str, *params: Any) -> Any:
        return self._pool.ask(method, params)


def connect(network: Network, *, timeout: float = REQUEST_SECONDS, locks: Path | None = None) -> Chain:
    """Connect and check the chain id. `locks` is the folder in which processes agree on whose turn it is to send.

    Raises ConnectionFailed, RpcError, WrongChain, ConfigError.
    """
    networks = [network, *(replace(network, rpc_url=url) for url in network.fallback_urls)]
    pool = Pool([open_endpoint(one, timeout) for one in networks], network.chain_id)
    chain = Chain(network, pool, locks)
    chain.check_chain_id()
    return chain


def chain_id_of(network: Network) -> int:
    """The chain id that the network's endpoint serves now. Raises ConnectionFailed, RpcError, ConfigError."""
    return _quantity(request(open_endpoint(network, _PROBE_SECONDS), "eth_chainId"))


def log_of(raw: Any) -> Log:
    """One entry of a receipt's or filter's logs. Raises RpcError on anything else."""
    fields = _object(raw)
    topics = fields.get("topics")
    if not isinstance(topics, list) or fields.get("removed"):
        raise RpcError("a log without topics, or one that a reorganisation removed")
    return Log(
        address=_address(fields.get("address")),
        topics=tuple(_digest(topic) for topic in topics),
        data=_bytes(fields.get("data")),
        block=_quantity(fields.get("blockNumber")),
        tx_hash=_digest(fields.get("transactionHash")),
        log_index=_quantity(fields.get("logIndex")),
    )


def _receipt(tx_hash: Digest, raw: Mapping[str, Any]) -> Receipt:
    if _digest(raw.get("transactionHash")) != tx_hash:
        raise RpcError(f"asked for the receipt of {tx_hash}, got that of {raw.get('transactionHash')}")
    created = raw.get("contractAddress")
    return Receipt(
        tx_hash=tx_hash,
        block=_quantity(raw.get("blockNumber")),
        block_hash=_digest(raw.get("blockHash")),
        gas_used=_quantity(raw.get("gasUsed")),
        status=_quantity(raw.get("status")),
        contract_address=None if created is None else _address(created),
        sender=_address(raw.get("from")),
    )


def _transaction_fields(to: Address | None, data: bytes, sender: Address | None) -> dict[str, str]:
    fields = {"data": "0x" + data.hex()}
    if to is not None:
        fields["to"] = to
    if sender is not None:
        fields["from"] = sender
    return fields


# Nodes are not trusted to answer in the form they should.


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise RpcError(f"expected an object, the node gave {type(value).__name__}")
    return value


def _quantity(value: Any) -> int:
    try:
        return int(str(value), 16)
    except ValueError:
        raise RpcError(f"expected a hex number, the node gave {str(value)[:80]!r}") from None


def _bytes(value: Any) -> bytes:
    try:
        return bytes.fromhex(value.removeprefix("0x"))
    except (ValueError, AttributeError):
        raise RpcError(f"expected hex data, the node gave {str(value)[:80]!r}") from None


def _digest(value: Any) -> Digest:
    try:
        return digest(str(value).lower())
    except ValueError:
        raise RpcError(f"expected 32 bytes, the node gave {str(value)[:80]!r}") from None


def _address(value: Any) -> Address:
    try:
        return address(str(value).lower())
    except ValueError:
        raise RpcError(f"expected an address, the node gave {str(value)[:80]!r}") from None
