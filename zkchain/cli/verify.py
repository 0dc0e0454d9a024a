"""`zkchain verify`."""

from pathlib import Path

import click

from ..config import read_config
from ..errors import UsageError
from ..pipeline.engine import make_engine
from ..pipeline.verify import verify_on_network, verify_with_bundle
from . import answers
from .answer import Answer
from .command import command
from .output import Screen
from .parameters import PATH


@command(
    "verify",
    examples=[
        "zkchain verify model.proof.json --bundle model.bundle",
        "zkchain verify model.proof.json --network local",
    ],
)
@click.argument("proof", type=PATH)
@click.option("--bundle", type=PATH, help="Judge by this bundle's verifying key, on this machine.")
@click.option("--network", metavar="NAME", help="Judge by the contracts of this network; nothing is sent.")
@click.option("--name", help="Which deployment, where several serve the circuit.")
def entry(screen: Screen, *, proof: Path, bundle: Path | None, network: str | None, name: str | None) -> Answer:
    """Judge PROOF by a bundle or by a network's contracts; exit code 1 when it does not hold."""
    if (bundle is None) == (network is None):
        raise UsageError("exactly one of --bundle and --network says who judges", remedy="run: zkchain verify --help")
    if name is not None and network is None:
        raise UsageError("--name names a deployment of a network", remedy="add --network NAME")
    config = read_config()
    if bundle is not None:
        return answers.judged(verify_with_bundle(proof, bundle, prover=make_engine(config), report=screen.report))
    assert network is not None
    return answers.judged(verify_on_network(proof, network, config=config, name=name, report=screen.report))
