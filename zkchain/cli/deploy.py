"""`zkchain deploy`."""

from pathlib import Path

import click

from ..config import read_config
from ..errors import UsageError
from ..pipeline.choice import PROOFS
from ..pipeline.deploy import carry_out
from ..pipeline.engine import make_engine
from ..pipeline.order import Order
from ..pipeline.propose import propose_deployment
from ..pipeline.verifier import VerifierChoice
from ..values import Address
from . import answers, proposals
from .answer import Answer
from .command import command
from .output import Screen
from .parameters import PATH, network_option, parse_ranges, propose_option


@command(
    "deploy",
    examples=[
        "zkchain deploy model.bundle --network local",
        "zkchain deploy model.bundle --network sepolia --name CreditScore --dry-run",
        "zkchain deploy model.bundle --network local --range age=18:99 --range income",
        "zkchain deploy model.bundle --network sepolia --salt credit-v1",
        "zkchain deploy model.bundle --network sepolia --propose safe:0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
    ],
)
@click.argument("bundle", type=PATH)
@network_option
@click.option("--name", help="Name of the deployment record.  [default: the model's name]")
@click.option("--dry-run", is_flag=True, help="Say what would be sent, where and what it would cost; send nothing.")
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
@click.option(
    "--salt",
    metavar="HEX|WORDS",
    help="Deploy by CREATE2: addresses follow from this and the code alone, whoever deploys.",
)
@click.option(
    "--resume/--no-resume",
    default=True,
    show_default=True,
    help="Go on where a run that was stopped has ended; --no-resume refuses when there is such a run.",
)
@propose_option
@click.option("--out", type=PATH, help="Where a proposal goes.  [default: NAME.safe.json]")
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
    salt: str | None,
    resume: bool,
    safe: Address | None,
    out: Path | None,
    force: bool,
) -> Answer:
    """Put the verifier of BUNDLE on a chain, behind an adapter, and register the model.

    The verifier is tested on the chain before its address is recorded under deployments/. Running it again sends
    nothing when the same circuit is there already, and goes on where one that failed or was killed has ended: nothing
    is created twice.
    """
    config = read_config()
    if safe is None and out is not None:
        raise UsageError("--out says where a proposal goes", remedy="add --propose, or leave --out out")
    if safe is not None and dry_run:
        raise UsageError("--propose sends nothing, with or without --dry-run", remedy="leave --dry-run out")
    order = Order(
        folder=bundle,
        network=network,
        name=name,
        verifier=verifier,
        proofs=proofs,
        bounds=bounds,
        replace_other=force,
        salt=salt,
        resume=resume,
    )
    prover = make_engine(config)
    if safe is not None:
        made = propose_deployment(order, safe, out=out, config=config, prover=prover, report=screen.report)
        return proposals.deployment(*made)
    return answers.deployed(carry_out(order, dry_run=dry_run, config=config, prover=prover, report=screen.report))
