"""`zkchain train certify`."""

from pathlib import Path

import click

from ..pipeline.training.hosts import Certified, certify
from .answer import Answer, Line
from .command import command
from .output import Screen
from .parameters import PATH


@command(
    "certify",
    examples=[
        "zkchain train certify plan.toml --as north --tls tls",
        "zkchain train certify plan.toml --as coordinator --tls tls",
    ],
)
@click.argument("plan", type=PATH)
@click.option("--as", "name", metavar="NAME", help='An owner, or "coordinator".  [default: all of them, for a trial]')
@click.option("--tls", type=PATH, required=True, metavar="FOLDER", help="Where key and certificate go.")
def certify_command(screen: Screen, *, plan: Path, name: str | None, tls: Path) -> Answer:
    """Make the key and the certificate by which a member of PLAN is known on other hosts; NAME.pem is for all."""
    return _certified(certify(plan, tls, name))


def _certified(result: Certified) -> Answer:
    lines: list[Line] = [("folder", result.folder)]
    lines += [("made", f"{name}.pem for all members, {name}.key for {name} alone") for name in result.made]
    lines += [("kept", name) for name in result.kept]
    return Answer(facts=result.to_json(), lines=lines)
