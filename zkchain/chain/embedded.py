"""A whole chain inside one Python process: py-evm under eth-tester, one block a transaction.

Speaks Python values (bytes, ints, snake-case mappings); `devnet_rpc` turns them into JSON-RPC.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from eth.exceptions import HeaderNotFound, Revert
from eth.vm.forks.prague import PragueVM
from eth.vm.forks.prague.computation import PRAGUE_PRECOMPILES, PragueComputation
from eth.vm.forks.prague.state import PragueState
from eth.vm.spoof import SpoofTransaction
from eth_tester import PyEVMBackend
from eth_utils.address import to_canonical_address
from eth_utils.exceptions import ValidationError

from .create2 import FACTORY, FACTORY_CODE
from .dev_accounts import DEV_ADDRESSES, HD_PATH, MNEMONIC
from .devnet_types import CallRequest, ExecutionFailed, Included, Refused
from .gas import least_gas
from .precompiles import fast_precompiles

CHAIN_ID = 31337
BLOCK_GAS_LIMIT = 60_000_000
_GENESIS_BALANCE = 10_000 * 10**18
_PRIORITY_FEE = 10**9


class _Computation(PragueComputation):
    _precompiles = fast_precompiles(PRAGUE_PRECOMPILES)


class _State(PragueState):
    computation_class = _Computation


class _VM(PragueVM):
    _state_class = _State


class EmbeddedChain:
    """One chain, one thread at a time: the caller holds a lock."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._offset = 0
        self._backend = PyEVMBackend(
            mnemonic=MNEMONIC,
            hd_path=HD_PATH,
            genesis_state=_genesis_state(),
            genesis_parameters=PyEVMBackend.generate_genesis_params(
                {"gas_limit": BLOCK_GAS_LIMIT, "timestamp": int(clock())}
            ),
            vm_configuration=((0, _VM),),
        )
        type(self._backend.chain).chain_id = CHAIN_ID
        # It makes a key for every account of the genesis state, also for one that has none.
        self._backend.account_keys = self._backend.account_keys[: len(DEV_ADDRESSES)]
        self._included: dict[bytes, Included] = {}
        self._snapshots: list[tuple[bytes, int]] = []

    # What is on the chain

    @property
    def height(self) -> int:
        """Number of the latest block."""
        return int(self._backend.chain.header.block_number) - 1

    @property
    def next_base_fee(self) -> int:
        """Base fee of the block that comes next, in wei."""
        return int(self._backend.chain.header.base_fee_per_gas)

    @property
    def priority_fee(self) -> int:
        """The tip this chain suggests, in wei."""
        return _PRIORITY_FEE

    def block(self, number: int, *, full: bool) -> Mapping[str, Any] | None:
        """The block of this number as eth-tester names its fields; None beyond the head."""
        if not 0 <= number <= self.height:
            return None
        block: Mapping[str, Any] = self._backend.get_block_by_number(number, full)
        return block

    def block_number_of(self, block_hash: bytes) -> int | None:
        """The number of the canonical block with this hash."""
        try:
            number = int(self._backend.chain.get_block_header_by_hash(block_hash).block_number)
        except HeaderNotFound:
            return None
        return number if number <= self.height and self._header(number).hash == block_hash else None

    def included(self, tx_hash: bytes) -> Included | None:
        """The mined transaction of this hash."""
        return self._included.get(tx_hash)

    def included_between(self, first: int, last: int) -> list[Included]:
        """All transactions of blocks first..last, in order."""
        return [item for item in self._included.values() if first <= item.block <= last]

    def nonce(self, account: bytes, number: int) -> int:
        """Transactions that `account` had sent after block `number`."""
        return int(self._state(number).get_nonce(account))

    def balance(self, account: bytes, number: int) -> int:
        """Wei of `account` after block `number`."""
        return int(self._state(number).get_balance(account))

    def code(self, account: bytes, number: int) -> bytes:
        """Runtime code at `account` after block `number`."""
        return bytes(self._state(number).get_code(account))

    def storage(self, account: bytes, slot: int, number: int) -> int:
        """Storage word of `account` after block `number`."""
        return int(self._state(number).get_storage(account, slot))

    # Execution without a transaction

    def call(self, request: CallRequest, number: int) -> bytes:
        """Run `request` on top of block `number` and forget it. Raises ExecutionFailed and Refused."""
        computation = self._run(request, number, request.gas or BLOCK_GAS_LIMIT)
        if computation.is_error:
            raise _failure(computation)
        return bytes(computation.output)

    def estimate(self, request: CallRequest, number: int) -> int:
        """Gas with which `request` succeeds, at most a few per cent above the least. Raises ExecutionFailed, Refused.

        Starts at what a run with all gas used. A call may pass on only 63/64 of its gas, so that can be too little.
        """
        most = request.gas or BLOCK_GAS_LIMIT
        computation = self._run(request, number, most)
        if computation.is_error:
            raise _failure(computation)
        # py-evm charges the floor of EIP-7623 but does not ask for it in advance.
        base = max(most - int(computation.get_gas_remaining()), least_gas(request.data, creation=not request.to))
        slack = 0
        while base + slack < most:
            if not self._run(request, number, base + slack).is_error:
                return base + slack
            slack = slack * 2 or base // 64 + 1
        return most

    def _run(self, request: CallRequest, number: int, gas: int) -> Any:
        chain = self._backend.chain
        header = self._pending_header() if number == self.height else self._header(number)
        vm = chain.get_vm(at_header=header.copy(base_fee_per_gas=0))
        unsigned = vm.get_transaction_builder().new_unsigned_dynamic_fee_transaction(
            chain_id=CHAIN_ID,
            nonce=vm.state.get_nonce(request.sender),
            max_priority_fee_per_gas=0,
            max_fee_per_gas=0,
            gas=min(gas, BLOCK_GAS_LIMIT),
            to=request.to,
            value=request.value,
            data=request.data,
            access_list=(),
        )
        try:
            return vm.state.apply_transaction(SpoofTransaction(unsigned, from_=request.sender))
        except ValidationError as error:
            raise Refused(str(error)) from error

    # Transactions and blocks

    def send_raw(self, raw: bytes) -> bytes:
        """Include a signed transaction in a block of its own; returns its hash. Raises Refused."""
        try:
            transaction = self._backend.chain.get_vm().get_transaction_builder().decode(raw)
            sender = transaction.sender
        except Exception as error:
            raise Refused(f"invalid transaction encoding: {type(error).__name__}") from error
        if getattr(transaction, "chain_id", CHAIN_ID) not in (CHAIN_ID, None):
            raise Refused(f"invalid chain id for signer: have {transaction.chain_id} want {CHAIN_ID}")
        return self._include(transaction, sender)

    def send(self, request: CallRequest) -> bytes:
        """Sign with a development account's key and include; returns the hash. Raises ExecutionFailed and Refused."""
        key = next((k for k in self._backend.account_keys if _address_of(k) == request.sender), None)
        if key is None:
            raise Refused("unknown account: only the development accounts can be signed for")
        gas = request.gas or min(self.estimate(request, self.height) * 5 // 4, BLOCK_GAS_LIMIT)
        tip = _PRIORITY_FEE if request.priority_fee is None else request.priority_fee
        unsigned = self._backend.chain.get_transaction_builder().new_unsigned_dynamic_fee_transaction(
            chain_id=CHAIN_ID,
            nonce=self.nonce(request.sender, self.height) if request.nonce is None else request.nonce,
            max_priority_fee_per_gas=tip,
            max_fee_per_gas=2 * self.next_base_fee + tip if request.max_fee is None else request.max_fee,
            gas=gas,
            to=request.to,
            value=request.value,
            data=request.data,
            access_list=(),
        )
        return self._include(unsigned.as_signed_transaction(key), request.sender)

    def _include(self, transaction: Any, sender: bytes) -> bytes:
        if transaction.hash in self._included:
            raise Refused("already known")
        expected = self.nonce(sender, self.height)
        if transaction.nonce != expected:
            word = "low" if transaction.nonce < expected else "high"
            raise Refused(f"nonce too {word}: next nonce {expected}, tx nonce {transaction.nonce}")
        if transaction.gas < least_gas(transaction.data, creation=not transaction.to):
            raise Refused("intrinsic gas too low")
        price = getattr(transaction, "max_fee_per_gas", None) or transaction.gas_price
        cost, have = transaction.gas * price + transaction.value, self.balance(sender, self.height)
        if cost > have:
            raise Refused(f"insufficient funds for gas * price + value: have {have} want {cost}")
        self._backend.chain.header = self._pending_header()
        try:
            _, receipt, _ = self._backend.chain.apply_transaction(transaction)
        except ValidationError as error:
            raise Refused(str(error)) from error
        self._backend.mine_blocks()
        tx_hash = bytes(transaction.hash)
        self._included[tx_hash] = Included(
            block=self.height,
            transaction=self._backend.get_transaction_by_hash(tx_hash),
            receipt=self._backend.get_transaction_receipt(tx_hash),
            bloom=receipt.bloom,
        )
        return tx_hash

    def mine(self, timestamp: int | None = None) -> None:
        """Add an empty block. Raises Refused for a time not after the latest block's."""
        parent = int(self._header(self.height).timestamp)
        if timestamp is not None:
            if timestamp <= parent:
                raise Refused(f"timestamp {timestamp} is not after the latest block's {parent}")
            self._offset = timestamp - int(self._clock())
        self._backend.chain.header = self._pending_header()
        self._backend.mine_blocks()

    def increase_time(self, seconds: int) -> int:
        """Let the chain's clock run ahead; returns the whole offset in seconds."""
        self._offset += seconds
        return self._offset

    def snapshot(self) -> int:
        """Remember the head; returns the snapshot's number, from 1."""
        self._snapshots.append((self._backend.take_snapshot(), self._offset))
        return len(self._snapshots)

    def revert(self, number: int) -> bool:
        """Go back to a snapshot and drop it and those after it. False when there is none of this number."""
        if not 1 <= number <= len(self._snapshots):
            return False
        head, self._offset = self._snapshots[number - 1]
        del self._snapshots[number - 1 :]
        self._backend.revert_to_snapshot(head)
        self._included = {key: item for key, item in self._included.items() if item.block <= self.height}
        return True

    def _pending_header(self) -> Any:
        parent = self._header(self.height)
        now = max(int(parent.timestamp) + 1, int(self._clock()) + self._offset)
        return self._backend.chain.header.copy(timestamp=now)

    def _header(self, number: int) -> Any:
        return self._backend.chain.get_canonical_block_header_by_number(number)

    def _state(self, number: int) -> Any:
        return self._backend.chain.get_vm(at_header=self._header(number)).state


def _genesis_state() -> dict[bytes, dict[str, Any]]:
    """The development accounts, and the deterministic deployment proxy, as on anvil and on most public chains."""
    state: dict[bytes, dict[str, Any]] = PyEVMBackend.generate_genesis_state(
        mnemonic=MNEMONIC, hd_path=HD_PATH, num_accounts=len(DEV_ADDRESSES), overrides={"balance": _GENESIS_BALANCE}
    )
    return {**state, to_canonical_address(FACTORY): {"balance": 0, "nonce": 1, "code": FACTORY_CODE, "storage": {}}}


def _address_of(key: Any) -> bytes:
    return bytes(key.public_key.to_canonical_address())


def _failure(computation: Any) -> ExecutionFailed:
    if isinstance(computation.error, Revert):
        return ExecutionFailed("execution reverted", bytes(computation.output))
    return ExecutionFailed(f"execution halted: {type(computation.error).__name__}: {computation.error}", None)
