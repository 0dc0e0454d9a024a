"""`zkchain prove`."""

from pathlib import Path

import click

from ..config import read_config
from ..pipeline.engine import make_engine
from ..pipeline.prove import VALID_SECONDS, prove_input
from ..values import Address, Digest
from . import answers
from .answer import Answer
from .command import command
from .output import Screen
from .parameters import PATH, parse_beneficiary


@command(
    "prove",
    examples=[
        "zkchain prove model.bundle --input input.json --network local",
        "zkchain prove model.bundle --input inputs.csv --row 7 --network sepolia "
        "--for 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --valid-for 3600",
        "zkchain prove model.bundle --input input.json --out answer.proof.json",
    ],
)
@click.argument("bundle", type=PATH)
@click.option("--input", "input_path", type=PATH, required=True, help="The input, in any form that samples have.")
@click.option("--network", metavar="NAME", help="Bind the proof to the model deployed there.")
@click.option("--name", help="Which deployment, where several serve the circuit.")
@click.option(
    "--for",
    "beneficiary",
    metavar="ADDRESS|request:ID",
    callback=parse_beneficiary,
    help="Who may submit the proof.  [default: the network's signer]",
)
@click.option("--row", type=click.IntRange(min=0), help="Which sample of a file that holds several; the first is 0.")
@click.option(
    "--valid-for",
    type=int,
    default=VALID_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="How long a bound proof can be submitted.",
)
@click.option("--out", type=PATH, help="Where the proof goes.  [default: BUNDLE.proof.json]")
def entry(
    screen: Screen,
    *,
    bundle: Path,
    input_path: Path,
    network: str | None,
    name: str | None,
    beneficiary: tuple[Address | None, Digest | None],
    row: int | None,
    valid_for: int,
    out: Path | None,
) -> Answer:
    """Prove the answer that the model of BUNDLE gives to one input.

    With --network the proof is bound to that chain, gateway and model, and to one account or request: nobody else
    can use it.
    """
    config = read_config()
    account, request = beneficiary
    result = prove_input(
        bundle,
        input_path,
        config=config,
        prover=make_engine(config),
        out=out,
        network=network,
        name=name,
        account=account,
        request=request,
        row=row,
        valid_for=valid_for,
        report=screen.report,
    )
    return answers.proved(result)
