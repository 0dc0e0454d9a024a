"""`zkchain devnet`."""

import click

from ..chain.devnet import running_devnet, serve_devnet, start_devnet, stop_devnet
from ..chain.devnet_state import DevnetInfo, Engine
from ..config import read_config
from ..errors import UsageError
from .answer import Answer
from .command import command
from .output import Screen


@command(
    "devnet",
    examples=[
        "zkchain devnet",
        "zkchain devnet --engine anvil --port 8545 --detach",
        "zkchain devnet --status --json",
        "zkchain devnet --stop",
    ],
)
@click.option("--engine", type=click.Choice(["embedded", "anvil"]), help="What runs the chain.  [default: embedded]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port on 127.0.0.1.  [default: a free one]")
@click.option("--detach", is_flag=True, help="Start it and return; later commands use it.")
@click.option("--status", is_flag=True, help="Show the devnet that runs; exit code 1 when none does.")
@click.option("--stop", is_flag=True, help="Stop the devnet and forget its chain.")
def entry(
    screen: Screen, *, engine: Engine | None, port: int | None, detach: bool, status: bool, stop: bool
) -> Answer | None:
    """Run a local development chain until Ctrl-C, or with --detach until --stop.

    It answers JSON-RPC over HTTP on loopback. `--network local` starts one of its own when none runs.
    """
    if detach + status + stop > 1 or ((status or stop) and (engine is not None or port is not None)):
        raise UsageError(
            "--detach, --status and --stop exclude each other, and the last two take no --engine or --port"
        )
    home = read_config().home
    if stop:
        return _stopped(found=stop_devnet(home))
    if status:
        return _status(running_devnet(home))
    if detach:
        return _running(start_devnet(home, engine=engine, port=port))
    try:
        serve_devnet(home, engine=engine, port=port, ready=lambda info: screen.show(_running(info)))
    except KeyboardInterrupt:
        # The way to end it, and serve_devnet has cleaned up.
        screen.report("stopped")
    return None


def _running(info: DevnetInfo) -> Answer:
    lines = [("devnet", f"{info.engine}, process {info.pid}"), ("RPC", info.rpc_url), ("chain id", str(info.chain_id))]
    return Answer(facts={"running": True, **info.to_json()}, lines=lines)


def _status(info: DevnetInfo | None) -> Answer:
    if info is None:
        return Answer(facts={"running": False}, lines=["no devnet runs"], good=False)
    return _running(info)


def _stopped(*, found: bool) -> Answer:
    return Answer(facts={"stopped": found}, lines=["stopped" if found else "no devnet ran"])
