"""`zkchain train publish`."""

from pathlib import Path

import click

from ..config import read_config
from ..pipeline.engine import make_engine
from ..pipeline.training.publish import Published, publish_model
from .answer import Answer
from .command import command
from .output import Screen
from .parameters import PATH


@command("publish", examples=["zkchain train publish plan.toml"])
@click.argument("plan", type=PATH)
@click.option("--out", type=PATH, help="Where the bundle goes.  [default: beside the plan]")
def publish_command(screen: Screen, *, plan: Path, out: Path | None) -> Answer:
    """Compile and deploy what PLAN's federation trained, bound to the ledger's current model."""
    config = read_config()
    return _published(publish_model(plan, config=config, prover=make_engine(config), out=out, report=screen.report))


def _published(result: Published) -> Answer:
    return Answer(
        facts=result.to_json(),
        lines=[
            ("model", f"{result.name}, {result.model_id}"),
            ("weights", f"after round {result.round}: {result.model}"),
            ("bundle", result.folder),
            ("ledger", result.ledger),
            ("gas", f"{result.gas:,}"),
        ],
    )
