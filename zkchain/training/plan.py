"""The plan of a federation: who trains what, for how long, and what it may cost in privacy."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from ..errors import EpsilonOutOfReach, PlanInvalid, UsageError
from ..record import Record
from .accounting import noise_for, schedule
from .circuits import LARGEST, SMALLEST
from .grid import EXACT_BITS, MOST_CLIENTS
from .layout import BoundKind, Layout
from .network import Network
from .plan_entries import Entries
from .plan_model import read_network
from .plan_parts import REGISTERED, Owner, Privacy, Windows, read_owner, read_privacy, read_reference, read_windows
from .plan_rules import expect_lengths, expect_owners, expect_sum

__all__ = ["REGISTERED", "Noise", "Owner", "Plan", "Privacy", "Windows", "noise_of", "read_plan"]

AggregationMode = Literal["clear", "mpc", "he", "secagg"]
#: What is proved: every step, sum and model; or nothing, in a rehearsal without a ledger.
ProofMode = Literal["full", "none"]

#: Of the plan's name, which contracts' names begin with.
_LONGEST_NAME = 24
_MOST_ROUNDS = 1_000_000
#: The largest number that any reader of TOML takes.
_MOST_SEED = 2**63 - 1
#: Deviations that no coordinate of noise reaches, drawn from 53 bits.
_FARTHEST = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Record):
    """Everything that was decided before anything is trained."""

    name: str
    network: str
    rounds: int
    architecture: Network
    seed: int
    batch: int
    scale: int
    clip: float
    divisor: float
    owners: tuple[Owner, ...]
    coordinator: str  #: signer
    aggregation: AggregationMode
    quorum: int
    logrows: int | None = None
    privacy: Privacy | None = None
    bound: BoundKind = "none"
    limit: float = 0.0
    uses: int = 1
    attempts: int = 2
    windows: Windows = field(default_factory=Windows)
    test: str = ""  #: samples on which the trained model is judged, relative to the plan
    disputes: bool = False  #: whether a sum that does not match makes every client reveal its update, on chain
    proof: ProofMode = "full"

    @property
    def layout(self) -> Layout:
        """What the plan decides of the circuits."""
        return Layout(
            architecture=self.architecture,
            batch=self.batch,
            scale=self.scale,
            clip=self.clip,
            noisy=self.privacy is not None,
            clients=len(self.owners),
            uses=self.uses,
            attempts=self.attempts,
            divisor=self.divisor,
            bound=self.bound,
            limit=self.limit,
            bridged=any(owner.commitment == "poseidon" for owner in self.owners),
        )

    def place_of(self, name: str) -> int:
        """Which owner is called so, counted from 0. Raises UsageError."""
        names = [owner.name for owner in self.owners]
        if name not in names:
            raise UsageError(f"the plan has no owner {name!r}; it has {', '.join(names)}", found=name)
        return names.index(name)

    @property
    def sensitivity(self) -> float:
        """What adding or leaving out one sample changes a client's sum of gradients by, at most, by Euclidean norm.

        The clip, and two units of the grid a coordinate for how the sum is rounded. Where a sum that is too long counts
        for nothing, one sample may decide whether it counts: then as much as the longest that does.
        """
        reach = max(self.clip, self.limit) if self.bound == "length" else self.clip
        return reach + 2 * math.sqrt(self.architecture.parameters) * 2.0**-self.scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise(Record):
    """What a plan's target comes to."""

    multiplier: float  #: deviation of the sum's noise over the sensitivity
    deviation: float  #: of one client's noise, in units of the grid
    schedule: tuple[int, ...]  #: epsilon after each use of a batch, in billionths


