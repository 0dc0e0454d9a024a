"""`zkchain train register`: a data owner commits to its samples, for a federation or for any."""

from pathlib import Path

import click

from ..config import read_config
from ..errors import UsageError
from ..pipeline.engine import make_engine
from ..pipeline.training.register import Registered, Terms, register_data, register_hashed, register_hashed_for
from .answer import Answer
from .command import command
from .output import Screen
from .parameters import PATH

_PLAN = Path("plan.toml")


@command(
    "register",
    examples=[
        "zkchain train register north.csv --as north",
        "zkchain train register north.csv --as north --commitment poseidon --batch 27 --network local",
    ],
)
@click.argument("data", type=PATH)
@click.option("--as", "name", required=True, metavar="NAME", help="Whose data it is: with a plan, one of its owners.")
@click.option("--plan", type=PATH, help=f"The federation that it is for.  [default: {_PLAN}, unless --batch is given]")
@click.option(
    "--commitment",
    type=click.Choice(["kzg", "poseidon"]),
    default="kzg",
    show_default=True,
    help="For the circuits of one plan, or by hashes that any federation can refer to.",
)
@click.option("--batch", type=click.IntRange(1, 4096), help="Without a plan: samples in one hash.")
@click.option("--scale", type=click.IntRange(6, 14), help="Without a plan: bits after the point.  [default: 10]")
@click.option("--targets", type=click.IntRange(min=1), help="Without a plan: last columns to learn.  [default: 1]")
@click.option("--network", metavar="NAME", help="Without a plan: where to register.")
@click.option("--signer", metavar="REFERENCE", help="Without a plan: whose account.  [default: the network's]")
def register_command(
    screen: Screen,
    *,
    data: Path,
    name: str,
    plan: Path | None,
    commitment: str,
    batch: int | None,
    scale: int | None,
    targets: int | None,
    network: str | None,
    signer: str | None,
) -> Answer:
    """Salt and commit the samples in DATA, keep the openings private, and register their root on chain."""
    config, report = read_config(), screen.report
    prover = make_engine(config)
    if batch is not None:
        if plan is not None or commitment != "poseidon" or network is None:
            raise UsageError(
                "--batch is for data that are registered without a plan",
                remedy="give --commitment poseidon and --network with it, and no --plan",
            )
        terms = Terms(batch=batch, scale=scale or 10, targets=targets or 1, network=network, signer=signer or "")
        return _registered(register_hashed(data, name, terms, config=config, prover=prover, report=report))
    if any(value is not None for value in (scale, targets, network, signer)):
        raise UsageError(
            "--scale, --targets, --network and --signer are for data that are registered without a plan",
            remedy="give --batch with them; otherwise the plan says all of it",
        )
    register = register_data if commitment == "kzg" else register_hashed_for
    return _registered(register(data, name, plan or _PLAN, config=config, prover=prover, report=report))


def _registered(result: Registered) -> Answer:
    return Answer(
        facts=result.to_json(),
        lines=[
            ("data", f"{result.samples} samples in {result.batches} batches"),
            ("committed by", result.commitment),
            ("root", result.root),
            ("openings", result.openings),
            ("on chain", result.tx_hash or "registered before"),
        ],
    )
