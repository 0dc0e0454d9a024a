"""A traced model as a page: the picture of its lineage, and tables that say the same."""

from ... import html
from ...html import Markup
from ...records import InferenceEvent
from ...training.accounting import UNITS
from ...training.lineage import Traced, TracedRound

#: In place of an epsilon, where nothing bounds what can be learnt.
NO_NOISE = "no noise"
_ROW, _TOP, _LEFT, _BOX, _GAP = 26, 40, 10, 150, 90
_COLUMNS = [_LEFT + place * (_BOX + _GAP) for place in range(5)]
#: Answers in the picture and in the table, the latest.
LATEST = 8
#: Characters of an answer in the table.
_LONGEST = 120


def lineage_page(traced: Traced) -> str:
    """The whole document."""
    parts = [
        html.section(
            "From an answer back to the data",
            *_checked(traced),
            html.figure(lineage_picture(traced)),
        ),
        html.section("Model", _facts(traced)),
        *([html.section("Answers", _answers(traced))] if traced.answers else []),
        html.section("Rounds", *(_round(item) for item in traced.rounds)),
        *([html.section("Disputes", _disputes(traced))] if traced.disputes else []),
        html.section("Data", _data(traced)),
        html.section("Circuits", _circuits(traced)),
        html.section("Problems", *(html.paragraph(problem) for problem in traced.problems or ("none were found",))),
    ]
    return html.page("Lineage of a trained model", parts)


def epsilon_of(spent: int) -> str:
    """What was charged in billionths, in words where nothing was: 0 would be perfect privacy."""
    return f"{spent / UNITS:.6f}" if spent else NO_NOISE


def privacy_of(traced: Traced) -> str:
    """The most that any client has spent, and for whom that is not all."""
    if traced.epsilon is None:
        return NO_NOISE
    spent = f"{traced.epsilon / UNITS:.6f}"
    if not traced.revealed:
        return spent
    return (
        f"{spent}, but not for the owners of the {traced.revealed} updates that were revealed in disputes: "
        "nothing but its owner's own noise hides such an update"
    )


