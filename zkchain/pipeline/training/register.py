"""Use case: commit a data owner's samples and register their root, before or while a federation runs."""

from dataclasses import dataclass
from pathlib import Path

from ...chain.registry import ContractAt, read
from ...chain.training import act
from ...config import Config
from ...errors import DataMismatch, UsageError
from ...files import sha256_file
from ...halo2 import Prover
from ...progress import Report, silent
from ...record import Record
from ...solidity.artifacts import load_artifact
from ...training.committing import check_openings, commit_table
from ...values import Address, Digest
from ..sending import Sender
from ..site import open_site
from ..standing import Part
from .folder import load_federation, read_openings, save_openings
from .setup import circuits_of, registered_at, signer_of

DATA_REGISTRY = "DataRegistry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered(Record):
    """Committed data."""

    name: str
    root: Digest
    batches: int
    samples: int
    openings: str  #: the private file that opens the commitments
    registry: Address
    tx_hash: str  #: empty when it was registered before


def register_data(
    source: Path, name: str, plan_path: Path, *, config: Config, prover: Prover, report: Report = silent
) -> Registered:
    """Commit the samples at `source` for owner `name` of a plan, once: again, the same file changes nothing.

    Raises PlanInvalid, UsageError, DataMismatch, OffGrid, EngineError and what sending raises.
    """
    federation = load_federation(plan_path)
    names = [owner.name for owner in federation.plan.owners]
    if name not in names:
        raise UsageError(f"the plan has no owner {name!r}; it has {', '.join(names)}", found=name)
    circuits = circuits_of(federation, config=config, prover=prover, report=report)
    path = registered_at(config, name)
    if not path.is_file():
        save_openings(path, commit_table(source, circuits, prover, report))
    openings = read_openings(path)
    if openings.source != _digest_of(source):
        raise DataMismatch(
            f"other data than {source} is registered as {name}",
            remedy=f"give the file that was registered, or move {path} away to register anew",
            name=name,
        )
    check_openings(openings, circuits, federation.plan.rounds)
    statement = openings.statement
    site = open_site(federation.plan.network, config, signing=False)
    signer = signer_of(federation.plan, names.index(name), config)
    sender = Sender(site, signer, report=report)
    placed = sender.place(Part(name=DATA_REGISTRY, artifact=load_artifact(DATA_REGISTRY), facts={}))
    registry = ContractAt(placed.deployment.address, placed.abi)
    root = bytes.fromhex(statement.root[2:])
    tx_hash = ""
    if not read(site.chain, registry, "isRegistered", [signer.address, root])[0]:
        arguments = [root, statement.batches, statement.samples, statement.uses]
        tx_hash = act(site.chain, signer, registry, "register", arguments, report).tx_hash
    return Registered(
        name=name,
        root=statement.root,
        batches=statement.batches,
        samples=statement.samples,
        openings=str(path),
        registry=registry.address,
        tx_hash=tx_hash,
    )


def _digest_of(source: Path) -> Digest:
    try:
        return sha256_file(source)
    except FileNotFoundError:
        raise DataMismatch(f"there is no file {source}", file=source) from None
