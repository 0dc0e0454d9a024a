"""Changes of a node's results for `Rewrite`: a node that lies, or has fallen behind."""

from collections.abc import Callable
from typing import Any

Change = Callable[[Any], Any]


def always(value: Any) -> Change:
    """The same result whatever the node says, such as another chain's id."""
    return lambda _: value


def frozen() -> Change:
    """The first result again and again: a head that does not move."""
    kept: list[Any] = []

    def change(result: Any) -> Any:
        if not kept:
            kept.append(result)
        return kept[0]

    return change


def with_field(name: str, value: Any) -> Change:
    """An object with another value under `name`; what is no object stays as it is."""
    return lambda result: {**result, name: value} if isinstance(result, dict) else result


def scaled(factor: float) -> Change:
    """A quantity times `factor`, such as an estimate that is too low."""
    return lambda result: hex(int(int(result, 16) * factor))
