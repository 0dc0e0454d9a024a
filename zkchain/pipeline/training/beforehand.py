"""What can be known to be wrong with a plan before anything is sent: its test samples, and who acts for its owners."""

from collections.abc import Callable, Sequence

import numpy as np

from ...chain.dev_accounts import DEV_ADDRESSES
from ...errors import (
    ConfigError,
    DataMismatch,
    DevKeyRefused,
    KeystoreRefused,
    OffGrid,
    PlanInvalid,
    SignerMissing,
)
from ...training.accounting import UNITS
from ...training.dataset import batches_of, expect_shape, read_table
from ...training.plan import Owner, Plan
from ...values import Address
from .folder import Federation


def judging_samples(federation: Federation) -> tuple[np.ndarray, np.ndarray] | None:
    """Features and targets on which the trained model is judged; None where the plan names none.

    Raises DataMismatch and OffGrid naming the entry.
    """
    test = federation.plan.test
    return checked_table("[data] test", federation, test) if test else None


def checked_table(what: str, federation: Federation, data: str) -> tuple[np.ndarray, np.ndarray]:
    """Samples at a path of the plan's, if they are what its model takes. Raises DataMismatch and OffGrid naming `what`.

    Nothing of the samples is in the error but places.
    """
    plan, path = federation.plan, (federation.plan_path.parent / data).resolve()
    try:
        x, y = read_table(path, plan.architecture.targets)
        expect_shape(x, y, plan.layout)
        batches_of(x, y, batch=plan.batch, scale=plan.scale)
    except (DataMismatch, OffGrid) as error:
        raise type(error)(f"{what}: {error.message}", remedy=error.remedy, **{"file": path, **error.facts}) from None
    return x, y


def checked_members(plan: Plan, schedule: Sequence[int], account_of: Callable[[int], Address]) -> tuple[Address, ...]:
    """The account of every owner, if the ledger will take each of them with its epsilon; `schedule` is of the noise.

    Raises PlanInvalid naming the owner.
    """
    owners: dict[Address, str] = {}
    for who, owner in enumerate(plan.owners):
        address = expect_account(who, owner, account_of)
        if address in owners:
            raise PlanInvalid(
                f"the owners {owners[address]} and {owner.name} act by one account, {address}",
                remedy="give each owner a signer of its own",
                owner=owner.name,
                found=address,
            )
        owners[address] = owner.name
        if owner.epsilon and round(owner.epsilon * UNITS) < schedule[0]:
            least = schedule[0] / UNITS
            raise PlanInvalid(
                f"the owner {owner.name} lets its data spend epsilon {owner.epsilon:g}; one step spends {least:.6f}",
                remedy="raise the owner's epsilon, or lower that of the plan",
                owner=owner.name,
                found=owner.epsilon,
                least=least,
            )
    return tuple(owners)


def expect_account(who: int, owner: Owner, account_of: Callable[[int], Address]) -> Address:
    """The account of owner number `who`. Raises PlanInvalid naming the owner where it has none."""
    try:
        return account_of(who)
    except (SignerMissing, KeystoreRefused, DevKeyRefused, ConfigError) as error:
        alone = not owner.signer and who + 1 >= len(DEV_ADDRESSES)
        reason = f"a devnet has accounts for {len(DEV_ADDRESSES) - 1} owners" if alone else error.message
        raise PlanInvalid(
            f"the owner {owner.name} has no account: {reason}",
            remedy="correct the owner's signer in the plan, or what it refers to",
            owner=owner.name,
        ) from None
