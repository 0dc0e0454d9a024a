"""HTTP with limits that requests does not know: on the size of an answer, and on the time that all of it takes."""

import time
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectionError as ConnectionLost
from requests.exceptions import ReadTimeout

#: The largest answer that is read. Ten thousand events are some ten million bytes.
MOST_BYTES = 64 * 2**20
_CHUNK = 2**16


class AnswerTooLarge(ValueError):
    """The answer goes on beyond the limit; the rest was not read."""


class BoundedAdapter(HTTPAdapter):
    """Reads an answer whole within `seconds`, connecting included, however slowly it drips, and of bounded size."""

    def __init__(self, seconds: float, connect_seconds: float, most_bytes: int = MOST_BYTES) -> None:
        self._seconds, self._connect_seconds, self._most = seconds, connect_seconds, most_bytes
        super().__init__()

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: dict[str, str] | None = None,
    ) -> Response:
        """Send, and read all of the answer. Raises AnswerTooLarge besides what requests raises."""
        end = time.monotonic() + self._seconds
        limits = (min(self._connect_seconds, self._seconds), self._seconds)
        response = super().send(request, stream=True, timeout=limits, verify=verify, cert=cert, proxies=proxies)
        try:
            body = self._read(response, end)
        except BaseException:
            response.raw.close()  # what is left of the answer must not be taken for the next one
            raise
        response._content, response._content_consumed = body, True
        response.raw.release_conn()
        return response

    def _read(self, response: Response, end: float) -> bytes:
        body = bytearray()
        while piece := _piece(response):
            body += piece
            if len(body) > self._most:
                raise AnswerTooLarge(f"the answer has more than {self._most:,} bytes")
            if time.monotonic() > end:
                raise ReadTimeout("the answer takes too long")
        return bytes(body)


def _piece(response: Response) -> bytes:
    """What has come of the answer; `read` would wait for more."""
    try:
        return bytes(response.raw.read1(_CHUNK, decode_content=True))
    except Exception as error:
        kind = ReadTimeout if type(error).__name__ == "ReadTimeoutError" else ConnectionLost
        raise kind(error) from error
