"""kill -9 in the middle of `deploy` and of `submit`, then the same again: how often did it happen on chain?"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zkchain.chain.signer import dev_signer
from zkchain.circuit.options import CompileOptions
from zkchain.pipeline.compile import compile_model
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.prove import prove_input
from zkchain.testing.fault_plan import Rule
from zkchain.testing.fault_proxy import FaultProxy, fault_proxy
from zkchain.testing.faults import Exchange

from .node import Node, mining, running_node
from .processes import PATIENCE, finish, start
from .score import Row, judged
from .worker import NETWORK, settings

SEND = "eth_sendRawTransaction"
_EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "credit_scoring"
_CONFIRMATIONS = 2
_ACCOUNT = dev_signer(0).address


@dataclass(frozen=True, slots=True)
class Point:
    """Where a process dies: at the request number `skip` of a method, before the node hears of it or after."""

    task: str
    method: str
    skip: int
    after: bool

    def __str__(self) -> str:
        return f"{self.task}: {'after' if self.after else 'before'} {self.method} {self.skip + 1}"


#: Before anything is planned, between plan and signature, around each kind of send, while waiting, while confirming.
POINTS = (
    Point("submit", "eth_estimateGas", 0, after=False),
    Point("submit", "eth_getTransactionCount", 0, after=True),
    Point("submit", SEND, 0, after=False),
    Point("submit", SEND, 0, after=True),
    Point("submit", "eth_getTransactionReceipt", 0, after=False),
    Point("submit", "eth_getTransactionReceipt", 1, after=True),
    Point("deploy", SEND, 0, after=False),
    Point("deploy", SEND, 0, after=True),
    Point("deploy", SEND, 2, after=False),
    Point("deploy", SEND, 3, after=True),
    Point("deploy", "eth_getTransactionReceipt", 4, after=True),
    Point("deploy", SEND, 5, after=True),
)


@dataclass(slots=True)
class Kill:
    """kill -9 of whoever is the victim; nobody is spared for a second request that was on its way."""

    after: bool
    victim: list[int] = field(default_factory=list)

    async def strike(self, exchange: Exchange) -> None:
        """Kill, and answer nobody."""
        if self.after:
            await exchange.forward()
        for pid in self.victim:
            os.kill(pid, signal.SIGKILL)
        exchange.hang_up()


@dataclass(slots=True)
class Bench:
    """A node, a bundle and its first deployment, on which every case is tried."""

    node: Node
    proxy: FaultProxy
    root: Path
    cases: int = 0
    tally: Counter[str] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)

    def task(self, name: str, home: Path) -> dict[str, Any]:
        """A worker's task under a home of its own."""
        more = {"bundle": str(self.root / "bundle"), "proof": str(home / "one.proof.json")}
        return {"task": name, "url": self.proxy.url, "home": str(home), "confirmations": _CONFIRMATIONS, **more}


@contextmanager
def _bench() -> Iterator[Bench]:
    with (
        tempfile.TemporaryDirectory(prefix="kills-") as folder,
        running_node("--no-mining") as node,
        fault_proxy(node.network.rpc_url) as proxy,
        mining(node, 0.1),
    ):
        bench = Bench(node, proxy, Path(folder))
        config = settings(bench.task("deploy", bench.root / "first"))
        compile_model(
            _EXAMPLE / "model.onnx",
            _EXAMPLE / "samples.json",
            config=config,
            prover=make_engine(config),
            out=bench.root / "bundle",
            options=CompileOptions(tune_seconds=0.0),
        )
        yield bench


def killed(repeats: int = 5, points: tuple[Point, ...] = POINTS) -> Row:
    """Each point so many times."""
    began, wanted = time.monotonic(), repeats * len(points)
    with _bench() as bench:
        first = bench.root / "first"
        before = bench.node.height()
        code, said = finish(start(bench.task("deploy", first)), PATIENCE)
        if code != 0:
            raise RuntimeError(f"an undisturbed deployment failed: {said}")
        whole = len(bench.node.landed(_ACCOUNT, before))
        for point in points:
            for _ in range(repeats):
                _case(bench, point, first, whole if point.task == "deploy" else 1)
        found = {key: bench.tally[key] for key in ("killed", "recovered", "one effect")}
        troubles = bench.troubles
    return judged(
        f"{wanted} kill -9 at {len(points)} points of submit and deploy",
        "each recovered by rerunning, exactly one effect",
        {**found, "points": len(points)},
        {"killed": wanted, "recovered": wanted, "one effect": wanted},
        began,
        next(iter(troubles), ""),
    )


def _case(bench: Bench, point: Point, first: Path, effects: int) -> None:
    bench.cases += 1
    home = first if point.task == "submit" else bench.root / f"home{bench.cases}"
    task = bench.task(point.task, home)
    if point.task == "submit":
        _prove(bench, task)
    before = bench.node.height()
    kill = Kill(point.after)
    bench.proxy.obey(Rule(fault=kill, methods={point.method}, skip=point.skip, limit=1))
    process = start(task)
    kill.victim.append(process.pid)
    code, said = _end(process)
    bench.proxy.obey()
    if code == -signal.SIGKILL:
        bench.tally["killed"] += 1
    else:
        bench.troubles.append(f"{point}: ended with {code} before it was killed: {said}")
    code, said = finish(start(task), PATIENCE)
    bench.tally["recovered"] += code == 0
    if code != 0:
        bench.troubles.append(f"{point}: the second run says {said}")
    found = len(bench.node.landed(_ACCOUNT, before))
    print(f"  {bench.cases}: killed {point}", file=sys.stderr, flush=True)
    bench.tally["one effect"] += found == effects
    if found != effects:
        bench.troubles.append(f"{point}: {found} transactions, not {effects}")


def _end(process: subprocess.Popen[str]) -> tuple[int, dict[str, Any]]:
    return finish(process, PATIENCE)


def _prove(bench: Bench, task: dict[str, Any]) -> None:
    config = settings(task)
    prove_input(
        Path(task["bundle"]),
        _EXAMPLE / "input.json",
        config=config,
        prover=make_engine(config),
        out=Path(task["proof"]),
        network=NETWORK,
        account=_ACCOUNT,
    )
