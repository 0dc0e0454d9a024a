"""`zkchain deploy`."""

from pathlib import Path

import click

from ..config import read_config
from ..pipeline.choice import PROOFS
from ..pipeline.deploy import deploy_bundle
from ..pipeline.engine import make_engine
from ..pipeline.verifier import VerifierChoice
from . import answers
from .answer import Answer
from .command import command
from .output import Screen
from .parameters import PATH, network_option, parse_ranges


@command(
    "deploy",
    examples=[
        "zkchain deploy model.bundle --network local",
        "zkchain deploy model.bundle --network sepolia --name CreditScore --dry-run",
        "zkchain deploy model.bundle --network local --range age=18:99 --range income",
    ],
)
@click.argument("bundle", type=PATH)
@network_option
@click.option("--name", help="Name of the deployment record.  [default: the model's name]")
@click.option("--dry-run", is_flag=True, help="Say what would be sent and what it would cost; send nothing.")
@click.option(
    "--verifier",
    type=click.Choice(["auto", "own", "shared"]),
    default="auto",
    show_default=True,
    help="One of its own, which needs a Solidity compiler, or the shared one, which ships compiled; auto: the cheaper.",
)
@click.option(
    "--proofs",
    type=click.IntRange(min=1),
    default=PROOFS,
    show_default=True,
    metavar="N",
    help="Proofs expected on chain: with --verifier auto, what is cheapest for so many is taken.",
)
@click.option(
    "--range",
    "bounds",
    multiple=True,
    metavar="TENSOR[=LOW:HIGH]",
    callback=parse_ranges,
    help="Have the gateway refuse answers in which a public tensor lies outside; without numbers, outside of what the "
    "circuit was calibrated on. May be repeated.",
)
@click.option("--force", is_flag=True, help="Take the name from another deployment, whose record is lost.")
def entry(
    screen: Screen,
    *,
    bundle: Path,
    network: str,
    name: str | None,
    dry_run: bool,
    verifier: VerifierChoice,
    proofs: int,
    bounds: dict[str, tuple[float, float] | None],
    force: bool,
) -> Answer:
    """Put the verifier of BUNDLE on a chain, behind an adapter, and register the model.

    The verifier is tested on the chain before its address is recorded under deployments/. Running it again sends
    nothing when the same circuit is there already, and goes on where one that failed has ended.
    """
    config = read_config()
    result = deploy_bundle(
        bundle,
        network=network,
        name=name,
        dry_run=dry_run,
        verifier=verifier,
        proofs=proofs,
        bounds=bounds,
        replace_other=force,
        config=config,
        prover=make_engine(config),
        report=screen.report,
    )
    return answers.deployed(result)
