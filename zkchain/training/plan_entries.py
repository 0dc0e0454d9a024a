"""Reading entries of a plan: each by its name, its kind and what is allowed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import PlanInvalid

_LONGEST_SHOWN = 60
_WIDEST_SHOWN = 128
#: Of texts; paths and references are far shorter.
_LONGEST = 1000


def is_word(text: str, most: int) -> bool:
    """Whether `text` can be part of the name of a file, of a contract and of a certificate."""
    return text.isascii() and text.isidentifier() and len(text) <= most


def word_of(most: int) -> str:
    """What `is_word` takes, for people."""
    return f"a word of at most {most} ASCII letters, digits and underscores that begins with no digit"


@dataclass(frozen=True, slots=True)
class Entries:
    """One table of a plan. All that reads an entry raises PlanInvalid naming it, what was found and what is allowed."""

    table: Mapping[str, Any]
    where: str = ""  #: the table's name, as in "data" or "[[owners]] number 2"; empty for the plan itself

    def __contains__(self, entry: str) -> bool:
        return entry in self.table

    def named(self, entry: str) -> str:
        """The entry, as messages call it."""
        if not self.where:
            return entry
        return f"{self.where}: {entry}" if self.where.startswith("[") else f"{self.where}.{entry}"

    def only(self, *known: str) -> None:
        """Refuse entries that nobody knows."""
        unknown = sorted(set(self.table) - set(known))
        if unknown:
            where = self._table if self.where else "the plan"
            raise PlanInvalid(
                f"{where} has entries that nobody knows: {', '.join(unknown)[:_LONGEST_SHOWN]}; "
                f"it may have {', '.join(known)}",
                entry=where,
                found=unknown,
                allowed=known,
            )

    def whole(self, entry: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number from `low` to `high`."""
        value = self._value(entry, default)
        if type(value) is not int or not low <= value <= high:
            raise self.wrong(entry, f"a whole number from {low} to {high}", least=low, most=high)
        return value

    def number(self, entry: str, default: float | None = None) -> float:
        """A finite number."""
        value = self._value(entry, default)
        if type(value) is int and abs(value) < 2**_WIDEST_SHOWN:
            value = float(value)
        if type(value) is not float or not math.isfinite(value):
            raise self.wrong(entry, "a number")
        return value

    def between(self, entry: str, low: float, high: float, default: float | None = None) -> float:
        """A number from `low` to `high`."""
        value = self.number(entry, default)
        if not low <= value <= high:
            raise self.wrong(entry, f"a number from {low:g} to {high:g}", least=low, most=high)
        return value

    def text(self, entry: str, default: str | None = None) -> str:
        """A text."""
        value = self._value(entry, default)
        if type(value) is not str:
            raise self.wrong(entry, "a text")
        if len(value) > _LONGEST or "\0" in value:
            raise PlanInvalid(
                f"{self.named(entry)} has {len(value)} characters, expected at most {_LONGEST}, none of them NUL",
                entry=self.named(entry),
                found=len(value),
                allowed=_LONGEST,
            )
        return value

    def word(self, entry: str, most: int) -> str:
        """A word that can name files."""
        value = self.text(entry)
        if not is_word(value, most):
            raise self.wrong(entry, word_of(most), most=most)
        return value

    def flag(self, entry: str, default: bool) -> bool:
        """True or false."""
        value = self._value(entry, default)
        if type(value) is not bool:
            raise self.wrong(entry, "true or false")
        return value

    def one_of(self, entry: str, allowed: tuple[str, ...], default: str) -> Any:
        """One of some words."""
        value = self._value(entry, default)
        if type(value) is not str or value not in allowed:
            raise self.wrong(entry, f"one of {', '.join(allowed)}", allowed=allowed)
        return value

    def wholes(self, entry: str, low: int, high: int) -> tuple[int, ...]:
        """A list of whole numbers from `low` to `high`."""
        value = self._value(entry, None)
        if type(value) is not list or not all(type(item) is int and low <= item <= high for item in value):
            raise self.wrong(entry, f"a list of whole numbers from {low} to {high}", least=low, most=high)
        return tuple(value)

    def inner(self, entry: str) -> "Entries":
        """The table under this name; an empty one where there is none."""
        found = self.table.get(entry, {})
        if not isinstance(found, Mapping):
            raise self.wrong(entry, f"a table [{entry}]")
        return Entries(found, entry)

    def rows(self, entry: str) -> tuple["Entries", ...]:
        """The tables of this name, each with its number."""
        if entry not in self.table:
            raise PlanInvalid(f"[[{entry}]] is missing", entry=entry)
        found = self.table[entry]
        if not isinstance(found, list) or not all(isinstance(item, Mapping) for item in found):
            raise self.wrong(entry, f"a table [[{entry}]] for each of them")
        return tuple(Entries(item, f"[[{entry}]] number {place}") for place, item in enumerate(found, start=1))

    def wrong(self, entry: str, expected: str, **allowed: object) -> PlanInvalid:
        """The error that says what the entry is and what is expected."""
        found: Any = self.table.get(entry)
        plain = type(found) in (int, float) and abs(found) < 2**_WIDEST_SHOWN  # which no nan is
        facts = {"entry": self.named(entry), "found": found if plain else _shown(found), **allowed}
        return PlanInvalid(f"{self.named(entry)} is {_shown(found)}, expected {expected}", remedy=None, **facts)

    @property
    def _table(self) -> str:
        return self.where if self.where.startswith("[") else f"[{self.where}]"

    def _value(self, entry: str, default: Any) -> Any:
        if entry in self.table:
            return self.table[entry]
        if default is not None:
            return default
        if not self.where:
            raise PlanInvalid(f"{entry} is missing", entry=entry)
        gap = ": " if self.where.startswith("[") else " "
        raise PlanInvalid(f"{self._table}{gap}{entry} is missing", entry=self.named(entry))


def _shown(value: object) -> str:
    if type(value) is int and value.bit_length() > _WIDEST_SHOWN:
        return f"a number of {value.bit_length()} bits"
    if isinstance(value, (list, Mapping)):
        return f"a {'list' if isinstance(value, list) else 'table'} of {len(value)}"
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
