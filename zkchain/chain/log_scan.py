"""Bring a cursor up to the chain, block by block, and back where the chain has changed its mind."""

from collections.abc import Callable, Sequence

from ..errors import CursorLost, RpcError
from ..values import Address, Digest
from .client import Chain
from .cursors import Cursor
from .log_reader import LogReader
from .logs import Log

#: Blocks below the head that are read one by one. Older ones are read in ranges, and no longer change.
_RECENT = 64


class LogScan:
    """One contract's events for one cursor. `wanted` says which of its logs count.

    Near the head each block is asked for by its hash, and must have the one before it as its parent: no answer of
    another fork, or of a node that is behind, can leave a gap.
    """

    __slots__ = ("_chain", "_cursor", "_reader", "_source", "_wanted")

    def __init__(
        self,
        chain: Chain,
        cursor: Cursor,
        source: Address,
        topics: Sequence[Digest | None],
        wanted: Callable[[Log], bool],
        start: int,
    ) -> None:
        self._chain, self._cursor, self._source, self._wanted = chain, cursor, source, wanted
        self._reader = LogReader(chain, source, topics)
        cursor.begin(source, start)

    def step(self) -> bool:
        """Read on as far as one range, or the recent blocks; False when there was nothing to read.

        Reads no block before it has the confirmations that the network asks for. Raises CursorLost when the chain
        replaced more blocks than the cursor remembers, and what `Chain` raises.
        """
        head = self._chain.block_number()
        if self._rewound(head):
            return True
        confirmations, position = self._chain.network.confirmations, self._cursor.position(self._source).number
        last = self._chain.finalized_number() if confirmations is None else head - confirmations + 1
        settled = last if confirmations is None else min(last, head - _RECENT)
        if position < settled:
            return self._read_range(position, settled)
        return position < last and self._read_blocks(position, last)

    def _rewound(self, head: int) -> bool:
        """Whether blocks that were read are no longer of the chain; the cursor stands before them then."""
        at = self._cursor.position(self._source)
        # A node that has fewer blocks than were read may only be behind: a block in another's place decides.
        number = top = min(at.number, head)
        while number >= at.start:
            known, header = self._cursor.hash_at(self._source, number), self._chain.header(number)
            if header is None or (known is None and number == top):
                return False
            if known is None:
                raise CursorLost(
                    f"the chain replaced the blocks after {number}, more than the cursor remembers", block=number
                )
            if header.hash == known:
                break
            number -= 1
        if number == top:
            return False
        self._cursor.rewind(self._source, number)
        return True

    def _read_range(self, position: int, settled: int) -> bool:
        """Read on after `position`, up to block `settled` at most."""
        known = self._cursor.hash_at(self._source, position)
        # What is asked in between is of one chain if its last block is the same before and after.
        before = self._chain.header(settled)
        same = known is None or self._hash(position) == known
        end, logs = self._reader.read(position + 1, settled)
        block_hash = self._hash(end)
        if block_hash is None or not same or before is None or before != self._chain.header(settled):
            raise RpcError(f"the chain changed while the events of blocks {position + 1} to {end} were read")
        self._cursor.advance(self._source, end, block_hash, [log for log in logs if self._wanted(log)])
        return True

    def _read_blocks(self, position: int, last: int) -> bool:
        """Read on block by block, as long as each follows from the one before it."""
        known = self._cursor.hash_at(self._source, position)
        for number in range(position + 1, last + 1):
            header = self._chain.header(number)
            if header is None:
                raise RpcError(f"the node told of block {last}, but does not have block {number}")
            if known is not None and header.parent != known:
                return True
            logs = self._reader.of_block(number, header.hash)
            self._cursor.advance(self._source, number, header.hash, [log for log in logs if self._wanted(log)])
            known = header.hash
        return True

    def _hash(self, number: int) -> Digest | None:
        header = self._chain.header(number)
        return None if header is None else header.hash