def lineage_picture(traced: Traced) -> Markup:
    """Data roots, the updates made of them, the models made of those, the version, its answers: left to right."""
    names = ("data", "updates", "models", "version", "answers")
    parts = [_label(_COLUMNS[place], words) for place, words in enumerate(names)]
    at_client = {item.client: _TOP + _ROW * place for place, item in enumerate(traced.data)}
    parts += [_box(_COLUMNS[0], at_client[item.client], _short(item.root)) for item in traced.data]
    y = model_y = _TOP
    if traced.rounds:
        parts.append(_box(_COLUMNS[2], y, f"0: {_short(traced.rounds[0].before)}"))
        y += _ROW
    for item in traced.rounds:
        before_y, model_y = model_y, y + _ROW * (len(item.updates) - 1) // 2
        for update in item.updates:
            parts.append(_box(_COLUMNS[1], y, f"{item.round}: {_short(update.commitment)}"))
            parts.append(_arrow(_COLUMNS[0] + _BOX, at_client.get(update.client, _TOP), _COLUMNS[1], y))
            parts.append(_arrow(_COLUMNS[1] + _BOX, y, _COLUMNS[2], model_y))
            y += _ROW
        parts.append(_box(_COLUMNS[2], model_y, f"{item.round}: {_short(item.after)}"))
        parts.append(_line(f"M{_COLUMNS[2] + _BOX // 2},{before_y + 10} V{model_y - 10}"))
        y += _ROW
    parts.append(_box(_COLUMNS[3], model_y, _short(traced.model_id)))
    parts.append(_arrow(_COLUMNS[2] + _BOX, model_y, _COLUMNS[3], model_y))
    shown = [_short(event.tx_hash) for event in traced.answers[-LATEST:]]
    if len(traced.answers) > len(shown):
        shown.insert(0, f"{len(traced.answers) - len(shown):,} earlier ones")
    first = max(_TOP, model_y - _ROW * (len(shown) - 1) // 2)
    for place, words in enumerate(shown):
        parts.append(_box(_COLUMNS[4], first + _ROW * place, words))
        parts.append(_arrow(_COLUMNS[3] + _BOX, model_y, _COLUMNS[4], first + _ROW * place))
    height = max(_TOP + _ROW * (len(traced.data) + 1), y, first + _ROW * len(shown), _TOP + 2 * _ROW)
    title = "Lineage: data, updates, models, the version that answers, and its answers"
    return Markup(
        f'<svg viewBox="0 0 {_COLUMNS[4] + _BOX + _LEFT} {height}" role="img" aria-label="{title}" '
        f'style="max-width:72rem"><title>{title}</title>' + "".join(parts) + "</svg>"
    )


def _checked(traced: Traced) -> list[Markup]:
    """What the picture is worth: all that it says where the setup was compared, and else what nobody has looked at."""
    if traced.problems:
        said = "Not every line holds: the problems are listed below."
    elif traced.setup == "compared":
        said = (
            "Every line was checked: the ledger took an update only with a proof about registered data and the "
            "model before it, a model only with a proof about the sum of the updates, and the registered version "
            "has exactly the weights of the last one."
        )
    else:
        said = "The picture is what the ledger says, and no more than that."
    return [html.paragraph(text) for text in (said, *(f"Not checked: {item}." for item in traced.unchecked))]


def _facts(traced: Traced) -> Markup:
    rows = [
        ("id", traced.model_id),
        ("ledger", traced.ledger),
        ("after round", traced.round),
        ("commitment to its weights", traced.model),
        ("Poseidon hash of its weights", traced.poseidon),
        ("epsilon, at most", privacy_of(traced)),
        ("proved answers so far", "not looked for" if traced.gateway is None else len(traced.answers)),
    ]
    return html.table("the model", ("what", "value"), rows)


def _answers(traced: Traced) -> Markup:
    rows = [
        (event.block, event.tx_hash, event.account, event.input_commitment, _outputs(event))
        for event in traced.answers[-LATEST:]
    ]
    words = "the proved answers" if len(rows) == len(traced.answers) else f"the last {len(rows)} proved answers"
    return html.table(words, ("block", "transaction", "account", "commitment to the input", "answer"), rows)


def _outputs(event: InferenceEvent) -> str:
    """What was answered, by output; cut where it is long."""
    said = "; ".join(f"{name}: {', '.join(map(str, values))}" for name, values in event.outputs.items())
    return said if len(said) <= _LONGEST else said[:_LONGEST] + "…"


def _round(item: TracedRound) -> Markup:
    rows = [
        (
            update.client,
            update.batch,
            update.commitment,
            epsilon_of(update.epsilon),
            update.noise,
            f"{update.gas:,}",
        )
        for update in item.updates
    ]
    return html.table(
        f"round {item.round}: {_short(item.before)} to {_short(item.after)}, closed for {item.gas:,} gas",
        ("client", "batch", "update", "epsilon", "noise", "gas"),
        rows,
    )


def _disputes(traced: Traced) -> Markup:
    rows = [
        (
            item.round,
            ", ".join(item.revealed) or "nobody",
            ", ".join(item.struck) or "nobody",
            ", ".join(item.expelled) or "nobody",
            item.outcome,
        )
        for item in traced.disputes
    ]
    return html.table(
        "rounds whose sum was not that of what was proved",
        ("round", "revealed", "struck for not revealing", "expelled by the coordinator", "round ended"),
        rows,
    )


def _data(traced: Traced) -> Markup:
    rows = [
        (
            item.client,
            item.root,
            item.commitment,
            f"{item.registered.root}, {item.registered.day}" if item.registered else "none",
            item.batches,
            item.samples,
            f"{item.epsilon_cap / UNITS:g}" if item.epsilon_cap else NO_NOISE,
        )
        for item in traced.data
    ]
    columns = ("client", "root", "committed by", "hashes registered before", "batches", "samples", "epsilon cap")
    return html.table("registered data", columns, rows)


def _circuits(traced: Traced) -> Markup:
    rows = [(item.statement, item.digest, item.checked_by, item.entry) for item in traced.circuits]
    return html.table(
        "whose proofs were taken", ("what they say", "digest", "checked by", "entry in the registry"), rows
    )


def _short(value: str) -> str:
    return value[:10] + "…"


def _label(x: int, words: str) -> str:
    return f'<text x="{x}" y="20" fill="currentColor">{words}</text>'


def _box(x: int, y: int, words: str) -> str:
    return (
        f'<rect x="{x}" y="{y - 10}" width="{_BOX}" height="20" rx="4" fill="none" stroke="var(--accent)"/>'
        f'<text x="{x + 6}" y="{y + 4}" fill="currentColor">{html.text(words)}</text>'
    )


def _arrow(x1: int, y1: int, x2: int, y2: int) -> str:
    middle = (x1 + x2) // 2
    return _line(f"M{x1},{y1} C{middle},{y1} {middle},{y2} {x2},{y2}")


def _line(path: str) -> str:
    return f'<path d="{path}" fill="none" stroke="currentColor" stroke-opacity="0.35"/>'
