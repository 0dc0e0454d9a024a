"""A node of one's own, and processes that send through it."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from tests.support.chains import need, raw
from zkchain.chain.client import Chain, connect
from zkchain.chain.devnet import start_devnet, stop_devnet
from zkchain.chain.signer import dev_signer
from zkchain.chain.tx import launch
from zkchain.chain.tx.entry import Entry, Intent
from zkchain.chain.tx.manager import Manager, open_manager
from zkchain.records import Network
from zkchain.values import Address

OWNER = dev_signer(0)
FRIEND = dev_signer(1).address
#: Seconds after which a test's transaction pays more.
PATIENCE = 0.6
#: Processes that begin with everything imported.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__])
#: Seconds for a process on a machine that has much else to do.
_LONG = 300


@dataclass(frozen=True)
class Node:
    """An anvil, and a folder of journals."""

    url: str
    journals: Path

    def chain(self, **network: Any) -> Chain:
        fields = {"name": "far", "rpc_url": self.url, "chain_id": 31337, **network}
        return connect(Network(**fields), journals=self.journals)

    @contextmanager
    def manager(self, *, patience: float = PATIENCE, **network: Any) -> Iterator[Manager]:
        with open_manager(self.chain(**network), OWNER, patience=patience) as manager:
            yield manager

    def ask(self, method: str, *params: Any) -> Any:
        return raw(self.url, method, *params)

    @contextmanager
    def held_blocks(self) -> Iterator[None]:
        """No blocks but those that are asked for."""
        self.ask("evm_setAutomine", False)
        try:
            yield
        finally:
            self.ask("evm_setAutomine", True)
            self.ask("anvil_mine", "0x1")

    def mine(self, blocks: int = 1) -> None:
        self.ask("anvil_mine", hex(blocks))

    def nonce(self, tag: str = "latest", account: Address = OWNER.address) -> int:
        return int(self.ask("eth_getTransactionCount", account, tag), 16)

    def sent(self, first: int, account: Address = OWNER.address) -> list[int]:
        """The nonces of the account's transactions in all blocks from `first` on, in order."""
        last = int(self.ask("eth_blockNumber"), 16)
        blocks = (self.ask("eth_getBlockByNumber", hex(number), True) for number in range(first, last + 1))
        mine = (tx for block in blocks for tx in block["transactions"] if tx["from"] == account.lower())
        return [int(tx["nonce"], 16) for tx in mine]

    @property
    def height(self) -> int:
        return int(self.ask("eth_blockNumber"), 16)


@contextmanager
def anvil(folder: Path) -> Iterator[Node]:
    need("anvil")
    info = start_devnet(folder / "node", engine="anvil")
    try:
        yield Node(info.rpc_url, folder / "accounts")
    finally:
        stop_devnet(folder / "node")


def payment(number: int, *, key: str | None = None) -> Intent:
    """A transaction that does nothing, told from others by its data."""
    return Intent(to=FRIEND, data=number.to_bytes(4, "big"), gas=50_000, key=key, label=f"payment {number}")


def until(what: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def in_block(manager: Manager, one: int) -> Entry:
    """The transaction once it was seen in a block: an anvil makes one a moment after it took the transaction."""

    until(lambda: looked(manager, one).block is not None)
    return manager.entry(one)


def looked(manager: Manager, one: int) -> Entry:
    """The transaction after another look at the chain."""
    manager.look()
    return manager.entry(one)


def states(entries: Sequence[Entry]) -> set[str]:
    return {entry.state for entry in entries}


def barrier(parties: int) -> Barrier:
    """Where that many processes of `in_processes` wait for each other."""
    return _PROCESSES.Barrier(parties)


def in_processes(work: Callable[..., None], *arguments: tuple[Any, ...]) -> None:
    """Run `work` once for each tuple of arguments, at the same time; each must end well."""
    processes = [_PROCESSES.Process(target=work, args=one) for one in arguments]
    for process in processes:
        process.start()
    for process in processes:
        process.join(_LONG)
    assert [process.exitcode for process in processes] == [0] * len(processes)


def killed(work: Callable[..., None], *arguments: Any) -> None:
    """Run `work`, which must kill its own process."""
    process = _PROCESSES.Process(target=work, args=arguments)
    process.start()
    process.join(_LONG)
    process.kill()
    assert process.exitcode == -signal.SIGKILL


def send_some(node: Node, first: int, count: int) -> None:
    """Work of a process: one transaction after the other, and then wait for all."""
    with node.manager() as manager:
        numbers = [manager.submit([payment(first + number)])[0] for number in range(count)]
        assert states(manager.wait(numbers)) == {"final"}


def send_named(node: Node) -> None:
    """Work of a process: the one transaction that everybody means."""
    with node.manager() as manager:
        (entry,) = manager.wait(manager.submit([payment(1, key="one")]))
        assert entry.state == "final"


def die_at(node: Node, name: str) -> None:
    """Work of a process: the same, but it is killed when it comes to the step of this name."""
    setattr(launch, name, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
    send_named(node)
