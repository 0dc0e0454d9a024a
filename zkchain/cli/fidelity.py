"""`zkchain fidelity`."""

from pathlib import Path

import click

from ..circuit.fidelity_report import FidelityBounds
from ..config import read_config
from ..errors import UsageError
from ..pipeline.engine import make_engine
from ..pipeline.fidelity import check_fidelity
from .answer import Answer
from .answers_fidelity import checked
from .command import command
from .output import Screen
from .parameters import PATH


@command(
    "fidelity",
    examples=[
        "zkchain fidelity model.bundle --data held-out.csv --report fidelity.html",
        "zkchain fidelity model.bundle --data held-out.npz --max-error 0.01 --max-flip 0.001",
    ],
)
@click.argument("bundle", type=PATH)
@click.option("--data", type=PATH, required=True, help="Inputs to judge on, better not those of compile.")
@click.option("--max-error", type=float, metavar="X", help="Largest absolute error allowed in any float output.")
@click.option("--max-flip", type=float, metavar="P", help="Largest share of changed labels allowed, 0 to 1.")
@click.option("--report", "page", type=PATH, help="Write a page with pictures here.")
def entry(
    screen: Screen, *, bundle: Path, data: Path, max_error: float | None, max_flip: float | None, page: Path | None
) -> Answer:
    """Compare BUNDLE's circuit with its float model; exit code 1 when a bound does not hold.

    Both answer the data, and inputs made from them: near ties, random, and at the corners of the calibrated range,
    where bounds hold too, and beyond it, where nothing is promised. Without bounds, it only reports.
    """
    try:
        bounds = FidelityBounds(max_error=max_error, max_flip=max_flip)
    except ValueError as error:
        raise UsageError(str(error), remedy="run: zkchain fidelity --help") from None
    prover = make_engine(read_config())
    return checked(check_fidelity(bundle, data, prover=prover, bounds=bounds, page=page, report=screen.report))
