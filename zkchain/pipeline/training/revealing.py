"""What a data owner has to show when a round's sum is disputed, and what showing it costs."""

import bisect
import math
from dataclasses import dataclass

from ...chain.client import Chain
from ...chain.registry import ContractAt
from ...chain.training import ClientView, basis_hash_of, current_round, round_of
from ...errors import ChainingBroken, DisputesOff, NotInDispute, OpeningWrong
from ...halo2 import Prover
from ...progress import Report
from ...record import Record
from ...training.accounting import UNITS, schedule
from ...training.attribution import basis_of, to_scalars
from ...training.circuits import TrainingCircuits, commit_vectors
from ...training.plan import Noise, Plan
from ...values import keccak_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed(Record):
    """What an owner has shown to everybody."""

    name: str
    round: int
    values: int  #: numbers, with the salt behind them
    gas: int
    epsilon: float | None  #: of this update alone; None without noise, where nothing hides it


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """An update as the ledger takes it in a dispute."""

    point: bytes
    scalars: tuple[int, ...]
    basis: bytes


def round_in_dispute(chain: Chain, ledger: ContractAt, plan: Plan) -> int:
    """The round whose sum is disputed. Raises DisputesOff, NotInDispute."""
    expect_disputes(plan)
    number = current_round(chain, ledger)
    phase = round_of(chain, ledger, number).phase if number else "none"
    if phase != "reveal":
        raise NotInDispute(f"round {number} is in phase {phase}; updates are revealed in phase reveal", round=number)
    return number


def expect_disputes(plan: Plan) -> None:
    """Raises DisputesOff for a plan without them."""
    if not plan.disputes:
        raise DisputesOff(f"the plan of {plan.name} has no disputes, so nobody has to reveal anything", plan=plan.name)


def owes(client: ClientView, number: int) -> bool:
    """Whether a dispute of round `number` asks this client for its update and has not got it."""
    return client.round == number and client.stage == "submitted" and not client.revealed


def opening_of(
    update: tuple[int, ...],
    client: ClientView,
    chain: Chain,
    ledger: ContractAt,
    circuits: TrainingCircuits,
    prover: Prover,
    report: Report,
) -> Opening:
    """What opens the client's commitment, compared with it before anybody sees it.

    Raises OpeningWrong for another update than was proved, ChainingBroken for a ledger with another basis, EngineError.
    """
    (point,) = commit_vectors(circuits, [update], prover, report)
    if keccak_of(point) != client.commitment:
        raise OpeningWrong(
            f"the update that is kept of round {client.round} is not the one that was proved",
            round=client.round,
            found=keccak_of(point),
            expected=client.commitment,
        )
    basis = basis_of(circuits, prover, report)
    expected = basis_hash_of(chain, ledger)
    if keccak_of(basis) != expected:
        raise ChainingBroken(
            "the ledger takes reveals by another basis than that of these circuits",
            found=keccak_of(basis),
            allowed=expected,
        )
    return Opening(point=point, scalars=to_scalars(update), basis=basis)


def exposure(plan: Plan, noise: Noise) -> float | None:
    """Epsilon of one revealed update, at the plan's delta; None without noise, where nothing hides its gradients.

    A client adds its share of the noise only, where sums are all that is seen: what was meant to hide behind the
    others' noise stands alone. Raises ExtraMissing.
    """
    if plan.privacy is None:
        return None
    together = 1 if plan.aggregation == "clear" else plan.quorum
    share = noise.multiplier / math.sqrt(together)
    return schedule(share, 1, plan.privacy.delta, plan.privacy.accountant)[0] / UNITS


def against_members(plan: Plan, noise: Noise, spent: int) -> float | None:
    """What `spent`, in billionths, comes to against another owner, who knows its own share of the noise.

    Summed in the clear every owner adds the whole, and it stays the same; None where there is no noise, or
    none is left with a quorum of one. Raises ExtraMissing.
    """
    if plan.privacy is None or (plan.quorum == 1 and plan.aggregation != "clear"):
        return None
    if not spent or plan.aggregation == "clear":
        return spent / UNITS
    steps = bisect.bisect_left(noise.schedule, spent) + 1
    left = noise.multiplier * math.sqrt((plan.quorum - 1) / plan.quorum)
    return schedule(left, steps, plan.privacy.delta, plan.privacy.accountant)[-1] / UNITS
