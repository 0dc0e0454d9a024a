"""Several endpoints of one chain as one: the first that answers serves until it fails. Reads are tried again."""

import random
import time
from collections.abc import Sequence
from typing import Any

from ..errors import ChainError, ConnectionFailed, RpcError, WrongChain
from .rpc import Endpoint, request

#: Never asked of a second endpoint: a lost answer is no lost transaction, and what became of it is looked up.
_ONCE = frozenset({"eth_sendRawTransaction"})
_CHAIN_ID = "eth_chainId"
#: Rounds through the endpoints, the seconds before the second one, which double, and the seconds for all of them.
_ROUNDS, _PAUSE, _SECONDS = 3, 0.1, 60.0
#: Seconds for which an endpoint that did not answer is not one of each.
_SILENT_SECONDS = 15.0
#: HTTP answers that may be others a moment later.
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


class Pool:
    """Asks one endpoint at a time. An endpoint that takes over must serve the same chain."""

    __slots__ = ("_chain_id", "_current", "_endpoints", "_silent", "_trusted")

    def __init__(self, endpoints: Sequence[Endpoint], chain_id: int) -> None:
        self._endpoints, self._chain_id = tuple(endpoints), chain_id
        self._current = 0
        self._trusted: set[int] = set()
        self._silent: dict[int, float] = {}  #: until when who did not answer is not asked by `ask_each`

    def __repr__(self) -> str:
        return repr(self._endpoints[self._current])

    def ask(self, method: str, params: Sequence[Any]) -> Any:
        """The result of one request. Raises what `request` raises, and WrongChain for an endpoint of another chain."""
        if method in _ONCE:
            return request(self._endpoints[self._current], method, params)
        end = time.monotonic() + _SECONDS
        for attempt in range(1, _ROUNDS + 1):
            try:
                return self._round(method, params)
            except (ConnectionFailed, RpcError) as error:
                # Not all at once: whoever was refused with us comes back with us.
                pause = _PAUSE * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)  # noqa: S311 - no secret
                pause = max(pause, error.facts.get("retry_after") or 0.0)  # the node knows best, within our deadline
                if attempt == _ROUNDS or not _passes(error) or time.monotonic() + pause > end:
                    raise
                time.sleep(pause)
        raise AssertionError("unreachable")

    def ask_each(self, method: str, params: Sequence[Any]) -> dict[int, Any]:
        """What each endpoint answers, by its place; who does not answer is left out, and not asked for a while.

        Raises WrongChain for one of another chain.
        """
        found = {}
        for index, endpoint in enumerate(self._endpoints):
            if self._silent.get(index, 0.0) > time.monotonic():
                continue
            try:
                self._check(index)
                found[index] = request(endpoint, method, params)
            except WrongChain:
                raise
            except ChainError:
                self._silent[index] = time.monotonic() + _SILENT_SECONDS
        return found

    def move_on(self) -> bool:
        """Ask the next endpoint from now on; False when there is only one."""
        self._current = (self._current + 1) % len(self._endpoints)
        return len(self._endpoints) > 1

    def __len__(self) -> int:
        return len(self._endpoints)

    def _round(self, method: str, params: Sequence[Any]) -> Any:
        """Ask each endpoint until one answers."""
        trouble: ChainError | None = None
        for step in range(len(self._endpoints)):
            index = (self._current + step) % len(self._endpoints)
            try:
                # A single one is nobody's replacement: whoever connects has asked it.
                if method != _CHAIN_ID and len(self._endpoints) > 1:
                    self._check(index)
                answer = request(self._endpoints[index], method, params)
            except (ConnectionFailed, RpcError) as error:
                if isinstance(error, RpcError) and not error.facts.get("unreadable"):
                    raise  # an answer, though not the one that was hoped for
                trouble = error
                continue
            self._current = index
            if method == _CHAIN_ID and answer == hex(self._chain_id):
                self._trusted.add(index)
            return answer
        assert trouble is not None
        if len(self._endpoints) > 1:
            trouble.facts["endpoints"] = len(self._endpoints)
        raise trouble

    def _check(self, index: int) -> None:
        if index in self._trusted:
            return
        endpoint = self._endpoints[index]
        found = request(endpoint, _CHAIN_ID)
        if found != hex(self._chain_id):
            raise WrongChain(
                f"{endpoint!r} was to take over, but it does not serve chain {self._chain_id}",
                expected=self._chain_id,
                found=str(found)[:20],
            )
        self._trusted.add(index)


def _passes(error: ChainError) -> bool:
    """Whether it is trouble of the kind that passes."""
    if isinstance(error, RpcError):
        return bool(error.facts.get("unreadable"))
    return error.facts.get("status", 503) in _PASSING
