"""Several endpoints of one chain as one: the first that answers serves until it fails."""

from collections.abc import Sequence
from typing import Any

from ..errors import ConnectionFailed, WrongChain
from .rpc import Endpoint, request

#: Never asked of a second endpoint: a lost answer is no lost transaction, and what became of it is looked up.
_ONCE = frozenset({"eth_sendRawTransaction"})
_CHAIN_ID = "eth_chainId"


class Pool:
    """Asks one endpoint at a time. An endpoint that takes over must serve the same chain."""

    __slots__ = ("_chain_id", "_current", "_endpoints", "_trusted")

    def __init__(self, endpoints: Sequence[Endpoint], chain_id: int) -> None:
        self._endpoints, self._chain_id = tuple(endpoints), chain_id
        self._current = 0
        self._trusted: set[int] = set()

    def __repr__(self) -> str:
        return repr(self._endpoints[self._current])

    def ask(self, method: str, params: Sequence[Any]) -> Any:
        """The result of one request. Raises what `request` raises, and WrongChain for an endpoint of another chain."""
        if method in _ONCE:
            return request(self._endpoints[self._current], method, params)
        trouble: ConnectionFailed | None = None
        for step in range(len(self._endpoints)):
            index = (self._current + step) % len(self._endpoints)
            try:
                # A single one is nobody's replacement: whoever connects has asked it.
                if method != _CHAIN_ID and len(self._endpoints) > 1:
                    self._check(index)
                answer = request(self._endpoints[index], method, params)
            except ConnectionFailed as error:
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
