"""What a command has found out, once for machines and once for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: A sentence, or a label and its value; values of neighbouring lines are aligned.
Line = str | tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`facts` is the object that `--json` prints, `lines` is what a person reads. A negative verdict is not `good`."""

    facts: Mapping[str, object]
    lines: Sequence[Line]
    good: bool = True

    @property
    def exit_code(self) -> int:
        """0, or 1 for a negative verdict."""
        return 0 if self.good else 1


def byte_count(size: int) -> str:
    """A size for people."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} B"
