"""`zkchain permit`."""

from pathlib import Path

import click

from ..config import read_config
from ..pipeline.permit import Permitted, permit_relay
from ..values import ZERO_ADDRESS, Address
from .answer import Answer
from .command import command
from .output import Screen
from .parameters import PATH, network_option, parse_account


@command(
    "permit",
    examples=[
        "zkchain permit model.proof.json --network sepolia --relayer 0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
    ],
)
@click.argument("proof", type=PATH)
@network_option
@click.option("--name", help="Which deployment, where several serve the circuit.")
@click.option(
    "--relayer",
    metavar="ADDRESS",
    default="none",
    callback=parse_account,
    help="Who may submit it.  [default: anyone]",
)
@click.option(
    "--valid-for",
    type=int,
    metavar="SECONDS",
    help="How long the permit counts.  [default: as long as the proof can be submitted]",
)
@click.option("--out", type=PATH, help="Where the permit goes.  [default: beside PROOF]")
def entry(
    screen: Screen,
    *,
    proof: Path,
    network: str,
    name: str | None,
    relayer: Address | None,
    valid_for: int | None,
    out: Path | None,
) -> Answer:
    """Sign that another account may submit PROOF, and pay for it, in the name of the network's signer.

    The proof has to be bound to that signer. Nothing is sent; the other account gives the permit to `zkchain submit`.
    """
    return _answer(
        permit_relay(
            proof,
            network,
            config=read_config(),
            name=name,
            relayer=relayer,
            valid_for=valid_for,
            out=out,
            report=screen.report,
        )
    )


def _answer(result: Permitted) -> Answer:
    permit = result.permit
    facts: dict[str, object] = {"permit": str(result.path.absolute()), **permit.to_json()}
    relayer = "anyone" if permit.relayer == ZERO_ADDRESS else permit.relayer
    return Answer(
        facts=facts,
        lines=[
            ("permit", str(result.path)),
            ("for", permit.account),
            ("relayer", relayer),
            ("until", f"{permit.deadline} (Unix seconds)"),
        ],
    )
