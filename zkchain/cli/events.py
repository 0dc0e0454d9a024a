"""`zkchain events`."""

import click

from ..config import read_config
from ..pipeline.follow import CURSOR, follow_inferences
from ..pipeline.submit import list_inferences
from . import answers
from .answer import Answer
from .command import command
from .output import ReaderGone, Screen
from .parameters import network_option
from .stopping import Stopping


@command(
    "events",
    examples=[
        "zkchain events --network local",
        "zkchain events --network local --from-block 12 --json",
        "zkchain events --network sepolia --follow --cursor billing --json",
        "zkchain events --network sepolia --cursor nightly",
    ],
)
@network_option
@click.option(
    "--from-block",
    type=click.IntRange(min=0),
    help="The first block to look at, by default the gateway's own. A cursor looks at it when it is new.",
)
@click.option("--follow", is_flag=True, help="Go on with answers as they come, until interrupted.")
@click.option(
    "--cursor",
    metavar="NAME",
    help=f'Who reads: each NAME is told of each event once. With --follow "{CURSOR}" if not given.',
)
def entry(screen: Screen, *, network: str, from_block: int | None, follow: bool, cursor: str | None) -> Answer | None:
    """List the proved answers that the gateways of a network have accepted, oldest first.

    With --follow or --cursor, those that this cursor was not told of, once they have the network's confirmations; with
    --json, a JSON object on a line each. What a deeper reorganisation took back comes again with "removed" true.
    """
    config = read_config()
    if not follow and cursor is None:
        return answers.listed(list_inferences(network, config=config, from_block=from_block, report=screen.report))
    with Stopping() as stopping:
        notices = follow_inferences(
            network,
            config=config,
            cursor=CURSOR if cursor is None else cursor,
            from_block=from_block,
            wait=follow,
            hold=stopping.hold,
            report=screen.report,
        )
        try:
            for notice in notices:
                screen.line(answers.noticed(notice))
        except (KeyboardInterrupt, ReaderGone):
            pass  # the one way to end it; what was shown is acknowledged, unless its reader is gone
    return None
