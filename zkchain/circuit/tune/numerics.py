"""Fixed-point choices: which are tried, what ezkl's own pipeline would take, and which are precise enough."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...halo2 import Surveyed, Witnessed
from ...record import Record
from ...records import Fidelity
from ..fidelity import References, compare
from .flips import label_flips
from .forms import FormName
from .goal import Bound
from .layouts import MARGIN

#: Wide enough for every model that 128-bit arithmetic carries: the layout for measuring numbers, not for proving.
WIDE: Mapping[str, object] = {"decomp_base": 128, "decomp_legs": 8, "num_inner_cols": 1}

#: What ezkl's calibration tries, on the layout that it defaults to. Where ten multiplications pass before a rebase,
#: most models leave that layout's range, and only those that never rebase keep the choice.
STOCK: Mapping[str, object] = {"decomp_base": 16384, "decomp_legs": 2, "num_inner_cols": 2}
_STOCK_CHOICES = ((13, 10), (13, 1), (11, 1), (12, 1), (11, 10), (12, 10))
_STOCK_BASE, _STOCK_COLUMNS = 16384, 2
_BLINDING_ROWS = 6


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Numerics(Record):
    """Scales in bits, and how many multiplications may pass before a value is brought back to its scale."""

    input_scale: int
    param_scale: int
    rebase_multiplier: int

    def run_args(self) -> dict[str, object]:
        """As ezkl takes them."""
        return {
            "input_scale": self.input_scale,
            "param_scale": self.param_scale,
            "scale_rebase_multiplier": self.rebase_multiplier,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One choice of numbers, run on the judged samples."""

    form: FormName
    numerics: Numerics
    settings: Mapping[str, Any]
    fidelity: Fidelity
    flips: float  #: share of labels that changed
    lookups: tuple[int, int]
    seconds_per_sample: float

    @property
    def room(self) -> int:
        """Rows that the table needs; zero when nothing is looked up."""
        low, high = self.lookups
        return MARGIN * (high - low) if self.settings["required_lookups"] else 0


def stock_choices() -> list[Numerics]:
    """The choices among which ezkl's own pipeline decides."""
    return [even(scale, multiplier) for scale, multiplier in _STOCK_CHOICES]


def finer(baseline: Numerics, *, lookups: bool) -> list[Numerics]:
    """Choices that may be cheaper than ezkl's at no loss.

    Rebasing less often saves rows and, at a higher scale, loses nothing; but tables then have to hold values at the
    square of the scale, so it is no use where there are lookups.
    """
    scale = baseline.param_scale
    if lookups:
        return [Numerics(input_scale=scale - 2, param_scale=scale, rebase_multiplier=1), even(scale + 1, 1)]
    if baseline.rebase_multiplier > 1:
        return [even(s, baseline.rebase_multiplier) for s in (scale - 1, scale - 2, scale - 3, scale + 1)]
    return [even(s, m) for s, m in ((scale, 2), (14, 2), (scale - 1, 2), (scale, 3), (14, 1), (14, 3), (16, 3))]


def finest(baseline: Numerics) -> list[Numerics]:
    """Choices for narrow tables, which cost next to nothing at a higher scale, and round once more than whole ones."""
    scale = baseline.param_scale
    return [even(s, 1) for s in (scale + 1, scale, scale + 2)]


def ladder(*, lookups: bool) -> list[Numerics]:
    """Choices for a bound of the user's own, in the order of how likely they are to be wanted."""
    once = [even(scale, 1) for scale in (13, 9, 7, 11, 8, 10, 6, 5, 12)]
    if lookups:
        return once
    often = [even(s, m) for s, m in ((9, 2), (7, 2), (11, 2), (8, 2), (13, 2), (6, 2), (10, 2), (7, 3), (9, 3), (6, 4))]
    return [once[0], *often, *once[1:]]


def last_resort() -> list[Numerics]:
    """Finer than the ladder: for a bound that nothing on it keeps with room to spare."""
    return [even(14, 2), even(14, 1), even(15, 2), even(15, 1)]


def even(scale: int, multiplier: int) -> Numerics:
    """The same scale for inputs and parameters."""
    return Numerics(input_scale=scale, param_scale=scale, rebase_multiplier=multiplier)


def judge(
    tried: Sequence[Numerics], found: Sequence[Surveyed], references: References, form: FormName
) -> tuple[list[Judged], list[tuple[Numerics, str]]]:
    """Errors of every choice that could be run, and the refusals of the others."""
    judged, refused = [], []
    for numerics, item in zip(tried, found, strict=False):
        if item.refusal:
            refused.append((numerics, item.refusal))
            continue
        judged.append(
            Judged(
                form=form,
                numerics=numerics,
                settings=item.settings,
                fidelity=compare(item.witnesses, references, item.settings),
                flips=label_flips(item.witnesses, references, item.settings),
                lookups=lookup_span(item.witnesses),
                seconds_per_sample=item.seconds / max(len(item.witnesses), 1),
            )
        )
    return judged, refused


def baseline_of(judged: Iterable[Judged]) -> Judged | None:
    """What ezkl's calibration would choose of what it can hold: the fewest rows, among equals the most precise."""

    def order(item: Judged) -> tuple[int, int, int]:
        return _stock_logrows(item), -item.numerics.param_scale, -item.numerics.rebase_multiplier

    return min(judged, key=order, default=None)


def bound_of(baseline: Judged) -> Bound:
    """No worse than ezkl's own pipeline."""
    return Bound(
        max_abs_error=baseline.fidelity.max_abs_error,
        mean_abs_error=baseline.fidelity.mean_abs_error,
        flips=baseline.flips,
    )


def lookup_span(witnesses: Sequence[Witnessed]) -> tuple[int, int]:
    """Lowest and highest value that was looked up."""
    return min(item.lookup_low for item in witnesses), max(item.lookup_high for item in witnesses)


def _stock_logrows(item: Judged) -> int:
    rows = int(item.settings["total_assignments"]) // _STOCK_COLUMNS
    return (max(rows, item.room, _STOCK_BASE) + _BLINDING_ROWS).bit_length()
