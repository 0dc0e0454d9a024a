"""`zkchain compile`."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ..circuit.options import STOCK_VISIBILITY
from ..circuit.tune.settings import read_pins
from ..config import read_config
from ..errors import UsageError
from ..pipeline.compile import compile_model
from ..pipeline.engine import make_engine
from . import answers
from .answer import Answer
from .circuits import circuit_options, compile_options
from .command import command
from .output import Screen
from .parameters import PATH


@command(
    "compile",
    examples=[
        "zkchain compile model.onnx --samples samples.json",
        "zkchain compile model.onnx --samples samples.npz --out my.bundle --dim batch=1",
        "zkchain compile model.onnx --samples samples.json --max-error 0.01 --optimize gas",
        "zkchain compile model.onnx --samples samples.csv --visibility input=public,output=public,params=hashed",
        "zkchain compile model.onnx --samples samples.csv --visibility input=auto --optimize gas",
    ],
)
@click.argument("model", type=PATH)
@click.option("--out", type=PATH, help="Where the bundle goes.  [default: MODEL.bundle]")
@circuit_options
@click.option(
    "--tune-seconds",
    type=click.FloatRange(min=0),
    help="Prove the best candidates for real for about so long, keep the fastest.  [default: trust the prediction]",
)
@click.option("--settings", "pinned", type=PATH, help="Take the run arguments of this settings.json; tune nothing.")
@click.option("--stock", is_flag=True, help="Run ezkl's own default pipeline, unbound, for comparison.")
@click.option("--force", is_flag=True, help="Replace another bundle at --out.")
def entry(
    screen: Screen,
    *,
    model: Path,
    samples: Path,
    out: Path | None,
    dims: dict[str, int],
    tune_seconds: float | None,
    pinned: Path | None,
    stock: bool,
    force: bool,
    **chosen: Any,
) -> Answer:
    """Make a circuit bundle from the ONNX file MODEL and samples of its input.

    The circuit is tuned: the cheapest one is kept whose error is no worse than that of ezkl's own pipeline, or within
    --max-error and --max-flip. The same model, samples and options give the same bundle; running it again does no
    work.
    """
    if sum((stock, pinned is not None, tune_seconds is not None)) > 1:
        raise UsageError("--stock, --settings and --tune-seconds exclude each other", remedy="give one of them")
    config = read_config()
    options = compile_options(**chosen, default=STOCK_VISIBILITY if stock else None)
    if options.input_by_gas and (stock or pinned is not None):
        raise UsageError("input=auto chooses between tuned circuits", remedy="name the input's visibility")
    options = replace(
        options,
        binding=options.binding and not stock,
        stock=stock,
        tune_seconds=tune_seconds,
        pinned=() if pinned is None else read_pins(pinned),
    )
    result = compile_model(
        model,
        samples,
        config=config,
        prover=make_engine(config),
        out=out,
        options=options,
        dims=dims,
        replace_other=force,
        report=screen.report,
    )
    return answers.compiled(result)
