"""How `zkchain train run` tells of a plan that proves nothing."""

from ..pipeline.training.lineage_page import NO_NOISE
from ..pipeline.training.rehearsal import Rehearsed
from .answer import Answer, Line


def rehearsed_answer(result: Rehearsed) -> Answer:
    """What people and programs are told of a rehearsal."""
    lines: list[Line] = [("rehearsal", f"{result.done} rounds without proofs or a ledger: nothing to publish or audit")]
    if result.epsilon is None:
        lines.append(("privacy", NO_NOISE))
    else:
        lines.append(("privacy", f"epsilon {result.epsilon:.6f} at delta {result.delta:g}, spent on top of all else"))
        known = result.epsilon_to_members
        lines.append(("to members", "none" if known is None else f"epsilon {known:.6f}: each knows its own noise"))
    if result.accuracy is not None:
        lines.append(("accuracy", f"{result.accuracy:.4f} on the test samples"))
    if result.error is not None:
        lines.append(("error", f"{result.error:.6g} mean squared on the test samples"))
    lines += [(f"round {item.round}", f"{item.updates} updates, {item.seconds:.1f} s") for item in result.rounds]
    return Answer(facts=result.to_json(), lines=lines)
