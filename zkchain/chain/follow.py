"""Follow the accepted answers of gateways: all of them, each once, across restarts and reorganisations.

An event is told of once its block has the confirmations that the network asks for. If a reorganisation goes deeper
than that, what it took back is told of as removed, the latest first, before the events of the blocks in its place.
So at any time, what was told of and not removed is what the chain holds.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from ..errors import ConnectionFailed, RpcError
from ..progress import Report, silent
from ..records import EventNotice
from ..values import Address, Digest
from .client import Chain
from .cursors import Cursor, Notice, open_cursor
from .gateway import KnownModel, decode_event, inference_topics, is_inference
from .log_scan import LogScan
from .registry import ContractAt

#: Seconds between two looks at the chain; the second, at most, while its endpoint fails.
_PAUSE, _LONGEST_PAUSE = 1.0, 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What is followed: gateways, each with the first block to read, and the models whose answers can be decoded."""

    gateways: tuple[tuple[ContractAt, int], ...]
    models: Mapping[Digest, KnownModel]


def follow(
    chain: Chain,
    cursor: Cursor,
    watched: Callable[[], Watched],
    *,
    wait: bool = True,
    hold: Callable[[], AbstractContextManager[object]] = nullcontext,
    report: Report = silent,
) -> Iterator[EventNotice]:
    """What is new since `cursor`, in the chain's order for each gateway, and without `wait` nothing after that.

    A notice counts as dealt with when the next one is asked for: whoever is killed before, or leaves the loop, is told
    once more, with the same `sequence`. `hold` is entered from before a notice is given until it is acknowledged.
    `watched` is asked again before each look at the chain, so that gateways and models may be added.

    With `wait`, an endpoint that fails is asked again for as long as it takes. Raises CursorLost when more blocks
    were replaced than the cursor remembers, FileError, what `watched` raises, and otherwise ConnectionFailed, RpcError.
    """
    scans: dict[Address, LogScan] = {}
    pause = _PAUSE
    while True:
        now = watched()
        while notices := cursor.pending():
            for notice in notices:
                told = _told(notice, now.models)
                with hold():
                    yield told
                    cursor.acknowledge(notice.sequence)
        try:
            moved = [_scan(scans, chain, cursor, *one).step() for one in now.gateways]
            pause = _PAUSE
            if any(moved):
                continue
            if not wait:
                return
            report("waiting for events")
        except (ConnectionFailed, RpcError) as error:
            if not wait:
                raise
            report(f"waiting: {error.message}")
            pause = min(pause * 2, _LONGEST_PAUSE)
        time.sleep(pause)


def chain_cursor(chain: Chain, folder: Path, name: str) -> Cursor:
    """The cursor `name` for this chain, in `folder`. Raises as `open_cursor` does, and what `Chain.header` raises."""
    genesis = chain.header(0)
    if genesis is None:
        raise RpcError(f"the node of network {chain.network.name!r} has no block 0")
    return open_cursor(folder, name, chain.network.chain_id, genesis.hash)


def _scan(scans: dict[Address, LogScan], chain: Chain, cursor: Cursor, gateway: ContractAt, start: int) -> LogScan:
    if gateway.address not in scans:
        scans[gateway.address] = LogScan(
            chain,
            cursor,
            gateway.address,
            inference_topics(gateway),
            lambda log: is_inference(gateway, log),
            start,
        )
    return scans[gateway.address]


def _told(notice: Notice, models: Mapping[Digest, KnownModel]) -> EventNotice:
    log = notice.log
    return EventNotice(
        sequence=notice.sequence,
        removed=notice.removed,
        gateway=log.address,
        block_hash=log.block_hash,
        event=decode_event(log, models.get(log.topics[1])),
    )
