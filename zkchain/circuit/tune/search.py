"""The search: numbers first, judged by error; then layouts, judged by predicted cost; then the winner, checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

from ...errors import EngineRefused, FidelityViolated
from ...halo2 import Prover
from ...progress import Report, silent
from ...records import Fidelity
from .forms import Form, FormName
from .goal import ROOM, Bound, Goal
from .numerics import Judged, bound_of
from .race import Clock, Track
from .samples import SampleSets
from .steps import Candidate, Finalist, Search, Surveys

#: Layouts that are made for real when the estimate ranks them first.
_FINALISTS = 6
#: A form with so many times the cells of the whole model and its tables has never been the better one.
_MOST_CELLS = 2
#: Smaller circuits than this cannot win by Freivalds' check, which brings columns of its own.
_PRODUCTS_CELLS = 50_000


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
    forms: Sequence[Form],
    samples: SampleSets,
    fixed: Mapping[str, object],
    goal: Goal,
    *,
    seconds: float,
    track: Track | None = None,
    report: Report = silent,
    known: Surveys | None = None,
) -> Tuned:
    """The cheapest settings for any form of a model that meet the goal's bound, or ezkl's own precision without one.

    `fixed` are run arguments that are not up for choice. With a `track`, the best few are proved for real while
    `seconds` last, and the fastest wins; without, the prediction decides, so that the same request has the same
    answer everywhere. `known` carries the engine's answers from one search to the next.

    Raises FidelityViolated when no choice meets the bound, EngineError when none can be laid out.
    """
    clock = Clock(seconds)
    surveys = known or Surveys()
    every = [
        Search(prover=prover, form=form, samples=samples, fixed=fixed, goal=goal, report=report, known=surveys)
        for form in forms
    ]
    original, searches = _worthwhile(every, report)
    own = original.standard()
    bound = bound_of(own) if own else goal.bound()
    judged, fit = _numbers(original, searches, own, bound)
    candidates = _ranked([found for search in every for found in search.layouts(fit.get(search.form.name, ()))], goal)
    fastest = min(found.cost.prove_seconds for found in candidates)
    finalists: list[Finalist] = []
    for number, candidate in enumerate(candidates[:_FINALISTS], 1):
        search = next(search for search in every if search.form.name == candidate.form)
        found = search.check(candidate)
        if found is None:
            continue
        if track is not None:
            lap = track.run(search.form, found.settings)
            if lap is None:
                continue
            found = replace(found, lap=lap)
        finalists.append(found)
        if track is None:
            # Laid out for real it can take more cells than was estimated, and a block of columns more.
            others = [goal.score(other.cost, fastest) for other in candidates[number : number + 1]]
            if not others or goal.score(found.candidate.cost, fastest) <= others[0]:
                break
        elif clock.left < 0:
            break
    if not finalists:
        what = "holds every sample" if track is None else "holds every sample and can be proved here"
        raise EngineRefused(f"no layout {what}", operation="tune")
    return Tuned(
        winner=_best(finalists, goal, candidates),
        bound=bound,
        baseline=own.fidelity if own else None,
        judged=tuple(judged),
        candidates=tuple(candidates),
        finalists=tuple(finalists),
    )


def _worthwhile(searches: Sequence[Search], report: Report) -> tuple[Search, list[Search]]:
    """The original, and the forms to choose from: with convolutions as they are or as products, what is cheaper.

    All on the same samples, since their errors are compared. A form that answers otherwise is dropped.
    """
    original = next((search for search in searches if search.form.name == "original"), searches[0])
    products = [search for search in searches if search.form.products]
    kept = [search for search in searches if not search.form.products and search.form.name != "original"]
    if products and kept[0].cells >= _PRODUCTS_CELLS and _soonest(products[0]) < _soonest(kept[0]):
        kept = products
    for search in (original, *kept):
        search.samples = search.samples.affordable(kept[0].cells)
    sound = [search for search in kept if search.agrees(original)]
    for search in kept:
        if search not in sound:
            report(f"the engine answers otherwise for the form {search.form.name!r}, which is left out")
    return original, sound or [original]


def _soonest(search: Search) -> float:
    """Least predicted proving seconds; infinite when the form is refused."""
    return min((cost.prove_seconds for cost in search.outlook()), default=inf)


def _numbers(
    original: Search, searches: Sequence[Search], own: Judged | None, bound: Bound
) -> tuple[list[Judged], dict[FormName, list[Judged]]]:
    """Every choice that was run, and by form the choices within the bound."""
    first, *rest = searches
    try:
        judged = first.numerics(own)
    except EngineRefused:
        if not rest:
            raise
        judged = []  # tables as wide as the whole form needs them cannot be made at all
    fit = {first.form.name: [item for item in judged if _fits(item, own, bound)]}
    for search in rest:
        if not _may_win(search, first, judged, fit[first.form.name]):
            continue
        others = search.others(own.numerics if own else None)
        fit[search.form.name] = [item for item in others if bound.holds(item.fidelity, item.flips)]
        judged = [*judged, *others]
    if not any(fit.values()) and original not in searches:
        others = original.numerics(own)
        fit[original.form.name] = [item for item in others if _fits(item, own, bound)]
        judged = [*judged, *others]
    if not any(fit.values()):
        finer = first.finest_of_all() if own is None else []
        judged = [*judged, *finer]
        fit[first.form.name] = [item for item in finer if bound.holds(item.fidelity, item.flips)]
    if not any(fit.values()):  # then without room to spare: the bound is kept, if only just
        for name in fit:
            fit[name] = [
                item for item in judged if item.form == name and bound.holds(item.fidelity, item.flips, room=1.0)
            ]
    if not any(fit.values()):
        raise _violated(judged, bound)
    return judged, fit


def _may_win(search: Search, first: Search, judged: Sequence[Judged], fit: Sequence[Judged]) -> bool:
    """Whether another form than the first is worth running, by its size and by its predicted cost."""
    if judged and search.cells > _MOST_CELLS * max(first.cells, *(item.room for item in judged)):
        return False
    return not fit or search.promises(first, fit)


def _fits(item: Judged, own: Judged | None, bound: Bound) -> bool:
    """Within the bound with room to spare, or ezkl's own choice, which sets it."""
    room = 1.0 if own and item.numerics == own.numerics else ROOM
    return bound.holds(item.fidelity, item.flips, room=room)


def _ranked(candidates: Sequence[Candidate], goal: Goal) -> list[Candidate]:
    """Best first by predicted cost."""
    if not candidates:
        raise EngineRefused("no layout could be made", operation="tune")
    fastest = min(found.cost.prove_seconds for found in candidates)
    return sorted(
        candidates, key=lambda found: (goal.score(found.cost, fastest), found.form, found.layout, found.numerics)
    )


def _best(finalists: Sequence[Finalist], goal: Goal, candidates: Sequence[Candidate]) -> Finalist:
    """By measured proving times where they were measured, and then against the fastest of those."""
    costs = [
        replace(found.candidate.cost, prove_seconds=found.lap.prove_seconds) if found.lap else found.candidate.cost
        for found in finalists
    ]
    judged = costs if finalists[0].lap else [candidate.cost for candidate in candidates]
    fastest = min(cost.prove_seconds for cost in judged)
    scored = zip([goal.score(cost, fastest) for cost in costs], finalists, strict=True)
    return min(scored, key=lambda pair: pair[0])[1]


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
