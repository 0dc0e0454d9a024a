"""End endless work when asked to, but not in the middle of a thing that must be whole."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopping:
    """While entered, a request to end raises KeyboardInterrupt: at once, or after what is held."""

    def __init__(self) -> None:
        self._held = self._asked = False

    def __enter__(self) -> Self:
        # Also where a shell started us in the background with SIGINT ignored: there is no other way to end this work.
        self._before = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Put a request off until the end of this block; a second one is not put off."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        if self._asked:
            raise KeyboardInterrupt

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if not self._held or self._asked:
            raise KeyboardInterrupt
        self._asked = True
