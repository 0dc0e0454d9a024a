"""Read events range by range, no wider than the node allows."""

from collections.abc import Iterator, Sequence

from ..errors import ConnectionFailed, RpcError
from ..values import Address, Digest
from .client import Chain
from .logs import Log

#: Blocks in a range, at first and at most.
_WIDEST = 10_000
#: Words of a refusal that is about how often we ask, not about how much. Compared with lower-case messages.
_RATE_WORDS = ("rate limit", "rate-limit", "ratelimit", "too many requests", "request count", "throttl")
#: HTTP statuses by which some providers say that a range is too wide.
_TOO_WIDE = frozenset({400, 413})


class LogReader:
    """Events of one contract. How wide a range may be is found out by asking, and remembered."""

    __slots__ = ("_chain", "_source", "_span", "_topics")

    def __init__(self, chain: Chain, source: Address, topics: Sequence[Digest | None]) -> None:
        self._chain, self._source, self._topics = chain, source, tuple(topics)
        self._span = _WIDEST

    def read(self, first: int, last: int) -> tuple[int, tuple[Log, ...]]:
        """Events of the blocks from `first` on, in order, and the block up to which they were read, at most `last`.

        A range that the node refuses is halved, whatever the node's words: they differ from provider to provider and
        change. Raises what `Chain.logs` raises, RpcError when a single block is refused too.
        """
        while True:
            end = min(last, first + self._span - 1)
            try:
                logs = self._chain.logs(self._source, self._topics, first, end)
            except (RpcError, ConnectionFailed) as error:
                if _says_too_often(error) or end == first:
                    raise
                self._span = (end - first + 1) // 2
                if isinstance(error, ConnectionFailed) and error.facts.get("status") not in _TOO_WIDE:
                    raise  # too slow perhaps: the next attempt asks for less
                continue
            # Slowly, since what was just refused most likely still is.
            self._span = min(self._span + self._span // 4 + 1, _WIDEST)
            return end, self.checked(logs, first, end)

    def ranges(self, first: int, last: int) -> Iterator[Log]:
        """All events of the blocks from `first` to `last`, in order. Raises as `read` does."""
        while first <= last:
            end, logs = self.read(first, last)
            yield from logs
            first = end + 1

    def of_block(self, number: int, block_hash: Digest) -> tuple[Log, ...]:
        """Events of one block, in order. Raises as `Chain.logs` does."""
        logs = self._chain.logs_of_block(self._source, self._topics, block_hash)
        if any(log.block_hash != block_hash for log in logs):
            raise RpcError(f"asked for events of block {block_hash}, got those of another one")
        return self.checked(logs, number, number)

    def checked(self, logs: Sequence[Log], first: int, last: int) -> tuple[Log, ...]:
        """Those of the contract, each once and in order. Raises RpcError for one that was not asked for."""
        found = {(log.block, log.log_index): log for log in logs if log.address == self._source}
        if any(not first <= block <= last for block, _ in found):
            raise RpcError(f"asked for events of blocks {first} to {last}, got one of another block")
        return tuple(found[place] for place in sorted(found))


def _says_too_often(error: RpcError | ConnectionFailed) -> bool:
    return any(word in error.message.lower() for word in _RATE_WORDS)
