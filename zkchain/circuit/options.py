"""What a user may choose about a circuit, checked."""

from dataclasses import dataclass

from ..errors import UsageError, VisibilityRefused
from ..record import Record
from ..records import Visibility
from .tune.goal import Goal

#: ezkl's own defaults, for the stock pipeline.
STOCK_VISIBILITY = Visibility(input="public", output="public", params="fixed")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileOptions(Record):
    """The choices that change a circuit."""

    visibility: Visibility = Visibility()  # noqa: RUF009 - frozen
    input_by_gas: bool = False  #: the input is public or hashed, whichever is cheaper to verify
    binding: bool = True
    stock: bool = False
    unbound_model_accepted: bool = False
    logits: bool = False  #: leave out a last activation that keeps the order of the scores
    goal: Goal = Goal()  # noqa: RUF009 - frozen
    pinned: tuple[tuple[str, str], ...] = ()  #: run arguments of a settings file, as JSON text, by name
    tune_seconds: float | None = None  #: how long candidates are proved for real; None: the model decides


def parse_visibility(text: str, default: Visibility) -> Visibility:
    """Read "input=private,output=public,params=fixed"; parts left out keep `default`. Raises UsageError."""
    chosen = default.to_json()
    for part in filter(None, (item.strip() for item in text.split(","))):
        name, _, value = part.partition("=")
        if name not in chosen or not value:
            raise UsageError(f"{part!r} is not one of input=..., output=..., params=...", found=part)
        chosen[name] = value
    try:
        return Visibility.from_json(chosen)
    except ValueError as error:
        raise UsageError(
            f"{text!r}: {error}; inputs and outputs are public, private or hashed (an input may be auto); "
            "params fixed, hashed or private",
            found=text,
        ) from error


def split_auto(text: str) -> tuple[str, bool]:
    """The text without "input=auto", and whether that was there."""
    parts = [item.strip() for item in text.split(",")]
    kept = [part for part in parts if part != "input=auto"]
    return ",".join(kept), len(kept) < len(parts)


def refuse_empty_statements(options: CompileOptions) -> None:
    """Raise VisibilityRefused for choices whose proofs would say nothing, or not what they seem to."""
    visibility = options.visibility
    if visibility.output == "private":
        raise VisibilityRefused("with private outputs a proof says nothing; outputs must be public or hashed")
    if visibility.params == "private" and not options.unbound_model_accepted:
        raise VisibilityRefused(
            "with private params a proof made with any other weights is accepted under the same key",
            remedy="use params=fixed or params=hashed, or say --i-want-unbound-model",
        )
    if options.binding and visibility.output == "hashed":
        raise VisibilityRefused(
            "a proof carries its binding beside public outputs, and with hashed outputs there are none",
            remedy="use output=public, or --no-binding",
        )
