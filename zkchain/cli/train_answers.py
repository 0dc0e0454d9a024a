"""What `zkchain train run` and `coordinator` tell of a federation, and of the rehearsal of one."""

from ..pipeline.training.lineage_page import NO_NOISE
from ..pipeline.training.rehearsal import Rehearsed
from ..pipeline.training.run import Trained
from .answer import Answer, Line


def trained_answer(result: Trained) -> Answer:
    """What people and programs are told of rounds that were proved."""
    lines: list[Line] = [("ledger", result.ledger), ("rounds", str(result.done)), *_privacy(result), *_judged(result)]
    for item in result.rounds:
        lines.append((f"round {item.round}", f"{item.updates} updates, {item.seconds:.1f} s, model {item.model[:12]}"))
        lines += [("DISPUTED", f"{name} did not reveal what it proved, and is struck") for name in item.struck]
        lines += [("DISPUTED", f"{name} had given the sum something else, and is expelled") for name in item.named]
        if item.disputed and not item.struck and not item.named:
            lines.append(("DISPUTED", "all revealed what they had given; the sum itself was computed wrongly"))
    return Answer(facts=result.to_json(), lines=lines)


def rehearsed_answer(result: Rehearsed) -> Answer:
    """What they are told of rounds that were not."""
    lines: list[Line] = [("rehearsal", f"{result.done} rounds without proofs or a ledger: nothing to publish or audit")]
    lines += [*_privacy(result), *_judged(result)]
    if result.epsilon is not None:
        lines.append(("spent", "by no ledger's count: this epsilon adds up with what the data spend elsewhere"))
    lines += [(f"round {item.round}", f"{item.updates} updates, {item.seconds:.1f} s") for item in result.rounds]
    return Answer(facts=result.to_json(), lines=lines)


def _privacy(result: Trained | Rehearsed) -> list[Line]:
    if result.epsilon is None:
        return [("privacy", NO_NOISE)]
    known = result.epsilon_to_members
    return [
        ("privacy", f"epsilon {result.epsilon:.6f} at delta {result.delta:g}"),
        ("to members", "none" if known is None else f"epsilon {known:.6f}: each knows its own noise"),
    ]


def _judged(result: Trained | Rehearsed) -> list[Line]:
    lines: list[Line] = []
    if result.accuracy is not None:
        lines.append(("accuracy", f"{result.accuracy:.4f} on the test samples"))
    if result.error is not None:
        lines.append(("error", f"{result.error:.6g} mean squared on the test samples"))
    return lines
