"""The plan of a federation: who trains what, for how long, and what it may cost in privacy."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from ..errors import PlanInvalid
from ..record import Record
from .accounting import Accountant, noise_for, schedule
from .grid import MOST_CLIENTS
from .layout import BoundKind, Layout
from .merkle import Commitment
from .network import Network
from .plan_entries import no_others, number_of, of_kind, one_of, table_of
from .plan_model import read_network

#: What stands before the name under which data were registered, where an owner's data are said.
REGISTERED = "registered:"

AggregationMode = Literal["clear", "mpc", "he", "secagg"]
_MODES: tuple[AggregationMode, ...] = get_args(AggregationMode)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner(Record):
    """A data owner: one client of the federation."""

    name: str
    data: str  #: path of the samples, relative to the plan, or the name under which they were registered
    signer: str = ""  #: which account acts for it (`chain.signers`); empty: the devnet's, by its place
    epsilon: float = 0.0  #: most that it lets its data spend; 0: the plan's target
    commitment: Commitment = "kzg"  #: by which its data were registered; "poseidon": before, for any federation


@dataclass(frozen=True, slots=True, kw_only=True)
class Privacy(Record):
    """How much may be learnt of one sample: (epsilon, delta) of the whole training, by this accountant."""

    epsilon: float
    delta: float = 1e-5
    accountant: Accountant = "prv"
    candidates: int = 4  #: vectors of noise that a client commits to each time, of which all but one are opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows(Record):
    """Seconds that each phase of a round may take."""

    join: int = 600
    noise: int = 600
    submit: int = 3600
    close: int = 3600


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
    windows: Windows = Windows()
    test: str = ""  #: samples on which the trained model is judged, relative to the plan
    disputes: bool = False  #: whether a sum that does not match makes every client reveal its update, on chain

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
    spent = schedule(multiplier, plan.uses, wanted.delta, wanted.accountant)
    return Noise(multiplier=multiplier, deviation=share * 2**plan.scale, schedule=spent)


def read_plan(path: Path) -> Plan:
    """The plan in a TOML file, described in docs/training/plan.md. Raises PlanInvalid naming the entry."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PlanInvalid(f"{path} cannot be read as TOML: {error}", file=path) from None
    try:
        return _checked(_plan(table, path.parent))
    except (KeyError, TypeError, ValueError) as error:
        raise PlanInvalid(f"{path}: {error}", file=path) from None


def _plan(table: Mapping[str, Any], folder: Path) -> Plan:
    known = {"name", "network", "rounds", "model", "data", "privacy", "training", "coordinator", "windows", "owners"}
    no_others("the plan", table, known)
    model, data, training = (table_of(table, name) for name in ("model", "data", "training"))
    no_others("[data]", data, {"batch", "scale", "uses", "test"})
    entries = {"divisor", "clip", "aggregation", "quorum", "logrows", "bound", "limit", "disputes", "attempts"}
    no_others("[training]", training, entries)
    owners = tuple(Owner.from_json(item) for item in table["owners"])
    mode: AggregationMode = one_of("training.aggregation", training.get("aggregation", "mpc"), _MODES)
    bound: BoundKind = one_of("training.bound", training.get("bound", "none"), ("none", "coordinate", "length"))
    return Plan(
        name=of_kind("name", table["name"], str),
        network=of_kind("network", table.get("network", "local"), str),
        rounds=of_kind("rounds", table["rounds"], int),
        architecture=read_network(model, folder),
        seed=of_kind("model.seed", model.get("seed", 0), int),
        batch=of_kind("data.batch", data["batch"], int),
        scale=of_kind("data.scale", data.get("scale", 10), int),
        uses=of_kind("data.uses", data.get("uses", 1), int),
        clip=number_of("training.clip", training.get("clip", 1.0)),
        divisor=number_of("training.divisor", training["divisor"]),
        owners=owners,
        coordinator=of_kind("coordinator", table.get("coordinator", ""), str),
        aggregation=mode,
        quorum=of_kind("training.quorum", training.get("quorum", len(owners)), int),
        logrows=training.get("logrows"),
        privacy=Privacy.from_json(table["privacy"]) if "privacy" in table else None,
        bound=bound,
        limit=number_of("training.limit", training.get("limit", 0.0)),
        test=of_kind("data.test", data.get("test", ""), str),
        attempts=of_kind("training.attempts", training.get("attempts", 2), int),
        disputes=of_kind("training.disputes", training.get("disputes", False), bool),
        windows=Windows.from_json(table.get("windows", {})),
    )


def _checked(plan: Plan) -> Plan:
    rules: list[tuple[bool, str]] = [
        (plan.name.isidentifier() and len(plan.name) <= 24, "name must be a word of at most 24 letters and digits"),
        (plan.rounds >= 1, f"rounds is {plan.rounds}, at least 1 is needed"),
        (1 <= plan.batch <= 4096, f"data.batch is {plan.batch}, allowed are 1 to 4096"),
        (6 <= plan.scale <= 14, f"data.scale is {plan.scale}, allowed are 6 to 14"),
        (1 <= plan.uses <= 1000, f"data.uses is {plan.uses}, allowed are 1 to 1000"),
        (1 <= plan.attempts <= 100, f"training.attempts is {plan.attempts}, allowed are 1 to 100"),
        (plan.clip > 0, f"training.clip is {plan.clip}, it must be positive"),
        # A circuit multiplies by the reciprocal, which the grid holds for these alone.
        (
            plan.divisor in [2.0**power for power in range(plan.scale + 1)],
            f"training.divisor is {plan.divisor:g}; it must be a power of two from 1 to 2^{plan.scale}",
        ),
        (1 <= len(plan.owners) <= MOST_CLIENTS, f"there are {len(plan.owners)} owners, allowed 1 to {MOST_CLIENTS}"),
        (1 <= plan.quorum <= len(plan.owners), f"training.quorum is {plan.quorum} of {len(plan.owners)} owners"),
        (len({owner.name for owner in plan.owners}) == len(plan.owners), "two owners have the same name"),
        (all(owner.name.isidentifier() for owner in plan.owners), "owners' names must be words"),
        (
            all(owner.commitment == "kzg" or owner.data.startswith(REGISTERED) for owner in plan.owners),
            'data that are committed to by poseidon are given as "registered:NAME"',
        ),
        ((plan.bound == "none") == (plan.limit == 0), "training.bound and training.limit go together"),
        (plan.aggregation == "clear" or len(plan.owners) >= 3, f"{plan.aggregation} needs three owners or more"),
    ]
    if plan.privacy is not None:
        wanted = plan.privacy
        rules += [
            (wanted.epsilon > 0, f"privacy.epsilon is {wanted.epsilon}, it must be positive"),
            (0 < wanted.delta < 1, f"privacy.delta is {wanted.delta}, it must lie between 0 and 1"),
            (2 <= wanted.candidates <= 16, f"privacy.candidates is {wanted.candidates}, allowed are 2 to 16"),
        ]
    for holds, message in rules:
        if not holds:
            raise ValueError(message)
    return plan
