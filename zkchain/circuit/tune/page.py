"""A tuning run as a page: every candidate, the Pareto front as a picture, and why the winner won."""

from collections.abc import Sequence

from ...charts import front_chart, number
from ...html import Markup, figure, page, paragraph, section, table
from .goal import NEARLY, Goal
from .search import Tuned
from .steps import Candidate, Finalist

#: Candidates in the table; the picture has all.
_LISTED = 40
_WORDS = {
    "prove": "the shortest proving time",
    "gas": "the least gas to verify, at no more than eight times the shortest proving time",
    "balanced": f"the least gas times key size of those that prove in up to {NEARLY} times the fastest's time",
}


def render_page(name: str, goal: Goal, tuned: Tuned) -> str:
    """The whole page as HTML; `name` is the model's."""
    parts = [_winner(goal, tuned), _picture(tuned), _finalists(tuned), _numerics(tuned), _candidates(tuned)]
    return page(f"Tuning of {name}", parts)


def front(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates that no other beats in both proving time and gas, the fastest first."""
    best: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda found: (found.cost.prove_seconds, found.cost.verify_gas)):
        if not best or candidate.cost.verify_gas < best[-1].cost.verify_gas:
            best.append(candidate)
    return best


def _winner(goal: Goal, tuned: Tuned) -> Markup:
    winner, bound = tuned.winner, tuned.bound
    limits = [
        words
        for words, limit in (
            (f"a largest error of {number(bound.max_abs_error or 0)}", bound.max_abs_error),
            (f"a mean error of {number(bound.mean_abs_error or 0)}", bound.mean_abs_error),
            (f"{bound.flips or 0:.2%} of labels changed", bound.flips),
        )
        if limit is not None
    ]
    source = "asked for" if goal.bounded else "what ezkl's own pipeline reaches on the same samples"
    return section(
        "The winner",
        paragraph(f"Wanted was {_WORDS[goal.optimize]}, within {', '.join(limits)} ({source})."),
        paragraph(_why(tuned)),
        table("The winner", ("what", "value"), _facts(winner)),
    )


def _why(tuned: Tuned) -> str:
    proved = [finalist for finalist in tuned.finalists if finalist.lap is not None]
    if len(proved) > 1:
        return f"It was the best of {len(proved)} finalists that were proved for real on this machine."
    return f"It was predicted to be the best of {len(tuned.candidates)} layouts and held every sample when made."


def _facts(winner: Finalist) -> list[tuple[str, str]]:
    run_args, cost = winner.settings["run_args"], winner.candidate.cost
    facts = [
        ("form", winner.candidate.form),
        ("rows", f"2^{run_args['logrows']}"),
        ("decomposition", f"base {run_args['decomp_base']}, {run_args['decomp_legs']} legs"),
        ("inner columns", str(run_args["num_inner_cols"])),
        ("scales", f"input 2^{run_args['input_scale']}, parameters 2^{run_args['param_scale']}"),
        ("rebase multiplier", str(run_args["scale_rebase_multiplier"])),
        ("largest error", number(winner.fidelity.max_abs_error)),
        ("mean error", number(winner.fidelity.mean_abs_error)),
        ("labels changed", f"{winner.flips:.2%}"),
        ("predicted proving seconds", number(cost.prove_seconds)),
        ("predicted proving key bytes", f"{cost.proving_key_bytes:,}"),
        ("predicted gas to verify", f"{cost.verify_gas:,}"),
    ]
    if winner.lap is not None:
        facts += [
            ("measured proving seconds", number(winner.lap.prove_seconds)),
            ("measured proving key bytes", f"{winner.lap.proving_key_bytes:,}"),
        ]
    return facts


def _picture(tuned: Tuned) -> Markup:
    best = front(tuned.candidates)
    points = [(found.cost.prove_seconds, float(found.cost.verify_gas)) for found in tuned.candidates]
    chosen = tuned.winner.candidate.cost
    chart = front_chart(
        "Candidates",
        f"{len(points)} candidates by proving time and gas; {len(best)} of them are beaten in both by none.",
        points,
        front=[(found.cost.prove_seconds, float(found.cost.verify_gas)) for found in best],
        chosen=(chosen.prove_seconds, float(chosen.verify_gas)),
        x_label="predicted proving seconds",
        y_label="gas",
    )
    return section("The Pareto front", figure(chart, table("The front", _HEADERS, [_row(found) for found in best])))


def _finalists(tuned: Tuned) -> Markup:
    rows = [
        (*_row(found.candidate)[:7], number(found.lap.prove_seconds) if found.lap else "not proved")
        for found in tuned.finalists
    ]
    return section("Finalists", table("Made for real", (*_HEADERS[:7], "measured s"), rows))


def _numerics(tuned: Tuned) -> Markup:
    rows = [
        (
            item.form,
            f"{item.numerics.input_scale}, {item.numerics.param_scale}",
            str(item.numerics.rebase_multiplier),
            number(item.fidelity.max_abs_error),
            number(item.fidelity.mean_abs_error),
            f"{item.flips:.2%}",
            f"{item.settings['total_assignments']:,}",
        )
        for item in tuned.judged
    ]
    headers = (
        "tables",
        "scales (input, parameters)",
        "rebase",
        "largest error",
        "mean error",
        "labels changed",
        "cells",
    )
    return section("Choices of numbers", table("Run on the judged samples", headers, rows))


def _candidates(tuned: Tuned) -> Markup:
    shown = tuned.candidates[:_LISTED]
    title = f"The best {len(shown)} of {len(tuned.candidates)}"
    return section("Candidates", table(title, _HEADERS, [_row(found) for found in shown]))


_HEADERS = ("form", "scales", "rebase", "base", "legs", "columns", "rows", "predicted s", "gas", "key MB", "error")


def _row(found: Candidate) -> tuple[str, ...]:
    numerics, layout, cost = found.numerics, found.layout, found.cost
    return (
        found.form,
        f"{numerics.input_scale}, {numerics.param_scale}",
        str(numerics.rebase_multiplier),
        str(layout.base),
        str(layout.legs),
        str(layout.inner),
        f"2^{layout.logrows}",
        number(cost.prove_seconds),
        f"{cost.verify_gas:,}",
        number(cost.proving_key_bytes / 1e6),
        number(found.max_abs_error),
    )
