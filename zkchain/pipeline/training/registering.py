"""How one data owner commits to its samples in a federation's run, and puts what it committed to on the ledger."""

from collections.abc import Callable
from dataclasses import dataclass

from ...config import Config
from ...errors import DataMismatch, TransactionReverted
from ...halo2 import Prover
from ...progress import Report
from ...training.circuits import TrainingCircuits
from ...training.committing import check_openings
from ...training.dataset import DataStatement, Openings
from ...training.hashing import HashedOpenings
from ...training.plan import REGISTERED, Owner
from ...values import Digest
from .bridging import hashed_of
from .folder import Federation
from .notes import Notes
from .setup import registered_at
from .sources import commit_source


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnData:
    """An owner's samples in one run of a federation, `Opened.run`."""

    federation: Federation
    owner: Owner
    run: str
    notes: Notes
    circuits: TrainingCircuits
    config: Config
    prover: Prover
    report: Report
    bridge: Callable[[HashedOpenings, Openings], None]  #: shows all members that they are those registered by hashes
    send: Callable[[DataStatement], None]  #: puts them on the ledger

    def register(self, known: Digest) -> Openings:
        """Commit to the data, once; what was committed before is what counts. `known` is the ledger's root, or zero.

        A root that another member has put on the ledger first, copied on its way there, is left to it, and the data are
        committed to with other salt; it can do that once. Raises DataMismatch, RoundFailed, BridgeBroken for data that
        were not registered as the plan says, and TransactionReverted, also for a root of data registered beforehand.
        """
        openings = self._committed(self.notes.openings)
        if int(known, 16) != 0:
            if known != openings.statement.root:
                raise DataMismatch(
                    f"the ledger has other data of {self.owner.name}", found=known, expected=openings.statement.root
                )
            return openings
        for _ in self.federation.plan.owners[1:]:
            try:
                self.send(openings.statement)
                return openings
            except TransactionReverted as error:
                if error.facts.get("error") != "RootTaken":
                    raise
                if not self._is_salted_here:
                    self._register_anew(error)
                    raise
            self.report(f"{self.owner.name}: another member has taken this root; committing with other salt")
            openings = self._committed(None)
        self.send(openings.statement)
        return openings

    def _register_anew(self, error: TransactionReverted) -> None:
        """Nothing was proved about what was registered: forget it, so that what is registered next counts."""
        self.notes.forget_openings()
        name = self.owner.data.removeprefix(REGISTERED)
        path = registered_at(self.config, name)
        error.remedy = (
            f"another member has put this root on the ledger as its own: move {path} away, run zkchain train register "
            f"DATA --as {name}, which draws other salt, and then this command again"
        )

    @property
    def _is_salted_here(self) -> bool:
        return self.owner.commitment == "poseidon" or not self.owner.data.startswith(REGISTERED)

    def _committed(self, kept: Openings | None) -> Openings:
        """What was committed to, fit for the plan and shown to be what was registered; made where there is nothing."""
        openings = kept
        if openings is None:
            openings = commit_source(
                self.federation, self.owner, self.run, self.circuits, self.config, self.prover, self.report
            )
            self.notes.save_openings(openings)
        check_openings(openings, self.circuits, self.federation.plan.rounds)
        if self.owner.commitment == "poseidon":
            self.bridge(hashed_of(self.owner, self.config), openings)
        return openings
