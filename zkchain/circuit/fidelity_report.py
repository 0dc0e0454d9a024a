"""What is known of a circuit's fidelity to the float model, and whether that is good enough."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ..record import Record

#: The user's data; inputs near a tie between labels; seeded random inputs; the corners of the calibrated bounds;
#: the corners of one and a half times the calibrated range.
SectionName = Literal["data", "ties", "random", "corners", "outside"]

#: Sections on which bounds are judged. Outside of the calibrated range nothing was promised.
JUDGED: tuple[SectionName, ...] = ("data", "ties", "random", "corners")


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors(Record):
    """Absolute errors, in the output's own units, over all elements of all samples; zeros when there are none."""

    max: float = 0.0
    mean: float = 0.0
    median: float = 0.0
    p95: float = 0.0
    p99: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFidelity(Record):
    """One output of the model over the samples that the circuit can prove."""

    name: str
    elements: int  #: of one sample
    whole: bool  #: integers or booleans: judged by flips alone
    errors: Errors
    float_low: float
    float_high: float
    circuit_low: float
    circuit_high: float
    flipped: int  #: samples whose label differs
    histogram: tuple[int, ...]  #: elements by absolute error, in equal bins from 0 to `errors.max`
    points: tuple[tuple[float, float], ...]  #: some elements, evenly picked: float answer, circuit's answer


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionFidelity(Record):
    """One kind of input. A sample that is `beyond_tables` or `refused` cannot be proved, so no error counts it."""

    name: SectionName
    samples: int
    beyond_tables: int  #: the circuit's tables lack a row for some intermediate value
    refused: int  #: the circuit's forward pass itself gives up
    flipped: int  #: samples of which the label of some output differs
    unexplained: int  #: flips that the largest error on the data is too small to cause
    lookup_low: int  #: smallest and largest value looked up, the largest digit range-checked, tables or not
    lookup_high: int
    range_high: int
    errors: Errors  #: over the float outputs
    outputs: tuple[OutputFidelity, ...]

    @property
    def answered(self) -> int:
        """Samples that the circuit can prove."""
        return self.samples - self.beyond_tables - self.refused

    @property
    def flips(self) -> float:
        """Share of the samples whose label differs."""
        return self.flipped / max(self.samples, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables(Record):
    """What the circuit holds, in its own fixed-point units."""

    lookup: tuple[int, int] | None  #: lowest and highest value with a row; None where nothing is looked up
    digit_high: int | None  #: largest digit of a decomposed value; None where nothing is range-checked
    decomposed_bits: float  #: magnitudes that digits can spell, in bits; the forward pass refuses larger ones


@dataclass(frozen=True, slots=True, kw_only=True)
class FidelityReport(Record):
    """The circuit against the float model, section by section. The same circuit and data give the same report."""

    tables: Tables
    sections: tuple[SectionFidelity, ...]

    def section(self, name: SectionName) -> SectionFidelity:
        """The section of that name. Raises KeyError."""
        for found in self.sections:
            if found.name == name:
                return found
        raise KeyError(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class FidelityBounds(Record):
    """How far a circuit may be from the float model. None: anything goes. Raises ValueError for senseless bounds."""

    max_error: float | None = None  #: of any element of any float output
    max_flip: float | None = None  #: share of samples, 0 to 1

    def __post_init__(self) -> None:
        # Written so that NaN, which compares with nothing, is refused too.
        if self.max_error is not None and not self.max_error >= 0:
            raise ValueError(f"the largest error allowed is {self.max_error}; it must be 0 or more")
        if self.max_flip is not None and not 0 <= self.max_flip <= 1:
            raise ValueError(f"the share of flips allowed is {self.max_flip}; it must be from 0 to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation(Record):
    """A bound that does not hold. `found` and `allowed` are an error, or a share of samples."""

    section: SectionName
    measure: Literal["error", "flips", "unanswered"]
    found: float
    allowed: float


def violations(report: FidelityReport, bounds: FidelityBounds) -> tuple[Violation, ...]:
    """Every bound that `report` breaks, in the order of its sections.

    A sample of the data that cannot be proved has no answer: it counts as flipped, and no error bound covers it.
    Inputs that we made up count as flipped only where the errors on the data do not explain it, since ties are
    built to flip and random inputs may be ties.
    """
    return tuple(broken for section in report.sections if section.name in JUDGED for broken in _broken(section, bounds))


def _broken(section: SectionFidelity, bounds: FidelityBounds) -> Iterator[Violation]:
    data = section.name == "data"
    unanswered = section.samples - section.answered
    if bounds.max_error is not None:
        if section.errors.max > bounds.max_error:
            yield Violation(section=section.name, measure="error", found=section.errors.max, allowed=bounds.max_error)
        if data and unanswered:
            yield Violation(section=section.name, measure="unanswered", found=unanswered / section.samples, allowed=0.0)
    share = (section.flipped + unanswered if data else section.unexplained) / max(section.samples, 1)
    if bounds.max_flip is not None and share > bounds.max_flip:
        yield Violation(section=section.name, measure="flips", found=share, allowed=bounds.max_flip)
