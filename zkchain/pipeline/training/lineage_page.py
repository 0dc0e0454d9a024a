"""A traced model as a page: the picture of its lineage, and tables that say the same."""

from ... import html
from ...html import Markup
from ...training.accounting import UNITS
from ...training.lineage import Traced, TracedRound
from ...values import Address

#: In place of an epsilon, where nothing bounds what can be learnt.
NO_NOISE = "no noise"
_ROW, _LEFT, _BOX, _GAP = 26, 10, 150, 90
_COLUMNS = [_LEFT + place * (_BOX + _GAP) for place in range(4)]


def lineage_page(traced: Traced) -> str:
    """The whole document."""
    parts = [
        html.section(
            "From an answer back to the data",
            *_checked(traced),
            html.figure(lineage_picture(traced)),
        ),
        html.section("Model", _facts(traced)),
        html.section("Rounds", *(_round(item) for item in traced.rounds)),
        *([html.section("Disputes", _disputes(traced))] if traced.disputes else []),
        html.section("Data", _data(traced)),
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
    """Data roots, the updates made of them, the models made of those, and the version that answers: left to right."""
    clients = [item.client for item in traced.data]
    rounds = traced.rounds
    height = _ROW * max(len(clients) + 1, sum(len(item.updates) + 1 for item in rounds), 2) + 40
    parts = [_label(_COLUMNS[place], words) for place, words in enumerate(("data", "updates", "models", "version"))]
    at_client = {client: 40 + _ROW * place for place, client in enumerate(clients)}
    parts += [_box(_COLUMNS[0], at_client[item.client], _short(item.root)) for item in traced.data]
    y, model_y = 40, 40
    for item in rounds:
        model_y = y + _ROW * (len(item.updates) - 1) // 2
        for update in item.updates:
            parts.append(_box(_COLUMNS[1], y, f"{item.round}: {_short(update.commitment)}"))
            parts += _arrow(_COLUMNS[0] + _BOX, _from(at_client, update.client), _COLUMNS[1], y)
            parts += _arrow(_COLUMNS[1] + _BOX, y, _COLUMNS[2], model_y)
            y += _ROW
        parts.append(_box(_COLUMNS[2], model_y, f"{item.round}: {_short(item.after)}"))
        y += _ROW
    parts.append(_box(_COLUMNS[3], model_y, _short(traced.model_id)))
    parts += _arrow(_COLUMNS[2] + _BOX, model_y, _COLUMNS[3], model_y)
    width = _COLUMNS[3] + _BOX + _LEFT
    title = "Lineage: data, updates, models and the version that answers"
    return Markup(
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{title}" style="max-width:60rem">'
        f"<title>{title}</title>" + "".join(parts) + "</svg>"
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
        ("proved answers so far", traced.answers),
    ]
    return html.table("the model", ("what", "value"), rows)


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


def _from(places: dict[Address, int], client: Address) -> int:
    return places.get(client, 40)


def _short(value: str) -> str:
    return value[:10] + "…"


def _label(x: int, words: str) -> str:
    return f'<text x="{x}" y="20" fill="currentColor">{words}</text>'


def _box(x: int, y: int, words: str) -> str:
    return (
        f'<rect x="{x}" y="{y - 10}" width="{_BOX}" height="20" rx="4" fill="none" stroke="var(--accent)"/>'
        f'<text x="{x + 6}" y="{y + 4}" fill="currentColor">{html.text(words)}</text>'
    )


def _arrow(x1: int, y1: int, x2: int, y2: int) -> list[str]:
    middle = (x1 + x2) // 2
    return [
        f'<path d="M{x1},{y1} C{middle},{y1} {middle},{y2} {x2},{y2}" fill="none" stroke="currentColor" '
        'stroke-opacity="0.35"/>'
    ]
