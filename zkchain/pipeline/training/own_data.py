"""Whether an owner's data will serve, before a ledger stands that they cannot serve."""

from ...config import Config
from ...errors import DataMismatch, ZkchainError
from ...training.committing import expect_lasting
from ...training.hashing import expect_fitting
from ...training.plan import REGISTERED, Owner
from .beforehand import checked_table, expect_account
from .bridging import hashed_at, hashed_of
from .folder import Federation, read_openings
from .setup import registered_at, signer_of


def expect_own_data(federation: Federation, name: str, config: Config) -> None:
    """Whether the samples of owner `name` are there, are what the model takes, and last for the plan's rounds.

    Where the plan says an address, nobody else can tell whether the owner's signer is that account, so it is looked at
    here too. Raises UsageError for an owner that the plan does not have, PlanInvalid for another account, and
    DataMismatch, OffGrid, ChainingBroken and RoundFailed naming the owner.
    """
    plan, who = federation.plan, federation.plan.place_of(name)
    owner = plan.owners[who]
    if owner.address and plan.proof == "full":  # a rehearsal sends nothing, and needs nobody's key
        expect_account(who, owner, lambda who: signer_of(plan, who, config).address)
    if owner.data.startswith(REGISTERED):
        _expect_registered(federation, owner, config)
        return
    samples, _ = checked_table(f"the owner {name}", federation, owner.data)
    _expect_lasting(federation, owner, -(-len(samples) // federation.plan.batch), federation.plan.uses)


def _expect_registered(federation: Federation, owner: Owner, config: Config) -> None:
    plan, name, hashed = federation.plan, owner.data.removeprefix(REGISTERED), owner.commitment == "poseidon"
    path = hashed_at(config, name) if hashed else registered_at(config, name)
    if not path.is_file():
        raise DataMismatch(
            f"the owner {owner.name}: no data are registered as {name} on this machine, by {owner.commitment}",
            remedy=f"run: zkchain train register DATA --as {name}{' --commitment poseidon' if hashed else ''}",
            owner=owner.name,
            file=path,
        )
    try:
        if hashed:
            found = hashed_of(owner, config)
            expect_fitting(found.statement, plan.layout)
            batches, uses = found.statement.batches, plan.uses
        else:
            statement = read_openings(path).statement
            batches, uses = statement.batches, statement.uses
    except ZkchainError as error:
        raise _of(owner, error) from None
    _expect_lasting(federation, owner, batches, uses)


def _expect_lasting(federation: Federation, owner: Owner, batches: int, uses: int) -> None:
    try:
        expect_lasting(batches, uses, federation.plan.rounds)
    except DataMismatch as error:
        raise _of(owner, error) from None


def _of(owner: Owner, error: ZkchainError) -> ZkchainError:
    facts = {"owner": owner.name, **error.facts}
    return type(error)(f"the owner {owner.name}: {error.message}", remedy=error.remedy, **facts)
