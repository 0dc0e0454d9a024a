"""`zkchain events`."""

import click

from ..config import read_config
from ..pipeline.submit import list_inferences
from . import answers
from .answer import Answer
from .command import command
from .output import Screen
from .parameters import network_option


@command("events", examples=["zkchain events --network local", "zkchain events --network local --from-block 12 --json"])
@network_option
@click.option(
    "--from-block", type=click.IntRange(min=0), default=0, show_default=True, help="The first block to look at."
)
def entry(screen: Screen, *, network: str, from_block: int) -> Answer:
    """List the proved answers that the gateways of a network have accepted, oldest first."""
    found = list_inferences(network, config=read_config(), from_block=from_block, report=screen.report)
    return answers.listed(found)
