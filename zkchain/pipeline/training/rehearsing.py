"""Use case: take part in a rehearsal as one data owner: the same steps, in floating point, and no proofs."""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...config import Config
from ...errors import DataMismatch, PlanInvalid, RoundFailed
from ...files import make_private, parse_json, write_json
from ...progress import Report, silent
from ...record import Record
from ...training.accounting import UNITS
from ...training.committing import expect_lasting
from ...training.dataset import batches_of
from ...training.grid import from_grid, to_grid
from ...training.hashing import expect_fitting
from ...training.methods import method_of
from ...training.noise import noise_vector
from ...training.plan import REGISTERED, Noise, Plan
from ...values import Digest
from .beforehand import checked_table
from .bridging import hashed_of
from .folder import Federation, read_openings
from .rounds import Taken
from .setup import registered_at

_PAUSE = 0.1
_SECRET_BYTES = 32
_REHEARSAL = "rehearsal.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal(Record):
    """What was decided when a rehearsal began."""

    plan: Digest  #: `Federation.digest`
    run: str  #: by which its files are told from those of another one
    noise: Noise


def begun_rehearsal(federation: Federation) -> Rehearsal | None:
    """The rehearsal that was begun; None before. Raises PlanInvalid for another plan's, and for a damaged file."""
    path = federation.root / _REHEARSAL
    try:
        found = Rehearsal.from_json(parse_json(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        remedy = f"remove {federation.root} and begin anew"
        raise PlanInvalid(f"{path} cannot be read: {error}", remedy=remedy, file=path) from None
    if found.plan != federation.digest:
        raise PlanInvalid(
            f"{federation.plan_path} or its module was changed after its rehearsal was begun",
            remedy=f"restore the plan, or remove {federation.root} and begin anew",
            file=federation.plan_path,
        )
    return found


def save_rehearsal(federation: Federation, rehearsal: Rehearsal) -> None:
    """Keep what was decided."""
    make_private(federation.root)
    write_json(federation.root / _REHEARSAL, rehearsal.to_json(), mode=0o600)


def rehearse_as(federation: Federation, name: str, *, config: Config, report: Report = silent) -> Taken:
    """Compute the owner's update of every round once the model before it is told.

    What was computed is not computed again, so no two updates of a round differ by nothing but their noise. Raises
    UsageError for an owner that the plan does not have, RoundFailed before there is a rehearsal, DataMismatch, OffGrid
    and ChainingBroken.
    """
    plan, rehearsal = federation.plan, begun_rehearsal(federation)
    owner = plan.owners[plan.place_of(name)]
    if rehearsal is None:
        raise RoundFailed(
            f"nobody rehearses {federation.plan_path}", remedy=f"run: zkchain train run {federation.plan_path}"
        )
    samples = _samples(federation, name, config)
    expect_lasting(len(samples), plan.uses, plan.rounds)
    for number in range(1, plan.rounds + 1):
        path = federation.update(name, rehearsal.run, number)
        if path.is_file():
            continue
        while not federation.tells(rehearsal.run, number - 1):
            time.sleep(_PAUSE)
        report(f"{name}: round {number}")
        before = federation.weights(rehearsal.run, number - 1).values
        data, present = samples[(number - 1) % len(samples)]
        values = rehearsed_update(plan, rehearsal.noise, data, present, before)
        make_private(path.parent)
        write_json(path, {"values": list(values)}, mode=0o600)
    spent = None
    if plan.privacy is not None:
        spent = rehearsal.noise.schedule[-(-plan.rounds // len(samples)) - 1] / UNITS
    return Taken(name=owner.name, rounds=plan.rounds, epsilon=spent, gas=0, prove_seconds=())


def rehearsed_update(
    plan: Plan, noise: Noise, data: Sequence[int], present: int, weights: Sequence[int]
) -> tuple[int, ...]:
    """What an honest client gives to a sum, without salt: [parameters] on the grid, but for how a circuit rounds.

    `data` is a batch of the layout. Raises OffGrid.
    """
    layout, net = plan.layout, plan.architecture
    method = method_of(net)
    x, y = layout.samples(data)
    factors = np.array(from_grid(method.factors(layout, data, weights, present), plan.scale))
    gradients = method.gradients(net, np.array(from_grid(weights, plan.scale)), x, y)
    total = (factors[: layout.batch, None] * gradients).sum(axis=0)
    if plan.bound == "coordinate":
        total = np.clip(total, -plan.limit, plan.limit)
    elif plan.bound == "length" and np.linalg.norm(total) > plan.limit:
        total = np.zeros_like(total)
    values = np.array(to_grid(total, plan.scale, "the update"))
    if plan.privacy is not None:
        seed = secrets.token_bytes(_SECRET_BYTES)
        values += np.array(noise_vector(seed, length=len(values), salt=0, deviation=noise.deviation))
    return tuple(int(value) for value in values)


def _samples(federation: Federation, name: str, config: Config) -> list[tuple[tuple[int, ...], int]]:
    """Batches of the owner's samples, and how many samples each has. Raises as `expect_own_data` does."""
    plan = federation.plan
    owner = plan.owners[plan.place_of(name)]
    if not owner.data.startswith(REGISTERED):
        x, y = checked_table(f"the owner {name}", federation, owner.data)
        return list(zip(*batches_of(x, y, batch=plan.batch, scale=plan.scale), strict=True))
    if owner.commitment == "poseidon":
        hashed = hashed_of(owner, config)
        expect_fitting(hashed.statement, plan.layout)
        return list(zip(hashed.vectors, hashed.present, strict=True))
    openings, length = (
        read_openings(registered_at(config, owner.data.removeprefix(REGISTERED))),
        plan.layout.data_length,
    )
    found = {len(vector) for vector in openings.vectors}
    if found != {length}:
        raise DataMismatch(
            f"the owner {name}: the registered batches have {sorted(found)} numbers, a batch of this plan has {length}",
            remedy="register the data for this plan, or rehearse it on a table",
            owner=name,
            found=sorted(found),
            allowed=length,
        )
    return list(zip(openings.vectors, openings.present, strict=True))
