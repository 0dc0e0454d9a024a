"""Many transactions of one key: from many processes, with answers lost, and with the node gone for a while."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from zkchain.chain.signer import dev_signer
from zkchain.testing.fault_plan import Rule
from zkchain.testing.fault_proxy import FaultProxy, fault_proxy
from zkchain.testing.faults import Body, Delay, DropAfter, DropBefore, Duplicate, HttpStatus, OneOf, RpcRefusal

from .node import Node, counted, mining, running_node
from .processes import PATIENCE, finish, start
from .score import Row, judged
from .worker import payload

SEND = "eth_sendRawTransaction"
ACCOUNT = dev_signer(0).address
_CONFIRMATIONS = 3
_BLOCK_SECONDS = 0.25
#: What a provider's endpoint does on a bad day. None of it is a lie.
_BAD_DAY = (
    DropBefore(),
    DropAfter(),
    HttpStatus(429),
    HttpStatus(502),
    HttpStatus(503, after=True),
    Body("html"),
    Body("empty", after=True),
    Body("truncated"),
    Body("no result"),
    Delay(0.2),
    Duplicate(),
)


@contextmanager
def _stage(*rules: Rule, seed: int = 0) -> Iterator[tuple[Node, FaultProxy, str]]:
    with (
        tempfile.TemporaryDirectory(prefix="faults-") as home,
        running_node("--no-mining") as node,
        fault_proxy(node.network.rpc_url, *rules, seed=seed) as proxy,
        mining(node, _BLOCK_SECONDS),
    ):
        yield node, proxy, home


def _task(proxy: FaultProxy, home: str, *, sender: int, count: int, seconds: float, **more: Any) -> dict[str, Any]:
    fixed = {"task": "send", "url": proxy.url, "home": home, "confirmations": _CONFIRMATIONS}
    return {**fixed, "sender": sender, "count": count, "seconds": seconds, **more}


def _payloads(senders: int, count: int) -> set[str]:
    return {"0x" + payload(sender, number).hex() for sender in range(senders) for number in range(count)}


def shared_key(processes: int = 8, each: int = 100, rate: float = 0.1, *, seconds: float = PATIENCE) -> Row:
    """One key, many processes, and a share of all answers faulty."""
    began, wanted = time.monotonic(), processes * each
    rules = (
        Rule(fault=OneOf((*_BAD_DAY, RpcRefusal("geth", "known", after=True))), methods={SEND}, rate=rate),
        Rule(fault=OneOf(_BAD_DAY), rate=rate),
    )
    with _stage(*rules, seed=11) as (node, proxy, home):
        running = [start(_task(proxy, home, sender=sender, count=each, seconds=seconds)) for sender in range(processes)]
        ended = [finish(process, seconds) for process in running]
        found = counted(node.landed(ACCOUNT), _payloads(processes, each))
        faults = len(proxy.struck)
    final = sum(int(said.get("final", 0)) for _, said in ended)
    trouble = "; ".join(sorted({f"exit {code}: {said}"[:150] for code, said in ended if code != 0}))
    return judged(
        f"one key, {processes} processes x {each} transactions, {rate:.0%} of all RPC answers faulty",
        f"{wanted} nonces, no gap, no duplicate, all final",
        {**found, "final": final, "faults": faults},
        {"landed": wanted, "landed twice": 0, "nonces": wanted, "gaps": 0, "duplicate nonces": 0, "final": wanted},
        began,
        trouble,
    )


def lost_answers(count: int = 200, *, seconds: float = PATIENCE) -> Row:
    """Every send reaches the node, and no answer to a send ever comes back."""
    began = time.monotonic()
    with _stage(Rule(fault=DropAfter(), methods={SEND})) as (node, proxy, home):
        code, said = finish(start(_task(proxy, home, sender=0, count=count, seconds=seconds)), seconds)
        found = counted(node.landed(ACCOUNT), _payloads(1, count))
        dropped = len(proxy.struck)
    return judged(
        f"{count} sends whose answer is dropped after forwarding",
        f"{count} landed once",
        {**found, "final": int(said.get("final", 0)), "answers dropped": dropped},
        {"landed": count, "landed twice": 0, "nonces": count, "gaps": 0, "final": count},
        began,
        "" if code == 0 else str(said),
    )


def node_down(away: float = 60.0, count: int = 60, *, seconds: float = PATIENCE) -> Row:
    """The endpoint goes away in the middle, connections and all, and comes back."""
    began = time.monotonic()
    with _stage() as (node, proxy, home):
        process = start(_task(proxy, home, sender=0, count=count, seconds=seconds, pause=0.1))
        while proxy.seen[SEND] < count // 4 and process.poll() is None:
            time.sleep(0.05)
        proxy.down()
        before = proxy.seen[SEND]
        time.sleep(away)
        proxy.up()
        code, said = finish(process, seconds)
        found = counted(node.landed(ACCOUNT), _payloads(1, count))
    return judged(
        f"RPC down for {away:.0f} s",
        "nothing lost, nothing doubled",
        {**found, "final": int(said.get("final", 0)), "sent before": before},
        {"landed": count, "landed twice": 0, "nonces": count, "gaps": 0, "final": count},
        began,
        "" if code == 0 else str(said),
    )
