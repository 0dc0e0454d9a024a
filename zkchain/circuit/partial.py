"""Run what answers a whole batch or none of it, and still learn of every item."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from ..errors import ZkchainError

Item = TypeVar("Item")
Result = TypeVar("Result")


def answers_or_none(
    run: Callable[[Sequence[Item]], Sequence[Result]],
    items: Sequence[Item],
    refused: Callable[[ZkchainError], bool],
) -> list[Result | None]:
    """For each item its result, or None where `run` refuses it even alone.

    A batch is halved when `run` raises an error for which `refused` is true; other errors pass. A batch with b bad
    items among n costs about b * log2(n) further runs.
    """
    if not items:
        return []
    try:
        return list(run(items))
    except ZkchainError as error:
        if not refused(error):
            raise
    if len(items) == 1:
        return [None]
    middle = len(items) // 2
    return [
        *answers_or_none(run, items[:middle], refused),
        *answers_or_none(run, items[middle:], refused),
    ]
