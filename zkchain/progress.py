"""How long work tells what it is doing: a callable the caller gives, never a print."""

from collections.abc import Callable

#: Called with a short sentence when a stage begins, e.g. "proving". Must not raise.
Report = Callable[[str], None]


def silent(_: str) -> None:
    """Report nothing."""
