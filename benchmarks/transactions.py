"""How many transactions a second one key sends through the journal, and what the journal costs each of them.

    python -m benchmarks.transactions [--count 500]

Once with a call of `submit` for each transaction, once with twenty in each. Stub calldata, on an anvil that makes a
block for each transaction, all of it on this machine. Writes benchmarks/transactions.json.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from zkchain.chain.client import connect
from zkchain.chain.devnet import start_devnet, stop_devnet
from zkchain.chain.signer import dev_signer
from zkchain.chain.tx.entry import Entry, Intent
from zkchain.chain.tx.journal import Journal
from zkchain.chain.tx.manager import open_manager
from zkchain.files import write_json
from zkchain.records import Network

from .machine import Watch, this_machine

RESULT = Path(__file__).with_name("transactions.json")
_STUB = bytes(range(1, 101))


def main() -> None:
    """Run, print and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=500)
    arguments = parser.parse_args()
    runs = []
    for batch in (1, 20):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            info = start_devnet(home, engine="anvil")
            try:
                runs.append(measure(info.rpc_url, home / "accounts", arguments.count, batch))
            finally:
                stop_devnet(home)
        print(runs[-1])
    write_json(RESULT, {"machine": this_machine().to_json(), "runs": runs})


def measure(url: str, journals: Path, count: int, batch: int) -> dict[str, Any]:
    """Send `count` transactions from one key and wait until all are final."""
    chain = connect(Network(name="local", rpc_url=url, chain_id=31337), journals=journals)
    signer, friend = dev_signer(0), dev_signer(1).address
    numbers: list[int] = []
    with journal_seconds() as spent, open_manager(chain, signer) as manager:
        watch, began, cpu = Watch(), time.monotonic(), time.process_time()
        for first in range(0, count, batch):
            some = range(first, min(first + batch, count))
            numbers += manager.submit([Intent(to=friend, data=_STUB, gas=60_000) for _ in some])
        sent = time.monotonic() - began
        entries = manager.wait(numbers)
        done = time.monotonic() - began
        cpu, others = time.process_time() - cpu, watch.others()
    check(entries, count)
    return {
        "transactions": count,
        "batch": batch,
        "submitted_per_second": round(count / sent, 1),
        "final_per_second": round(count / done, 1),
        "cpu_ms_each": round(1000 * cpu / count, 2),
        "journal_ms_each": round(1000 * sum(spent) / count, 2),
        "journal_changes": len(spent),
        "journal_change_ms_median": round(1000 * statistics.median(spent), 3),
        "cores_kept_busy_by_others": others,
    }


def check(entries: list[Entry], count: int) -> None:
    """End the script unless every transaction is final and the nonces have neither gaps nor duplicates."""
    nonces = sorted(entry.nonce for entry in entries if entry.nonce is not None)
    if {entry.state for entry in entries} != {"final"} or nonces != list(range(count)):
        raise SystemExit("not every transaction landed exactly once")


@contextmanager
def journal_seconds() -> Iterator[list[float]]:
    """Collects the seconds of each change of a journal, its sync to the disk included."""
    spent: list[float] = []
    real = Journal.change

    @contextmanager
    def timed(self: Journal, *, durable: bool = False) -> Iterator[Any]:
        began = time.monotonic()
        with real(self, durable=durable) as db:
            yield db
        spent.append(time.monotonic() - began)

    Journal.change = timed  # type: ignore[method-assign]
    try:
        yield spent
    finally:
        Journal.change = real  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
