"""A process of a dapp: sends, deploys or submits as its argument says, and goes on through errors that pass.

python -m benchmarks.faults.worker '{"task": "send", ...}'
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from zkchain.chain.client import Chain, connect
from zkchain.chain.signer import dev_signer
from zkchain.chain.tx.entry import Intent
from zkchain.chain.tx.manager import open_manager
from zkchain.config import Config
from zkchain.errors import ChainError, TransactionUnknown, ZkchainError
from zkchain.network_config import NetworkEntry
from zkchain.pipeline.deploy import deploy_bundle
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.submit import submit_proof
from zkchain.records import Network

from .node import CHAIN_ID, FRIEND

NETWORK = "measured"
#: Seconds for one request: what is slower is a fault like any other.
_REQUEST_SECONDS = 5.0
_PAUSE = 0.1
T = TypeVar("T")


def payload(sender: int, number: int) -> bytes:
    """Calldata that no other transaction has."""
    return b"fault" + sender.to_bytes(4, "big") + number.to_bytes(4, "big")


def network_at(url: str, **more: Any) -> Network:
    """The node behind `url` as a network."""
    return Network(name=NETWORK, rpc_url=url, chain_id=CHAIN_ID, **more)


def persist(work: Callable[[], T], seconds: float) -> T:
    """Do it until it works: what a caller does who gets a typed error that says that the chain was not reached."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return work()
        except (ChainError, TransactionUnknown):
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE)


def settings(task: Mapping[str, Any]) -> Config:
    """A home and records of the task's own, and the measured node as the one network."""
    home = Path(task["home"])
    entry = NetworkEntry(
        rpc_urls=(task["url"],), chain_id=CHAIN_ID, signer="dev:0", confirmations=task["confirmations"]
    )
    return Config(
        home=home,
        deployments=home / "deployments",
        memory_limit_bytes=8 * 2**30,
        time_limit_seconds=600.0,
        networks={NETWORK: entry},
    )


def send_many(task: Mapping[str, Any]) -> dict[str, int]:
    """Send so many transactions, each under a key of its own, and wait for all."""
    sender, count, patience = task["sender"], task["count"], task["seconds"]
    network = network_at(task["url"], confirmations=task["confirmations"])

    def opened() -> Chain:
        return connect(network, timeout=_REQUEST_SECONDS, journals=Path(task["home"]))

    chain = persist(opened, patience)
    with open_manager(chain, dev_signer(0)) as manager:
        ids: list[int] = []
        for number in range(count):
            intent = Intent(to=FRIEND, data=payload(sender, number), key=f"{sender}/{number}")
            ids += persist(lambda intent=intent: manager.submit([intent]), patience)  # type: ignore[misc]
            time.sleep(task.get("pause", 0.0))
        entries = persist(lambda: manager.wait(ids, timeout=patience), patience)
    return {"final": sum(entry.state == "final" for entry in entries)}


def deploy(task: Mapping[str, Any]) -> dict[str, int]:
    """Deploy a bundle, or go on with it."""
    config = settings(task)
    done = deploy_bundle(
        Path(task["bundle"]), network=NETWORK, config=config, prover=make_engine(config), verifier="shared"
    )
    return {"contracts": len(done.contracts)}


def submit(task: Mapping[str, Any]) -> dict[str, int]:
    """Submit a proof, or go on with it."""
    done = submit_proof(Path(task["proof"]), NETWORK, config=settings(task))
    return {"block": done.receipt.block}


TASKS = {"send": send_many, "deploy": deploy, "submit": submit}


def main(arguments: list[str]) -> int:
    """Do the task; what came of it is the last line of stdout."""
    task = json.loads(arguments[0])
    try:
        print(json.dumps(TASKS[task["task"]](task)))
    except ZkchainError as error:
        print(json.dumps(error.to_json()))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
