"""A real node, asked directly for what is true while the manager under test sees it through a proxy."""

import os
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from zkchain.chain.anvil import anvil_command, find_anvil
from zkchain.errors import ChainError, DevnetFailed
from zkchain.records import Network
from zkchain.testing.devnet import ask
from zkchain.values import Address, address

CHAIN_ID = 31337
#: Nobody's; transactions to it do nothing.
FRIEND = address("0x" + "11" * 20)
_READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Landed:
    """A transaction that is in the chain."""

    nonce: int
    data: str
    hash: str
    block: int
    block_hash: str
    creation: bool


@dataclass(frozen=True, slots=True)
class Node:
    """A running anvil."""

    network: Network

    def ask(self, method: str, *params: Any) -> Any:
        """One JSON-RPC request, past any proxy."""
        return ask(self.network, method, *params)

    def height(self) -> int:
        """Number of the latest block."""
        return int(self.ask("eth_blockNumber"), 16)

    def landed(self, account: Address, since: int = 0) -> list[Landed]:
        """Every transaction of the account in the chain as it is now, after block `since`."""
        found = []
        for number in range(since + 1, self.height() + 1):
            block = self.ask("eth_getBlockByNumber", hex(number), True)
            found += [
                Landed(int(tx["nonce"], 16), tx["input"], tx["hash"], number, block["hash"], tx.get("to") is None)
                for tx in block["transactions"]
                if tx["from"].lower() == account.lower()
            ]
        return found


@contextmanager
def running_node(*flags: str) -> Iterator[Node]:
    """An anvil of its own, for as long as the block runs. Raises DevnetFailed when there is none."""
    binary = find_anvil()
    if binary is None:
        raise DevnetFailed("these measurements need anvil", remedy="run: make node_modules/.stamp")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    network = Network(name="node", rpc_url=f"http://127.0.0.1:{port}", chain_id=CHAIN_ID)
    command = [*anvil_command(binary, port, CHAIN_ID), *flags]
    with subprocess.Popen(command, env={"PATH": os.environ["PATH"]}, start_new_session=True) as process:
        try:
            _await(network)
            yield Node(network)
        finally:
            process.kill()


@contextmanager
def mining(node: Node, pause: float, before: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Blocks every `pause` seconds; `before` each, something else can be done to the chain."""
    stop, trouble = threading.Event(), list[BaseException]()

    def mine() -> None:
        try:
            while not stop.wait(pause):
                before()
                node.ask("evm_mine")
        except Exception as error:  # noqa: BLE001 - raised again below, in the thread that asked for blocks
            trouble.append(error)

    thread = threading.Thread(target=mine, name="miner", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if trouble:
        raise trouble[0]


def counted(landed: list[Landed], payloads: set[str], first_nonce: int = 0) -> dict[str, int]:
    """How many of the payloads are in the chain, how often, and whether every nonce was used once."""
    times = Counter(item.data for item in landed)
    nonces = Counter(item.nonce for item in landed)
    used = range(first_nonce, max(nonces, default=first_nonce - 1) + 1)
    return {
        "landed": sum(1 for payload in payloads if times[payload]),
        "landed twice": sum(1 for payload in payloads if times[payload] > 1),
        "nonces": len(nonces),
        "gaps": sum(1 for nonce in used if nonce not in nonces),
        "duplicate nonces": sum(1 for count in nonces.values() if count > 1),
    }


def _await(network: Network) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        try:
            ask(network, "eth_chainId")
            return
        except ChainError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
