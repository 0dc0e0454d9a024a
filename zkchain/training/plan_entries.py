"""Reading entries of a plan: each by its name, its type and what is allowed."""

import math
from collections.abc import Mapping
from typing import Any


def table_of(table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The table under `name`; an empty one where there is none. Raises TypeError."""
    found = table.get(name, {})
    if not isinstance(found, Mapping):
        raise TypeError(f"[{name}] must be a table")
    return found


def no_others(where: str, table: Mapping[str, Any], known: set[str]) -> None:
    """Raises ValueError for entries that nobody knows."""
    unknown = sorted(set(table) - known)
    if unknown:
        raise ValueError(f"{where} has entries that nobody knows: {', '.join(unknown)}")


def of_kind(what: str, value: object, kind: type) -> Any:
    """The value, if it is of just this type. Raises TypeError."""
    if type(value) is not kind:
        raise TypeError(f"{what} is {value!r}, expected {kind.__name__}")
    return value


def number_of(what: str, value: object) -> float:
    """The finite number. Raises TypeError."""
    if type(value) not in (int, float) or not math.isfinite(value):  # type: ignore[arg-type]
        raise TypeError(f"{what} is {value!r}, expected a number")
    return float(value)  # type: ignore[arg-type]


def one_of(what: str, value: object, allowed: tuple[str, ...]) -> Any:
    """The value, if it is allowed. Raises ValueError."""
    if value not in allowed:
        raise ValueError(f"{what} is {value!r}, allowed are {', '.join(allowed)}")
    return value
