"""Where an owner's samples come from, as the plan says: a table beside it, or what was registered before."""

from pathlib import Path

from ...config import Config
from ...errors import DataMismatch
from ...files import exclusive, parse_json, write_json
from ...halo2 import Prover
from ...progress import Report
from ...training.circuits import TrainingCircuits
from ...training.committing import commit_hashed, commit_table
from ...training.dataset import Openings
from ...training.plan import REGISTERED, Owner
from .bridging import hashed_of
from .folder import Federation, read_openings
from .setup import registered_at

#: Beside registered data: which run of a federation trains on which root.
_CLAIM = "federations.json"


def commit_source(
    federation: Federation,
    owner: Owner,
    run: str,
    circuits: TrainingCircuits,
    config: Config,
    prover: Prover,
    report: Report,
) -> Openings:
    """Commit to an owner's samples for a federation's run (`Opened.run`), or take what was registered for it.

    Raises DataMismatch, ChainingBroken, OffGrid, RoundFailed and EngineError.
    """
    if owner.commitment == "poseidon":
        return commit_hashed(hashed_of(owner, config), circuits, prover, report)
    if owner.data.startswith(REGISTERED):
        return _claimed(registered_at(config, owner.data.removeprefix(REGISTERED)), run)
    source = (federation.plan_path.parent / owner.data).resolve()
    return commit_table(source, circuits, prover, report)


def _claimed(path: Path, run: str) -> Openings:
    """What was registered, for the one federation that it serves: its salt is as long as one opens it.

    Raises RoundFailed, DataMismatch.
    """
    openings, claim = read_openings(path), path.with_name(_CLAIM)
    with exclusive(path.with_name(f"{_CLAIM}.lock")):
        claims = parse_json(claim.read_bytes()) if claim.is_file() else {}
        found = claims.setdefault(openings.statement.root, run)
        if found != run:
            raise DataMismatch(
                f"the data in {path} are committed to in another federation, or on a devnet that has begun anew",
                remedy=f"move {path} away, and run: zkchain train register DATA --as NAME",
                found=found,
                allowed=run,
            )
        write_json(claim, claims, mode=0o600)
    return openings