def noise_of(plan: Plan) -> Noise:
    """The noise that keeps the target against everybody but the owner itself. Raises EpsilonOutOfReach, ExtraMissing.

    Where only sums are seen, the noise of `quorum` clients is enough together; in the clear each has to hide itself.
    """
    if plan.privacy is None:
        return Noise(multiplier=0.0, deviation=0.0, schedule=())
    wanted = plan.privacy
    multiplier = noise_for(wanted.epsilon, plan.uses, wanted.delta, wanted.accountant)
    together = 1 if plan.aggregation == "clear" else plan.quorum
    share = multiplier * plan.sensitivity / math.sqrt(together)
    deviation = share * 2**plan.scale
    if _FARTHEST * deviation >= 2**EXACT_BITS:
        raise EpsilonOutOfReach(
            f"the noise for epsilon {wanted.epsilon:g} deviates by {share:g}, "
            f"and at scale {plan.scale} the grid ends at {2 ** (EXACT_BITS - plan.scale)}",
            remedy="raise epsilon, or lower training.clip or data.scale",
            deviation=share,
            most=2 ** (EXACT_BITS - plan.scale),
        )
    spent = schedule(multiplier, plan.uses, wanted.delta, wanted.accountant)
    return Noise(multiplier=multiplier, deviation=deviation, schedule=spent)


def read_plan(path: Path) -> Plan:
    """The plan in a TOML file, described in docs/training/plan.md. Raises PlanInvalid naming the entry."""
    table = _table(path)
    try:
        return _checked(_plan(Entries(table), path.parent))
    except PlanInvalid as error:
        raise PlanInvalid(f"{path}: {error.message}", remedy=error.remedy, **{"file": path, **error.facts}) from None


def _table(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PlanInvalid(
            f"there is no plan {path}", remedy="give the path of a plan, a TOML file written by its members", file=path
        ) from None
    except OSError as error:
        raise PlanInvalid(
            f"{path} cannot be read: {error.strerror}", remedy="give the path of a plan that you may read", file=path
        ) from None
    except (ValueError, RecursionError) as error:  # of TOML, of UTF-8, of numbers with too many digits
        raise PlanInvalid(f"{path} cannot be read as TOML: {error}", remedy="correct it", file=path) from None


def _plan(top: Entries, folder: Path) -> Plan:
    top.only(*("name", "network", "rounds", "coordinator", "model", "data", "training", "privacy", "windows", "owners"))
    model, data, training = (top.inner(name) for name in ("model", "data", "training"))
    data.only("batch", "scale", "uses", "test")
    training.only(
        *("divisor", "clip", "aggregation", "quorum", "logrows", "bound", "limit", "disputes", "attempts", "proof"),
    )
    owners = tuple(read_owner(entries) for entries in top.rows("owners"))
    expect_owners(owners, private="privacy" in top)
    return Plan(
        name=top.word("name", _LONGEST_NAME),
        network=top.text("network", "local"),
        rounds=top.whole("rounds", 1, _MOST_ROUNDS),
        seed=model.whole("seed", 0, _MOST_SEED, 0),
        batch=data.whole("batch", 1, 4096),
        scale=data.whole("scale", 6, 14, 10),
        uses=data.whole("uses", 1, 1000, 1),
        clip=training.number("clip", 1.0),
        divisor=training.number("divisor"),
        owners=owners,
        coordinator=read_reference(top, "coordinator"),
        aggregation=training.one_of("aggregation", get_args(AggregationMode), "mpc"),
        quorum=training.whole("quorum", 1, MOST_CLIENTS, len(owners)),
        logrows=training.whole("logrows", SMALLEST, LARGEST) if "logrows" in training else None,
        privacy=read_privacy(top.inner("privacy")) if "privacy" in top else None,
        bound=training.one_of("bound", get_args(BoundKind), "none"),
        limit=training.number("limit", 0.0),
        test=data.text("test", ""),
        attempts=training.whole("attempts", 1, 100, 2),
        disputes=training.flag("disputes", False),
        proof=training.one_of("proof", get_args(ProofMode), "full"),
        windows=read_windows(top.inner("windows")),
        architecture=read_network(model, folder),  # last: it may run code
    )


def _checked(plan: Plan) -> Plan:
    expect_sum(plan.aggregation, plan.quorum, len(plan.owners))
    expect_lengths(plan.scale, plan.clip, plan.divisor, plan.bound, plan.limit)
    return plan
