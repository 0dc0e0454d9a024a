"""The steps of a search: numbers judged by their error, layouts by their predicted cost, and a layout made for real."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import inf
from typing import Any

from ...errors import EngineAborted, EngineCrashed, EngineError, EngineRefused
from ...halo2 import InputData, Prover, Surveyed, within_tables
from ...progress import Report
from ...record import Record
from ...records import Fidelity
from ..cost import Cost, predict
from ..fidelity import compare
from .flips import label_flips
from .forms import Form, FormName
from .goal import Goal
from .layouts import SPARE_BITS, Layout, layouts, lookup_range, probes
from .numerics import (
    STOCK,
    WIDE,
    Judged,
    Numerics,
    baseline_of,
    even,
    finer,
    finest,
    judge,
    ladder,
    last_resort,
    lookup_span,
    stock_choices,
)
from .race import Lap
from .samples import SampleSets
from .settings import canonical

#: Choices of numbers that are laid out, the most promising first.
_LAID_OUT = 3
#: Bits added, one by one, when an input of the samples does not fit the range measured on the widest.
_RETRIES = 3
_EASY_BITS = 40
#: Trying candidates in one stage stops after so long; the answer then depends on the machine, so it is a last resort.
_PATIENCE_SECONDS = 600.0
#: A form answers otherwise than the original when its error is so many times the original's, and so much besides:
#: the engine has been seen to be wrong without a word. So many samples tell.
_OTHERWISE, _ROUNDING, _COMPARED = 10, 1e-3, 4


@dataclass(frozen=True, slots=True)
class Surveys:
    """What the engine answered, by what it was asked. A second search for the same model asks much of it again."""

    found: dict[bytes, tuple[Surveyed, ...]] = field(default_factory=dict)
    bits: dict[tuple[FormName, Numerics], float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate(Record):
    """One circuit that was considered, with what it was predicted to cost."""

    form: FormName
    numerics: Numerics
    layout: Layout
    cost: Cost
    max_abs_error: float
    mean_abs_error: float
    flips: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Finalist:
    """A candidate that holds every sample, with settings to make it from; `lap` when it was proved for real."""

    candidate: Candidate
    settings: dict[str, Any]
    fidelity: Fidelity
    flips: float
    lap: Lap | None = None


@dataclass
class Search:
    """The steps of a search over one form of the model."""

    prover: Prover
    form: Form
    samples: SampleSets
    fixed: Mapping[str, object]
    goal: Goal
    report: Report
    known: Surveys = field(default_factory=Surveys)
    _laid: dict[tuple[Numerics, ...], list[Candidate]] = field(default_factory=dict)

    @cached_property
    def cells(self) -> int:
        """Size of the form as a circuit, in cells of the widest layout; zero when it cannot be laid out there."""
        (found,) = self._survey([{**even(13, 1).run_args(), **WIDE}], [])
        return 0 if found.refusal else int(found.settings["total_assignments"])

    def outlook(self, bits: float = _EASY_BITS, *, freivalds: Sequence[bool] = (True, False)) -> list[Cost]:
        """Predicted costs of all layouts at middling numbers, before anything is run; none when refused.

        `bits` are what decompositions have to hold; tables are taken to fit any size.
        """
        probed = self._survey([{**even(13, 1).run_args(), **extra} for extra in probes(freivalds)], [])
        if any(one.refusal for one in probed):
            return []
        return [predict(settings) for _, settings in layouts([one.settings for one in probed], freivalds, bits, (0, 0))]

    def agrees(self, original: "Search") -> bool:
        """Whether this form answers as the original does, at a scale where rounding hides nothing."""
        return original is self or self.plain_error < _OTHERWISE * original.plain_error + _ROUNDING

    @cached_property
    def plain_error(self) -> float:
        """Largest error on a few samples at a high scale; infinite when refused there."""
        found = self._judge([even(13, 1)], WIDE, most=_COMPARED)[0]
        return found[0].fidelity.max_abs_error if found else inf

    def standard(self) -> Judged | None:
        """What ezkl's own pipeline would choose for this form; None when a bound of the user's takes its place."""
        if self.goal.bounded:
            return None
        stock, refused = self._judge(stock_choices(), STOCK)
        if stock:
            return baseline_of(stock)
        # ezkl's own layout holds none of its choices, or there was no time: the best that is known
        wide, also_refused = self._judge([even(scale, 1) for scale in (13, 11, 9, 7)], WIDE)
        if not wide:
            raise EngineRefused((refused + also_refused)[0][1], operation="tune")
        return min(wide, key=lambda item: item.fidelity.max_abs_error)

    def numerics(self, own: Judged | None) -> list[Judged]:
        """Every choice of numbers that was run, around ezkl's own choice where there is one."""
        first = own.numerics if own else even(13, 1)
        judged, refused = self._judge([first], WIDE)
        lookups = any(item.settings["required_lookups"] for item in judged)
        more = ladder(lookups=lookups) if own is None else finer(first, lookups=lookups)
        others, also_refused = self._judge([numerics for numerics in more if numerics != first], WIDE)
        judged += others
        if not judged:
            raise EngineRefused((refused + also_refused)[0][1], operation="tune")
        return judged

    def finest_of_all(self) -> list[Judged]:
        """Choices beyond those that are worth trying while anything else will do."""
        return self._judge(last_resort(), WIDE)[0]

    def others(self, baseline: Numerics | None) -> list[Judged]:
        """Choices for the form with narrow tables, around ezkl's own choice for the whole ones."""
        tried = ladder(lookups=True) if baseline is None else finest(baseline)
        return self._judge(tried, WIDE)[0]

    def promises(self, other: "Search", fit: Sequence[Judged]) -> bool:
        """Whether this form could beat the layouts of `other`, as far as one can tell before it is run."""
        known = [candidate.cost for candidate in other.layouts(fit)]
        if not known:
            return True
        chosen = _promising(fit)
        hoped = self.outlook(min(other.bits(chosen)), freivalds=_freivalds(chosen[0]))
        fastest = min(cost.prove_seconds for cost in [*known, *hoped])
        best, least = (
            min((self.goal.score(cost, fastest) for cost in costs), default=None) for costs in (hoped, known)
        )
        assert least is not None
        return best is None or best < least

    def layouts(self, fit: Sequence[Judged]) -> list[Candidate]:
        """Layouts of the most promising choices, with their predicted cost."""
        chosen = tuple(_promising(fit))
        numbers = tuple(item.numerics for item in chosen)
        if numbers not in self._laid:
            self._laid[numbers] = self._layouts(chosen) if chosen else []
        return self._laid[numbers]

    def _layouts(self, chosen: Sequence[Judged]) -> list[Candidate]:
        freivalds = _freivalds(chosen[0])
        wanted = probes(freivalds)
        probed = self._survey([{**item.numerics.run_args(), **extra} for item in chosen for extra in wanted], [])
        estimated: list[tuple[Judged, Layout, Cost]] = []
        for number, (item, bits) in enumerate(zip(chosen, self.bits(chosen), strict=True)):
            own = probed[number * len(wanted) : (number + 1) * len(wanted)]
            if len(own) < len(wanted) or any(one.refusal for one in own):
                continue
            span = item.lookups if item.settings["required_lookups"] else (0, 0)
            for layout, settings in layouts([one.settings for one in own], freivalds, bits, span):
                estimated.append((item, layout, predict(settings)))
        return [
            Candidate(
                form=self.form.name,
                numerics=item.numerics,
                layout=layout,
                cost=cost,
                max_abs_error=item.fidelity.max_abs_error,
                mean_abs_error=item.fidelity.mean_abs_error,
                flips=item.flips,
            )
            for item, layout, cost in estimated
        ]

    def check(self, candidate: Candidate) -> Finalist | None:
        """Make the candidate for real and run every sample through it; None when it does not hold them."""
        inputs = [*self.samples.calibration, *self.samples.judged]
        layout = candidate.layout
        for _ in range(_RETRIES):
            run_args = {**candidate.numerics.run_args(), **layout.run_args()}
            (found,) = self._survey([run_args], inputs)
            if not found.refusal:
                break
            layout = replace(layout, legs=layout.legs + 1)
        else:
            return None
        settings = dict(found.settings)
        settings["run_args"] = {
            **settings["run_args"],
            "lookup_range": list(lookup_range(lookup_span(found.witnesses))),
        }
        settings = canonical(settings)
        if not all(within_tables(witness, settings) for witness in found.witnesses):
            return None
        judged = found.witnesses[len(self.samples.calibration) :]
        references = self.samples.references
        return Finalist(
            candidate=replace(candidate, layout=layout, cost=predict(settings)),
            settings=settings,
            fidelity=compare(judged, references, settings),
            flips=label_flips(judged, references, settings),
        )

    def _judge(
        self, tried: Sequence[Numerics], layout: Mapping[str, object], *, most: int | None = None
    ) -> tuple[list[Judged], list[tuple[Numerics, str]]]:
        variants = [{**numerics.run_args(), **layout} for numerics in tried]
        found = self._survey(variants, self.samples.judged[:most])
        return judge(tried, found, self.samples.references[:most], self.form.name)

    def bits(self, chosen: Sequence[Judged]) -> list[float]:
        """Bits that the decompositions of each choice need, with room to spare."""
        asked = [item.numerics for item in chosen if (self.form.name, item.numerics) not in self.known.bits]
        if asked:
            found = self._least_bits(asked)
            self.known.bits.update({(self.form.name, one): bits for one, bits in zip(asked, found, strict=True)})
        return [self.known.bits[self.form.name, item.numerics] for item in chosen]

    def _least_bits(self, asked: Sequence[Numerics]) -> list[float]:
        variants = [{**self.fixed, **numerics.run_args(), **WIDE} for numerics in asked]
        far = [*self.samples.widest, *self.samples.stretched]
        found = self.prover.least_bits(self.form.path, variants, far, self.report)
        if None in found:  # not even the widest layout holds what is beyond the calibrated range
            near = self.prover.least_bits(self.form.path, variants, self.samples.widest, self.report)
            found = tuple(one or other for one, other in zip(found, near, strict=True))
        return [(bits or _EASY_BITS) + SPARE_BITS for bits in found]

    def _survey(self, variants: Sequence[Mapping[str, object]], inputs: Sequence[InputData]) -> tuple[Surveyed, ...]:
        full = [{**self.fixed, **variant} for variant in variants]
        asked = json.dumps([self.form.name, full, inputs], sort_keys=True)
        key = hashlib.sha256(asked.encode()).digest()
        if key not in self.known.found:
            self.known.found[key] = self._asked(full, inputs)
        return self.known.found[key]

    def _asked(self, full: Sequence[Mapping[str, object]], inputs: Sequence[InputData]) -> tuple[Surveyed, ...]:
        try:
            return self.prover.survey(self.form.path, full, inputs, _PATIENCE_SECONDS, self.report)
        except (EngineAborted, EngineCrashed) as error:
            if len(full) == 1:
                raise
            self.report(f"one of {len(full)} candidates brought the engine down; trying each alone")
            return tuple(self._alone(variant, inputs, error) for variant in full)

    def _alone(self, variant: Mapping[str, object], inputs: Sequence[InputData], error: EngineError) -> Surveyed:
        try:
            (found,) = self.prover.survey(self.form.path, [variant], inputs, _PATIENCE_SECONDS, self.report)
        except (EngineAborted, EngineCrashed):
            return Surveyed(settings={}, witnesses=(), refusal=error.message, seconds=0.0)
        return found


def _freivalds(item: Judged) -> Sequence[bool]:
    """What there is to choose from: nothing where no product is large enough for the check."""
    return (True, False) if item.settings["einsum_params"]["total_einsum_col_size"] else (True,)


def _promising(fit: Sequence[Judged]) -> list[Judged]:
    """The choices with the smallest tables and circuits at the same layout, a lower scale before a higher one."""

    def size(item: Judged) -> tuple[int, int, Numerics]:
        low, high = item.lookups if item.settings["required_lookups"] else (0, 0)
        return int(item.settings["total_assignments"]) + (high - low), item.numerics.param_scale, item.numerics

    return sorted(fit, key=size)[:_LAID_OUT]
