"""Use case: commit a data owner's samples and register their root: for a federation, or by hashes, for any."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ...chain.networks import resolve_network
from ...chain.registry import ContractAt, read
from ...chain.signer import Signer
from ...chain.signers import load_signer
from ...chain.training import act, settle
from ...config import Config
from ...errors import ChainingBroken, DataMismatch, UsageError
from ...files import exclusive, sha256_file
from ...halo2 import Prover
from ...network_config import LOCAL
from ...progress import Report, silent
from ...record import Record
from ...scratch import sweep
from ...solidity.artifacts import load_artifact
from ...training.committing import check_openings, commit_table
from ...training.hashing import UNLIMITED, HashedOpenings, hash_table
from ...training.merkle import Commitment
from ...training.plan_entries import is_word, word_of
from ...training.plan_parts import LONGEST_NAME
from ...values import Address, Digest
from ..sending import Sender
from ..site import open_site
from ..standing import Part
from .bridging import DATA_REGISTRY, hashed_at, read_hashed, save_hashed
from .folder import load_federation, read_openings, save_openings
from .setup import circuits_of, registered_at, signer_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered(Record):
    """Committed data."""

    name: str
    commitment: Commitment
    root: Digest
    batches: int
    samples: int
    openings: str  #: the private file that opens the commitments
    registry: Address
    tx_hash: str  #: empty when it was registered before


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """All that hashes of data depend on but the data, and where they are registered: no plan is needed."""

    batch: int
    scale: int
    targets: int
    network: str
    signer: str = ""  #: a reference; empty: the network's


def register_data(
    source: Path, name: str, plan_path: Path, *, config: Config, prover: Prover, report: Report = silent
) -> Registered:
    """Commit the samples at `source` by KZG for owner `name` of a plan, once: again, the same file changes nothing.

    Raises PlanInvalid, UsageError, DataMismatch, OffGrid, EngineError and what sending raises.
    """
    federation = load_federation(plan_path)
    signer = signer_of(federation.plan, federation.plan.place_of(name), config)
    circuits = circuits_of(federation, config=config, prover=prover, report=report)
    path = registered_at(config, name)
    with _alone(path, report):
        if not path.is_file():
            save_openings(path, commit_table(source, circuits, prover, report))
        openings = read_openings(path)
        _expect_source(openings.source, source, name, path)
        check_openings(openings, circuits, federation.plan.rounds)
        statement = openings.statement
        network = federation.plan.network
        entry = (statement.root, statement.batches, statement.samples, statement.uses)
        return _register(entry, name, "kzg", path, network, signer, config, report)


def register_hashed(
    source: Path, name: str, terms: Terms, *, config: Config, prover: Prover, report: Report = silent
) -> Registered:
    """Hash the samples at `source` as `name`, once: again, the same file and terms change nothing.

    Raises DataMismatch, ChainingBroken for other terms, OffGrid, EngineError, SignerMissing and what sending raises.
    """
    if not is_word(name, LONGEST_NAME):  # it becomes a folder
        raise UsageError(f"{name!r} is no name for data", remedy=f"give {word_of(LONGEST_NAME)}", found=name)
    network = resolve_network(terms.network, config)
    given = None if network.name == LOCAL else config.network(network.name).signer
    return _hashed(source, name, terms, load_signer(terms.signer or given, network), config, prover, report)


def register_hashed_for(
    source: Path, name: str, plan_path: Path, *, config: Config, prover: Prover, report: Report = silent
) -> Registered:
    """The same on the terms of a plan, by the account of its owner `name`. Raises PlanInvalid and UsageError, too."""
    federation = load_federation(plan_path)
    plan, signer = federation.plan, signer_of(federation.plan, federation.plan.place_of(name), config)
    terms = Terms(batch=plan.batch, scale=plan.scale, targets=plan.architecture.targets, network=plan.network)
    return _hashed(source, name, terms, signer, config, prover, report)


def _hashed(
    source: Path, name: str, terms: Terms, signer: Signer, config: Config, prover: Prover, report: Report
) -> Registered:
    path = hashed_at(config, name)
    wanted = {"batch": terms.batch, "scale": terms.scale, "targets": terms.targets}
    with _alone(path, report):
        if not path.is_file():
            save_hashed(path, hash_table(source, **wanted, prover=prover, report=report))
        hashed = read_hashed(path)
        _expect_source(hashed.source, source, name, path)
        _expect_terms(hashed, wanted, name)
        statement = hashed.statement
        entry = (statement.root, statement.batches, statement.samples, UNLIMITED)
        return _register(entry, name, "poseidon", path, terms.network, signer, config, report)


def _register(
    entry: tuple[Digest, int, int, int],
    name: str,
    commitment: Commitment,
    path: Path,
    network: str,
    signer: Signer,
    config: Config,
    report: Report,
) -> Registered:
    """Put root, batches, samples and uses on chain, unless they are there."""
    root, batches, samples, uses = entry
    site = open_site(network, config, signing=False)
    placed = Sender(site, signer, report=report).place(
        Part(name=DATA_REGISTRY, artifact=load_artifact(DATA_REGISTRY), facts={})
    )
    registry, word = ContractAt(placed.deployment.address, placed.abi), bytes.fromhex(root[2:])
    settle(site.chain, signer, registry, report)
    tx_hash = ""
    if not read(site.chain, registry, "isRegistered", [signer.address, word])[0]:
        tx_hash = act(site.chain, signer, registry, "register", [word, batches, samples, uses], report).tx_hash
    return Registered(
        name=name,
        commitment=commitment,
        root=root,
        batches=batches,
        samples=samples,
        openings=str(path),
        registry=registry.address,
        tx_hash=tx_hash,
    )


def _expect_terms(hashed: HashedOpenings, wanted: Mapping[str, int], name: str) -> None:
    """Whether data are hashed as is asked for now."""
    shape = hashed.statement.shape.to_json()
    for what, value in wanted.items():
        if shape[what] != value:
            raise ChainingBroken(
                f"{name} is registered with {what} {shape[what]}, asked for is {value}",
                remedy="register the data under another name, or as it was",
                what=what,
                found=shape[what],
                allowed=value,
            )


@contextmanager
def _alone(path: Path, report: Report) -> Iterator[None]:
    """Held while data are registered: of two processes, one would register what the other's openings do not fit."""
    with exclusive(path.with_name(f"{path.name}.lock"), lambda: report("waiting for another process")):
        sweep(path.parent, f".{path.name}.")  # what a process that was killed had begun to write
        yield


def _expect_source(kept: Digest, source: Path, name: str, path: Path) -> None:
    """Whether what is registered is of this file."""
    try:
        same = kept == sha256_file(source)
    except FileNotFoundError:
        raise DataMismatch(f"there is no file {source}", file=source) from None
    if not same:
        raise DataMismatch(
            f"other data than {source} is registered as {name}",
            remedy=f"give the file that was registered, or move {path} away to register anew",
            name=name,
        )
