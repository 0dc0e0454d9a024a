"""Options that say how a circuit is to be made, shared by the commands that make one."""

from collections.abc import Callable
from functools import reduce
from typing import Any, cast

import click

from ..circuit.options import CompileOptions, parse_visibility, split_auto
from ..circuit.tune.goal import Goal, Optimize
from ..records import Visibility
from .parameters import PATH, dims_option

_POSITIVE = click.FloatRange(min=0, min_open=True)

_OPTIONS = (
    click.option(
        "--samples",
        type=PATH,
        required=True,
        help="Inputs to calibrate on: .json, .npz, .npy, or .csv for one input.",
    ),
    click.option(
        "--visibility",
        default="",
        metavar="input=...,output=...,params=...",
        help="Who sees what: input and output public, private or hashed; params fixed, hashed or private. "
        "Under input=auto the input is public or hashed, whichever is cheaper to verify."
        "  [default: input=private,output=public,params=fixed]",
    ),
    click.option("--no-binding", is_flag=True, help="Bind no proof to a chain and an account: anyone may submit it."),
    click.option(
        "--optimize",
        type=click.Choice(["prove", "gas", "balanced"]),
        default="balanced",
        show_default=True,
        help="What the circuit should be cheap in: proving time, gas to verify, or time first, then gas and key size.",
    ),
    click.option(
        "--max-error",
        type=_POSITIVE,
        help="Largest error of an output that is allowed.  [default: no worse than ezkl's own pipeline]",
    ),
    click.option(
        "--max-flip",
        type=click.FloatRange(0, 1),
        help="Largest share of changed labels or signs that is allowed, 0 to 1.",
    ),
    click.option(
        "--logits",
        is_flag=True,
        help="Leave out a last Softmax, LogSoftmax or Sigmoid: other numbers, the same label, a smaller circuit.",
    ),
    dims_option,
    click.option(
        "--i-want-unbound-model",
        "unbound_model_accepted",
        is_flag=True,
        help="Accept params=private, under which proofs of other weights pass too.",
    ),
)


def circuit_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command; their values arrive under their names."""
    return reduce(lambda wrapped, option: option(wrapped), reversed(_OPTIONS), function)


def compile_options(
    *,
    visibility: str,
    no_binding: bool,
    optimize: str,
    max_error: float | None,
    max_flip: float | None,
    logits: bool,
    unbound_model_accepted: bool,
    default: Visibility | None = None,
) -> CompileOptions:
    """The options as a record. Raises UsageError."""
    concrete, by_gas = split_auto(visibility)
    return CompileOptions(
        visibility=parse_visibility(concrete, default or Visibility()),
        input_by_gas=by_gas,
        binding=not no_binding,
        unbound_model_accepted=unbound_model_accepted,
        logits=logits,
        goal=Goal(optimize=cast("Optimize", optimize), max_error=max_error, max_flip=max_flip),
    )
