"""How long work tells what it is doing: a callable the caller gives, never a print."""

from typing import Protocol


class Report(Protocol):
    """Called when a stage begins or moves on. Must not raise."""

    def __call__(self, stage: str, fraction: float | None = None) -> None:
        """`stage` is a short phrase such as "proving"; `fraction` is in 0..1 where it is known or estimated."""


def silent(stage: str, fraction: float | None = None) -> None:
    """Report nothing."""
