"""What it takes to say who gave a sum something else than it proved: the check of a sum, and the basis of a reveal.

A commitment is C(u) = B + sum of u_i L_i, with a blank B that is the same in all. So C(S) + (n - 1) B is the sum of
n clients' commitments exactly when S is the sum of their updates, and whoever has u, B and the L_i can compute C(u):
that is how the ledger checks an update that is revealed.
"""

from collections.abc import Sequence

from ..errors import ChainingBroken, PlanInvalid
from ..files import write_atomic
from ..halo2 import Prover
from ..progress import Report, silent
from ..values import MODULUS
from .circuits import TrainingCircuits, commit_vectors
from .curve import POINT, add, negative, times
from .layout import Layout

#: Values that a client can reveal in one transaction: each takes up to 12,000 units of gas, of 2^24 (EIP-7825).
MOST_VALUES = 1000


def check_revealable(layout: Layout) -> None:
    """Whether an update can be revealed in one transaction. Raises PlanInvalid."""
    if layout.update_length > MOST_VALUES:
        raise PlanInvalid(
            f"training.disputes is set, and an update has {layout.update_length:,} values with its salt; at most "
            f"{MOST_VALUES:,} can be revealed in one transaction",
            remedy="leave training.disputes out of the plan, or take a smaller model",
            found=layout.update_length,
            allowed=MOST_VALUES,
        )


def blank_of(circuits: TrainingCircuits, prover: Prover, report: Report = silent) -> bytes:
    """The commitment to nothing, 64 bytes. Raises EngineError."""
    return commit_vectors(circuits, [(0,)], prover, report)[0]


def basis_of(circuits: TrainingCircuits, prover: Prover, report: Report = silent) -> bytes:
    """The points L_i for an update's values, 64 bytes each; made once and kept beside the circuits.

    They follow from the reference string and the number of rows, so that everybody finds the same ones. Raises
    EngineError.
    """
    length = circuits.layout.update_length
    path = circuits.step.files.circuit.with_name(f"step.basis-{circuits.step.digest[2:18]}.bin")
    if path.is_file():
        kept = path.read_bytes()
        if len(kept) == POINT * length:
            return kept
    report(f"committing to each of the {length} places of an update")
    places = [(*(0,) * place, 1) for place in range(length)]
    blank, *points = commit_vectors(circuits, [(0,), *places], prover, report)
    without = negative(blank)
    found = b"".join(add(point, without) for point in points)
    write_atomic(path, found)
    return found


def sum_matches(total: bytes, blank: bytes, updates: Sequence[bytes]) -> bool:
    """Whether the commitment `total` is to the sum of what stands behind the commitments `updates`.

    All are 64 bytes. Raises ValueError for what is no point.
    """
    together = updates[0]
    for update in updates[1:]:
        together = add(together, update)
    return add(total, times(blank, len(updates) - 1)) == together


def to_scalars(values: Sequence[int]) -> tuple[int, ...]:
    """An update as field elements, as the ledger takes it."""
    return tuple(value % MODULUS for value in values)


def from_scalars(scalars: Sequence[int], length: int) -> tuple[int, ...]:
    """The update that was revealed as field elements, with zeros at its end where fewer came than `length`.

    Raises ChainingBroken for more values than an update has.
    """
    if len(scalars) > length:
        raise ChainingBroken(f"{len(scalars)} values were revealed of an update of {length}", found=len(scalars))
    signed = (value if value <= MODULUS // 2 else value - MODULUS for value in scalars)
    return (*signed, *(0,) * (length - len(scalars)))
