"""Proposals to a Safe as answers."""

from pathlib import Path
from typing import TYPE_CHECKING

from . import answers
from .answer import Answer, Line

if TYPE_CHECKING:
    from ..pipeline.deploy import Deployed
    from ..pipeline.proposal import Proposal


def deployment(result: "Deployed", proposal: "Proposal | None") -> Answer:
    """A deployment that a Safe is to make, or has made."""
    if proposal is None:
        done = answers.deployed(result)
        return Answer(facts={**done.facts, "proposal": None}, lines=done.lines)
    facts = {**answers.deployed(result).facts, "proposal": _facts(proposal)}
    lines: list[Line] = [
        f"Nothing was signed or sent. The Safe {proposal.safe.address} is to deploy {result.name}:",
        *((name, address) for name, address in result.contracts.items()),
        ("model id", str(result.model_id)),
        *_lines(proposal),
        "Run this command again when the Safe has done it: what it created is tested then, and recorded.",
    ]
    return Answer(facts=facts, lines=lines)


def submission(proposal: "Proposal") -> Answer:
    """A submission that a Safe is to make."""
    head = f"Nothing was signed or sent. The gateway takes the proof from the Safe {proposal.safe.address}:"
    return Answer(facts={"proposal": _facts(proposal)}, lines=[head, *_lines(proposal)])


def _lines(proposal: "Proposal") -> list[Line]:
    calls = [
        (f"nonce {call.nonce}", f"{call.what}, about {call.gas:,} gas, safeTxHash {call.safe_tx_hash}")
        for call in proposal.calls
    ]
    return [*calls, *(("written", path) for path in proposal.files)]


def _facts(proposal: "Proposal") -> dict[str, object]:
    """All but the calldata, which is in the files."""
    calls = [{key: value for key, value in call.to_json().items() if key != "data"} for call in proposal.calls]
    return {**proposal.to_json(), "calls": calls, "files": [str(Path(path).absolute()) for path in proposal.files]}
