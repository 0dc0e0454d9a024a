"""`zkchain compile`."""

from pathlib import Path

import click

from ..circuit.options import STOCK_VISIBILITY, CompileOptions, parse_visibility
from ..config import read_config
from ..pipeline.compile import compile_model
from ..pipeline.engine import make_engine
from ..records import Visibility
from . import answers
from .answer import Answer
from .command import command
from .output import Screen
from .parameters import PATH, dims_option


@command(
    "compile",
    examples=[
        "zkchain compile model.onnx --samples samples.json",
        "zkchain compile model.onnx --samples samples.npz --out my.bundle --dim batch=1",
        "zkchain compile model.onnx --samples samples.csv --visibility input=public,output=public,params=hashed",
    ],
)
@click.argument("model", type=PATH)
@click.option(
    "--samples",
    type=PATH,
    required=True,
    help="Inputs to calibrate on: .json, .npz, .npy, or .csv for one input.",
)
@click.option("--out", type=PATH, help="Where the bundle goes.  [default: MODEL.bundle]")
@click.option(
    "--visibility",
    default="",
    metavar="input=...,output=...,params=...",
    help="Who sees what: input and output public, private or hashed; params fixed, hashed or private."
    "  [default: input=private,output=public,params=fixed]",
)
@click.option("--no-binding", is_flag=True, help="Bind no proof to a chain and an account: anyone may submit it.")
@click.option("--stock", is_flag=True, help="Run ezkl's own default pipeline, unbound, for comparison.")
@dims_option
@click.option(
    "--i-want-unbound-model",
    "unbound_model_accepted",
    is_flag=True,
    help="Accept params=private, under which proofs of other weights pass too.",
)
@click.option("--force", is_flag=True, help="Replace another bundle at --out.")
def entry(
    screen: Screen,
    *,
    model: Path,
    samples: Path,
    out: Path | None,
    visibility: str,
    no_binding: bool,
    stock: bool,
    dims: dict[str, int],
    unbound_model_accepted: bool,
    force: bool,
) -> Answer:
    """Make a circuit bundle from the ONNX file MODEL and samples of its input.

    The same model, samples and options give the same bundle; running it again does no work.
    """
    config = read_config()
    options = CompileOptions(
        visibility=parse_visibility(visibility, STOCK_VISIBILITY if stock else Visibility()),
        binding=not (no_binding or stock),
        stock=stock,
        unbound_model_accepted=unbound_model_accepted,
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
