"""Ask a coordinator's board, after making sure that it is the coordinator's."""

import http.client
import json
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ...errors import BoardUnreachable, UsageError
from ...files import parse_json
from .identity import COORDINATOR, Identity
from .meeting import Called, Place

_SECONDS = 20.0
_PAUSE = 1.0
_NONE, _GONE = (404,), (403, 404, 409)
#: A handshake that broke off says nothing of who is there: a board with too many at its door hangs up on some.
_BROKEN_OFF = (ssl.SSLEOFError, ssl.SSLZeroReturnError)


class BoardCaller:
    """One member's way to the board. A board that is away is waited for, `patience` seconds at a time.

    One that hangs up is away; one that refuses a certificate, or whose own is refused, is not asked again.
    """

    def __init__(self, url: str, identity: Identity, *, most_bytes: int, patience: float) -> None:
        self._host, self._port = _parts(url)
        self._identity, self._context = identity, identity.calling()
        self._most, self.patience = most_bytes, patience

    def own_address(self) -> str:
        """The address of this machine on the way to the board. Raises BoardUnreachable."""
        try:
            with socket.create_connection((self._host, self._port), timeout=_SECONDS) as found:
                return str(found.getsockname()[0])
        except OSError as error:
            raise self._unreachable(error.strerror or "no answer") from None

    def federation(self) -> dict[str, Any]:
        """What was set up, as the board has it; to be checked. Raises BoardUnreachable."""
        return dict(self._json("GET", "/federation"))

    def weights(self, number: int) -> dict[str, Any]:
        """The model after a round, as the board has it; to be checked. Raises BoardUnreachable."""
        return dict(self._json("GET", f"/weights/{number}"))

    def show_bridge(self, number: int, part: Mapping[str, Any]) -> None:
        """Show batch `number` of the bridge to data that were registered before. Raises BoardUnreachable."""
        self._json("POST", f"/bridge/{number}", json.dumps(part).encode())

    def bridge(self, name: str, number: int) -> dict[str, Any] | None:
        """Batch `number` of what the owner `name` shows, as the board has it; to be checked. None where it has none.

        A board that is away is not waited for. Raises BoardUnreachable, ValueError and TypeError.
        """
        found = self._json("GET", f"/bridge/{name}/{number}", patience=0)
        return None if found is None else dict(found)

    def called(self, *, patience: float = _SECONDS) -> Called | None:
        """The sum to which this member is called now; None for none. Raises BoardUnreachable."""
        found = self._json("GET", "/sum", patience=patience)
        try:
            return None if found is None else Called.from_json(found)
        except (ValueError, KeyError, TypeError):
            raise self._unreachable("it calls to what is no sum") from None

    def arrive(self, called: Called, place: Place) -> None:
        """Say where this member's party listens. Raises BoardUnreachable."""
        self._tell(called, "place", place.to_json())

    def hand_in(self, called: Called, values: Sequence[int]) -> None:
        """Hand in the sum that was opened. Raises BoardUnreachable."""
        self._tell(called, "opened", {"values": list(values)})

    def fail(self, called: Called, why: str) -> None:
        """Say that this member cannot go on. Raises BoardUnreachable."""
        self._tell(called, "failed", {"why": why})

    def _tell(self, called: Called, what: str, message: object) -> None:
        """An attempt that is over already is no failure of ours: the next call says so."""
        self._json("POST", f"/sum/{called.attempt}/{what}", json.dumps(message).encode(), patience=_SECONDS)

    def _json(self, method: str, path: str, body: bytes | None = None, *, patience: float | None = None) -> Any:
        """The answer; None where the board has nothing of that kind (or not for this member)."""
        until = time.monotonic() + (self.patience if patience is None else patience)
        while True:
            try:
                status, raw = self._ask(method, path, body)
                break
            except (OSError, http.client.HTTPException) as error:
                refused = isinstance(error, ssl.SSLError) and not isinstance(error, _BROKEN_OFF)
                if refused or time.monotonic() > until:
                    raise self._unreachable(_reason(error)) from None
                time.sleep(_PAUSE)
        if status in (_GONE if path.startswith("/sum") else _NONE if method == "GET" and "/bridge/" in path else ()):
            return None
        if status != 200:
            raise self._unreachable(f"it answers {status} to {path}")
        try:
            return parse_json(raw) if raw else {}
        except (ValueError, RecursionError):
            raise self._unreachable(f"it answers {path} with what is no JSON") from None

    def _ask(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        connection = http.client.HTTPSConnection(self._host, self._port, timeout=_SECONDS, context=self._context)
        try:
            connection.connect()
            shown = connection.sock.getpeercert(binary_form=True)
            if self._identity.who(shown) != COORDINATOR:
                raise self._unreachable("who answers there is not the coordinator")
            connection.request(method, path, body=body)
            answer = connection.getresponse()
            raw = answer.read(self._most + 1)
            if len(raw) > self._most:
                raise self._unreachable(f"it answers {path} with more than {self._most:,} bytes")
            return answer.status, raw
        finally:
            connection.close()

    def _unreachable(self, reason: str) -> BoardUnreachable:
        return BoardUnreachable(f"the board at {self._host}:{self._port} cannot be used: {reason}")


def _parts(url: str) -> tuple[str, int]:
    try:
        found = urlsplit(url)
        host, port = found.hostname, found.port
    except ValueError:
        host, port, found = None, None, urlsplit("")
    if found.scheme != "https" or not host or not port or found.path not in ("", "/") or found.username:
        raise UsageError("the board is at https://HOST:PORT, with TLS and nothing else", remedy="correct --board")
    return host, port


def _reason(error: Exception) -> str:
    if isinstance(error, _BROKEN_OFF):
        return "it hung up during the handshake"
    if isinstance(error, ssl.SSLError):
        return f"TLS was refused ({error.reason or 'no reason'})"
    return getattr(error, "strerror", None) or type(error).__name__
