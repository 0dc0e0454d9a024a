"""`zkchain networks list|check`."""

import click

from ..config import read_config
from ..pipeline.networks import NetworkLine, check_network, list_networks
from .answer import Answer, Line
from .command import command
from .output import Screen


@click.group("networks", no_args_is_help=False)
def entry() -> None:
    """List the networks there are, or check one. They are written down in zkchain.toml."""


@command("list", examples=["zkchain networks list", "zkchain networks list --json"])
def list_command(screen: Screen) -> Answer:
    """List the devnet, the networks that are configured, and public chains that lack only a URL. Asks nobody."""
    found = list_networks(read_config())
    return Answer(facts={"networks": [line.to_json() for line in found]}, lines=[_line(line) for line in found])


@command("check", examples=["zkchain networks check local", "zkchain networks check sepolia --json"])
@click.argument("name")
def check_command(screen: Screen, *, name: str) -> Answer:
    """Look at a network's endpoints, head, hardfork, precompiles, fees and signer; exit code 1 when one is unfit.

    NAME is "local", or a network of zkchain.toml. Nothing is sent.
    """
    checks = check_network(name, read_config(), screen.report)
    fit = all(check.ok for check in checks)
    lines: list[Line] = [(check.part, f"{'ok   ' if check.ok else 'UNFIT'}  {check.found}") for check in checks]
    return Answer(
        facts={"name": name, "fit": fit, "checks": [check.to_json() for check in checks]}, lines=lines, good=fit
    )


for part in (list_command, check_command):
    entry.add_command(part)


def _line(line: NetworkLine) -> Line:
    where = ", ".join(line.urls) if line.configured else "known; needs a URL in zkchain.toml"
    return line.name, f"chain {line.chain_id:<10} {where}"
