"""The search: numbers first, judged by error; then layouts, judged by predicted cost; then the winner, checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...errors import EngineAborted, EngineCrashed, EngineError, EngineRefused, FidelityViolated
from ...halo2 import InputData, Prover, Surveyed, within_tables
from ...progress import Report, silent
from ...record import Record
from ...records import Fidelity
from ..fidelity import compare
from .cost import Cost, predict
from .flips import label_flips
from .goal import Bound, Goal
from .layouts import SPARE_BITS, Layout, layouts, lookup_range, probes
from .numerics import (
    STOCK,
    WIDE,
    Judged,
    Numerics,
    baseline_of,
    bound_of,
    even,
    finer,
    judge,
    ladder,
    lookup_span,
    stock_choices,
)
from .race import Clock, Lap, Track
from .samples import SampleSets
from .settings import canonical

#: Choices of numbers that are laid out, the most promising first.
_LAID_OUT = 3
#: Layouts that are made for real when the estimate ranks them first.
_FINALISTS = 6
#: Bits added, one by one, when an input of the samples does not fit the range measured on the widest.
_RETRIES = 3
_EASY_BITS = 40
#: Trying candidates in one stage stops after so long; the answer then depends on the machine, so it is a last resort.
_PATIENCE_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate(Record):
    """One circuit that was considered, with what it was predicted to cost."""

    numerics: Numerics
    layout: Layout
    cost: Cost
    score: float
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """The winner, and how it came to win."""

    winner: Finalist
    bound: Bound
    baseline: Fidelity | None  #: of ezkl's own choice of scales
    judged: tuple[Judged, ...]
    candidates: tuple[Candidate, ...]  #: best first by prediction
    finalists: tuple[Finalist, ...]


def tune(
    prover: Prover,
    model: Path,
    samples: SampleSets,
    fixed: Mapping[str, object],
    goal: Goal,
    *,
    seconds: float,
    track: Track | None = None,
    report: Report = silent,
) -> Tuned:
    """The cheapest settings for `model` that meet the goal's bound, or ezkl's own precision when it has none.

    `fixed` are run arguments that are not up for choice. With a `track`, the best few are proved for real while
    `seconds` last, and the fastest wins; without, the prediction decides, so that the same request has the same
    answer everywhere. Raises FidelityViolated when no choice meets the bound, EngineError when none can be laid out.
    """
    clock = Clock(seconds)
    search = _Search(prover, model, samples, fixed, goal, report)
    search.samples = samples.affordable(search.cells())
    judged, bound, baseline = search.numerics()
    fit = [item for item in judged if item is baseline or bound.holds(item.fidelity, item.flips)]
    if not fit:
        raise _violated(judged, bound)
    candidates = search.layouts(fit)
    finalists: list[Finalist] = []
    for candidate in candidates[:_FINALISTS]:
        found = search.check(candidate)
        if found is None:
            continue
        finalists.append(found if track is None else replace(found, lap=track.run(found.settings)))
        if track is None or clock.left < 0:
            break
    if not finalists:
        raise EngineRefused("no layout holds every sample", operation="tune")
    return Tuned(
        winner=min(finalists, key=lambda found: _measured(found, goal, candidates)),
        bound=bound,
        baseline=baseline.fidelity if baseline else None,
        judged=tuple(judged),
        candidates=tuple(candidates),
        finalists=tuple(finalists),
    )


def _measured(found: Finalist, goal: Goal, candidates: Sequence[Candidate]) -> float:
    """The score with the measured proving time in place of the predicted one."""
    fastest = min(candidate.cost.prove_seconds for candidate in candidates)
    if found.lap is None:
        return goal.score(found.candidate.cost, fastest)
    return goal.score(replace(found.candidate.cost, prove_seconds=found.lap.prove_seconds), fastest)


@dataclass(slots=True)
class _Search:
    """One run of the search; what it has measured so far."""

    prover: Prover
    model: Path
    samples: SampleSets
    fixed: Mapping[str, object]
    goal: Goal
    report: Report

    def cells(self) -> int:
        """Size of the model as a circuit, in cells of the widest layout; zero when it cannot be laid out there."""
        (found,) = self._survey([{**even(13, 1).run_args(), **WIDE}], [])
        return 0 if found.refusal else int(found.settings["total_assignments"])

    def numerics(self) -> tuple[list[Judged], Bound, Judged | None]:
        """Every choice of numbers that was run, the bound they are held to, and ezkl's own choice among them."""
        refused: list[tuple[Numerics, str]] = []
        own = None
        if not self.goal.bounded:
            stock, refused = self._judge(stock_choices(), STOCK)
            own = baseline_of(stock)
        first = own.numerics if own else even(13, 1)
        judged, also_refused = self._judge([first], WIDE)
        lookups = any(item.settings["required_lookups"] for item in judged)
        more = ladder(lookups=lookups) if own is None else finer(first, lookups=lookups)
        others, others_refused = self._judge([numerics for numerics in more if numerics != first], WIDE)
        judged += others
        if not judged:
            raise EngineRefused((refused + also_refused + others_refused)[0][1], operation="tune")
        if self.goal.bounded:
            return judged, self.goal.bound(), None
        if own is None:  # ezkl's own layout holds none of its choices, or there was no time: the best that is known
            own = min(judged, key=lambda item: item.fidelity.max_abs_error)
        baseline = next((item for item in judged if item.numerics == own.numerics), None)
        return judged, bound_of(own), baseline

    def layouts(self, fit: Sequence[Judged]) -> list[Candidate]:
        """Layouts of the most promising choices, best first by predicted cost."""
        chosen = _promising(fit)
        freivalds = (True, False) if chosen[0].settings["einsum_params"]["total_einsum_col_size"] else (True,)
        wanted = probes(freivalds)
        probed = self._survey([{**item.numerics.run_args(), **extra} for item in chosen for extra in wanted], [])
        estimated: list[tuple[Judged, Layout, Cost]] = []
        for number, (item, bits) in enumerate(zip(chosen, self._bits(chosen), strict=True)):
            own = probed[number * len(wanted) : (number + 1) * len(wanted)]
            if len(own) < len(wanted) or any(one.refusal for one in own):
                continue
            span = item.lookups if item.settings["required_lookups"] else (0, 0)
            for layout, settings in layouts([one.settings for one in own], freivalds, bits, span):
                estimated.append((item, layout, predict(settings)))
        if not estimated:
            raise EngineRefused("no layout could be made", operation="tune")
        fastest = min(cost.prove_seconds for _, _, cost in estimated)
        scored = [
            Candidate(
                numerics=item.numerics,
                layout=layout,
                cost=cost,
                score=self.goal.score(cost, fastest),
                max_abs_error=item.fidelity.max_abs_error,
                mean_abs_error=item.fidelity.mean_abs_error,
                flips=item.flips,
            )
            for item, layout, cost in estimated
        ]
        return sorted(scored, key=lambda found: (found.score, found.layout, found.numerics))

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
            candidate=replace(candidate, layout=layout),
            settings=settings,
            fidelity=compare(judged, references, settings),
            flips=label_flips(judged, references, settings),
        )

    def _judge(
        self, tried: Sequence[Numerics], layout: Mapping[str, object]
    ) -> tuple[list[Judged], list[tuple[Numerics, str]]]:
        variants = [{**numerics.run_args(), **layout} for numerics in tried]
        return judge(tried, self._survey(variants, self.samples.judged), self.samples.references)

    def _bits(self, chosen: Sequence[Judged]) -> list[int]:
        """Bits that the decompositions of each choice need, with room to spare."""
        variants = [{**self.fixed, **item.numerics.run_args(), **WIDE} for item in chosen]
        far = [*self.samples.widest, *self.samples.stretched]
        found = self.prover.least_bits(self.model, variants, far, self.report)
        if None in found:  # not even the widest layout holds what is beyond the calibrated range
            near = self.prover.least_bits(self.model, variants, self.samples.widest, self.report)
            found = tuple(one or other for one, other in zip(found, near, strict=True))
        return [max((bits or _EASY_BITS) + SPARE_BITS, self.samples.floor_bits) for bits in found]

    def _survey(self, variants: Sequence[Mapping[str, object]], inputs: Sequence[InputData]) -> tuple[Surveyed, ...]:
        full = [{**self.fixed, **variant} for variant in variants]
        try:
            return self.prover.survey(self.model, full, inputs, _PATIENCE_SECONDS, self.report)
        except (EngineAborted, EngineCrashed) as error:
            if len(full) == 1:
                raise
            self.report(f"one of {len(full)} candidates brought the engine down; trying each alone")
            return tuple(self._alone(variant, inputs, error) for variant in full)

    def _alone(self, variant: Mapping[str, object], inputs: Sequence[InputData], error: EngineError) -> Surveyed:
        try:
            (found,) = self.prover.survey(self.model, [variant], inputs, _PATIENCE_SECONDS, self.report)
        except (EngineAborted, EngineCrashed):
            return Surveyed(settings={}, witnesses=(), refusal=error.message, seconds=0.0)
        return found


def _promising(fit: Sequence[Judged]) -> list[Judged]:
    """The choices with the smallest tables and circuits at the same layout, a lower scale before a higher one."""

    def size(item: Judged) -> tuple[int, int, Numerics]:
        low, high = item.lookups if item.settings["required_lookups"] else (0, 0)
        return int(item.settings["total_assignments"]) + (high - low), item.numerics.param_scale, item.numerics

    return sorted(fit, key=size)[:_LAID_OUT]


def _violated(judged: Sequence[Judged], bound: Bound) -> FidelityViolated:
    best = min(judged, key=lambda item: item.flips if bound.max_abs_error is None else item.fidelity.max_abs_error)
    return FidelityViolated(
        f"no circuit is precise enough: the best one found has a largest error of {best.fidelity.max_abs_error:.3g} "
        f"and changes {best.flips:.2%} of the labels",
        max_abs_error=best.fidelity.max_abs_error,
        flips=best.flips,
        allowed_error=bound.max_abs_error,
        allowed_flips=bound.flips,
    )
