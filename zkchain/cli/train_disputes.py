"""`zkchain train dispute|reveal|strike`."""

from datetime import UTC, datetime
from pathlib import Path

import click

from ..config import read_config
from ..pipeline.engine import make_engine
from ..pipeline.training.client import Client
from ..pipeline.training.coordinator import Coordinator
from ..pipeline.training.folder import load_federation
from ..pipeline.training.setup import find_federation
from .answer import Answer
from .command import command
from .output import Screen
from .parameters import PATH

_NOTHING = "none: nothing hides the sum of this batch's gradients any more"


@command("dispute", examples=["zkchain train dispute plan.toml"])
@click.argument("plan", type=PATH)
def dispute_command(screen: Screen, *, plan: Path) -> Answer:
    """Ask all clients of PLAN's open round to reveal their updates, if their sum is not that of what they proved.

    For the coordinator. `train run` and `train coordinator` do it by themselves. Every update of the round becomes
    public, on chain, or its owner is struck; the plan has to say `disputes = true`.
    """
    opened = _coordinator(screen, plan).dispute()
    until = datetime.fromtimestamp(opened.until, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    lines = [("round", str(opened.round)), ("to reveal", ", ".join(opened.clients)), ("until", until)]
    return Answer(facts=opened.to_json(), lines=[*lines, ("gas", f"{opened.gas:,}")])


@command("reveal", examples=["zkchain train reveal plan.toml --as north"])
@click.argument("plan", type=PATH)
@click.option("--as", "name", required=True, metavar="NAME", help="Which of the plan's owners.")
def reveal_command(screen: Screen, *, plan: Path, name: str) -> Answer:
    """Answer a dispute: put one owner's update of the round on chain, for everybody and for ever.

    What becomes public is the clipped, noisy sum of the gradients of one batch, with its salt. Nothing else of the data
    is shown. But where sums are private this owner's share of the noise hides its data alone, which the epsilon on the
    ledger does not count; the answer says which epsilon that is. Take the weights after the round for public too. Who
    does not reveal in time is struck. `train client` reveals by itself.
    """
    config = read_config()
    client = Client(load_federation(plan), name, config=config, prover=make_engine(config), report=screen.report)
    shown = client.reveal()
    lines = [("owner", shown.name), ("round", str(shown.round)), ("values", f"{shown.values:,}, public from now on")]
    privacy = _NOTHING if shown.epsilon is None else f"epsilon {shown.epsilon:.6f} for this update alone"
    return Answer(facts=shown.to_json(), lines=[*lines, ("privacy", privacy), ("gas", f"{shown.gas:,}")])


@command("strike", examples=["zkchain train strike plan.toml"])
@click.argument("plan", type=PATH)
def strike_command(screen: Screen, *, plan: Path) -> Answer:
    """Shut every owner out who did not reveal what it proved before the dispute's deadline.

    `train run` and `train coordinator` do it by themselves. Updates of those who are struck do not count in the round.
    """
    struck = _coordinator(screen, plan).strike()
    lines = [("round", str(struck.round)), ("struck", ", ".join(struck.owners)), ("gas", f"{struck.gas:,}")]
    return Answer(facts=struck.to_json(), lines=lines)


def _coordinator(screen: Screen, plan: Path) -> Coordinator:
    """Of a federation that stands: where there is none, there is nothing to dispute, and none is set up."""
    config = read_config()
    prover = make_engine(config)
    standing = find_federation(load_federation(plan), config=config, prover=prover, report=screen.report)
    return Coordinator(standing, config=config, prover=prover, report=screen.report)
