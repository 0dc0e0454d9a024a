"""Where an owner's samples come from, as the plan says: a table beside it, or what was registered before."""

from ...config import Config
from ...halo2 import Prover
from ...progress import Report
from ...training.circuits import TrainingCircuits
from ...training.committing import commit_hashed, commit_table
from ...training.dataset import Openings
from ...training.plan import REGISTERED, Owner
from .bridging import hashed_of
from .folder import Federation, read_openings
from .setup import registered_at


def commit_source(
    federation: Federation, owner: Owner, circuits: TrainingCircuits, config: Config, prover: Prover, report: Report
) -> Openings:
    """Commit to an owner's samples for a federation, or take what was registered for it.

    Raises DataMismatch, ChainingBroken, OffGrid, RoundFailed and EngineError.
    """
    if owner.commitment == "poseidon":
        return commit_hashed(hashed_of(owner, config), circuits, prover, report)
    if owner.data.startswith(REGISTERED):
        return read_openings(registered_at(config, owner.data.removeprefix(REGISTERED)))
    source = (federation.plan_path.parent / owner.data).resolve()
    return commit_table(source, circuits, prover, report)
