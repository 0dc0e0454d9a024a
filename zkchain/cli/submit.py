"""`zkchain submit`."""

from pathlib import Path

import click

from ..config import read_config
from ..pipeline.submit import submit_proof
from . import answers
from .answer import Answer
from .command import command
from .output import Screen
from .parameters import PATH, network_option


@command("submit", examples=["zkchain submit model.proof.json --network local"])
@click.argument("proof", type=PATH)
@network_option
@click.option("--name", help="Which deployment, where several serve the circuit.")
def entry(screen: Screen, *, proof: Path, network: str, name: str | None) -> Answer:
    """Send PROOF to the network's gateway and decode the event by which it records the answer.

    The same statement is accepted once.
    """
    return answers.submitted(submit_proof(proof, network, config=read_config(), name=name, report=screen.report))
