"""`zkchain submit`."""

from pathlib import Path

import click

from ..config import read_config
from ..errors import UsageError
from ..pipeline.propose_submission import propose_submission
from ..pipeline.submit import submit_proof, submit_proofs
from ..values import Address
from . import answers, proposals
from .answer import Answer
from .command import command
from .output import Screen
from .parameters import PATH, network_option, propose_option


@command(
    "submit",
    examples=[
        "zkchain submit model.proof.json --network local",
        "zkchain submit a.proof.json b.proof.json --network local",
        "zkchain submit model.proof.json --network sepolia --permit model.permit.json",
        "zkchain submit model.proof.json --network sepolia --propose safe:0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
    ],
)
@click.argument("proof", type=PATH, nargs=-1, required=True)
@network_option
@click.option("--name", help="Which deployment, where several serve the circuit.")
@click.option("--permit", type=PATH, help="Submit for the account that signed this with `zkchain permit`.")
@propose_option
@click.option("--out", type=PATH, help="Where a proposal goes.  [default: PROOF.safe.json]")
def entry(
    screen: Screen,
    *,
    proof: tuple[Path, ...],
    network: str,
    name: str | None,
    permit: Path | None,
    safe: Address | None,
    out: Path | None,
) -> Answer:
    """Send PROOF to the network's gateway and decode the event by which it records the answer.

    Several proofs, of one model or of several, go in one transaction; each is accepted or refused alone, and the exit
    code is 1 when one was refused. The same statement is accepted once. A proof that a Safe is to submit must have
    been made --for it.
    """
    config = read_config()
    if safe is None and out is not None:
        raise UsageError("--out says where a proposal goes", remedy="add --propose, or leave --out out")
    if len(proof) > 1 and (permit is not None or safe is not None):
        raise UsageError("a permit or a proposal is for one proof", remedy="submit the proof by itself")
    if safe is not None:
        if permit is not None:
            raise UsageError("a proposal needs no permit: the Safe submits for itself", remedy="leave --permit out")
        made = propose_submission(proof[0], network, safe, out=out, config=config, name=name, report=screen.report)
        return proposals.submission(made)
    if len(proof) == 1:
        result = submit_proof(proof[0], network, config=config, name=name, permit_path=permit, report=screen.report)
        return answers.submitted(result)
    return answers.submitted_many(submit_proofs(proof, network, config=config, name=name, report=screen.report))
