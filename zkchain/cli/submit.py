"""`zkchain submit`."""

from pathlib import Path

import click

from ..config import read_config
from ..errors import UsageError
from ..pipeline.submit import submit_proof, submit_proofs
from . import answers
from .answer import Answer
from .command import command
from .output import Screen
from .parameters import PATH, network_option


@command(
    "submit",
    examples=[
        "zkchain submit model.proof.json --network local",
        "zkchain submit a.proof.json b.proof.json --network local",
        "zkchain submit model.proof.json --network sepolia --permit model.permit.json",
    ],
)
@click.argument("proof", type=PATH, nargs=-1, required=True)
@network_option
@click.option("--name", help="Which deployment, where several serve the circuit.")
@click.option("--permit", type=PATH, help="Submit for the account that signed this with `zkchain permit`.")
def entry(screen: Screen, *, proof: tuple[Path, ...], network: str, name: str | None, permit: Path | None) -> Answer:
    """Send PROOF to the network's gateway and decode the event by which it records the answer.

    Several proofs, of one model or of several, go in one transaction; each is accepted or refused alone, and the exit
    code is 1 when one was refused. The same statement is accepted once.
    """
    config = read_config()
    if len(proof) == 1:
        result = submit_proof(proof[0], network, config=config, name=name, permit_path=permit, report=screen.report)
        return answers.submitted(result)
    if permit is not None:
        raise UsageError("a permit is for one proof", remedy="submit the proof of the permit by itself")
    return answers.submitted_many(submit_proofs(proof, network, config=config, name=name, report=screen.report))
