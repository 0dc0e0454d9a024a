"""Where a federation keeps what it knows: what all members share, and of each member what nobody else may see."""

import json
from dataclasses import dataclass
from pathlib import Path

from ...errors import PlanInvalid, RoundFailed
from ...files import make_private, parse_json, sha256_file, write_json
from ...record import Record
from ...training.dataset import Openings
from ...training.plan import Noise, Plan, read_plan
from ...values import Address, Digest, canonical_json, digest, sha256_of

_OPENED, _GENESIS = "federation.json", "genesis.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened(Record):
    """What stands once a federation was set up."""

    plan: Digest  #: `Federation.digest`
    ledger: Address
    block: int  #: in which the ledger was created
    block_hash: Digest
    noise: Noise
    members: tuple[Address, ...]  #: in the order of the plan's owners

    def __post_init__(self) -> None:
        digest(self.block_hash)  # it names folders, and can come from a board

    @property
    def run(self) -> str:
        """Whose rounds are whose: a devnet that began anew may have another ledger at the same address."""
        return f"{self.ledger[2:10].lower()}-{self.block_hash[2:10]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights(Record):
    """The model before a round, on the grid, with its salt: known to the members alone."""

    round: int  #: after which the model was this; 0 from the beginning
    model: Digest  #: points hash
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Genesis(Record):
    """The first weights and their salt, before a ledger has them."""

    plan: Digest  #: `Federation.digest`
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Federation:
    """A plan and the folder beside it."""

    plan_path: Path
    plan: Plan

    @property
    def digest(self) -> Digest:
        """SHA-256 of the plan's file and of the network, which with a torch module has another file's text in it."""
        parts = {"plan": sha256_file(self.plan_path), "network": self.plan.architecture.to_json()}
        return sha256_of(canonical_json(parts))

    @property
    def root(self) -> Path:
        """What belongs to the federation; a rehearsal leaves no trace in what is proved."""
        return self.plan_path.with_suffix(".federation" if self.plan.proof == "full" else ".rehearsal")

    @property
    def board(self) -> Path:
        """What the coordinator tells all members."""
        return self.root / "board"

    def party(self, name: str) -> Path:
        """What `name` keeps to itself."""
        return self.root / "parties" / name

    def bridge(self, name: str) -> Path:
        """What `name` shows everybody of data that it had registered before."""
        return self.root / "bridges" / f"{name}.json"

    def rounds(self, name: str, run: str) -> Path:
        """What `name` keeps of the rounds of a run (`Opened.run`)."""
        return self.party(name) / f"ledger-{run}"

    def update(self, name: str, run: str, number: int) -> Path:
        """What `name` gives to the sum of round `number`."""
        return self.rounds(name, run) / f"round-{number:04d}.update.json"

    def opened(self) -> Opened:
        """What was set up. Raises RoundFailed when nothing was, PlanInvalid when it was of another plan."""
        path = self.root / _OPENED
        try:
            found = Opened.from_json(parse_json(path.read_bytes()))
        except OSError:
            raise RoundFailed(
                f"the federation of {self.plan_path} is not set up",
                remedy=f"run: zkchain train coordinator {self.plan_path}",
            ) from None
        except (ValueError, KeyError, TypeError) as error:
            raise PlanInvalid(f"{path} cannot be read: {error}", remedy=self._damaged, file=path) from None
        if found.plan != self.digest:
            raise PlanInvalid(
                f"{self.plan_path} or its module was changed after its federation was set up",
                remedy=f"restore the plan, or remove {self.root} and begin anew",
                file=self.plan_path,
            )
        return found

    def genesis(self) -> tuple[int, ...] | None:
        """The first weights and their salt; None before they were made.

        Raises PlanInvalid for another plan's, and for a file that is damaged.
        """
        path = self.root / _GENESIS
        if not path.is_file():
            return None
        try:
            found = _Genesis.from_json(parse_json(path.read_bytes()))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise PlanInvalid(f"{path} cannot be read: {error}", remedy=self._damaged, file=path) from None
        length = self.plan.layout.weights_length
        if found.plan == self.digest and len(found.values) != length:
            raise PlanInvalid(
                f"{path} holds {len(found.values)} numbers, expected {length}",
                remedy=self._damaged,
                file=path,
                found=len(found.values),
                allowed=length,
            )
        if found.plan != self.digest:
            raise PlanInvalid(
                f"{self.plan_path} or its module was changed after its federation was begun",
                remedy=f"restore the plan, or remove {self.root} and begin anew",
                file=self.plan_path,
            )
        return found.values

    def save_genesis(self, values: tuple[int, ...]) -> None:
        """Keep them."""
        make_private(self.root)
        write_json(self.root / _GENESIS, _Genesis(plan=self.digest, values=values).to_json(), mode=0o600)

    @property
    def _damaged(self) -> str:
        return f"restore the file, or remove {self.root} and begin anew"

    @property
    def is_open(self) -> bool:
        """Whether it was set up."""
        return (self.root / _OPENED).is_file()

    def save_opened(self, opened: Opened) -> None:
        """Keep what was set up."""
        make_private(self.root)
        write_json(self.root / _OPENED, opened.to_json(), mode=0o600)

    def weights(self, run: str, number: int) -> Weights:
        """The model after round `number`. Raises RoundFailed when the coordinator has not told it."""
        path = self._told(run, number)
        try:
            return Weights.from_json(parse_json(path.read_bytes()))
        except (OSError, ValueError, KeyError, TypeError):
            raise RoundFailed(f"the weights after round {number} are not on the board", file=path) from None

    def tells(self, run: str, number: int) -> bool:
        """Whether the model after round `number` is on the board."""
        return self._told(run, number).is_file()

    def save_weights(self, run: str, weights: Weights) -> None:
        """Tell the members the model after a round."""
        path = self._told(run, weights.round)
        make_private(path.parent)
        write_json(path, weights.to_json(), mode=0o600)

    def _told(self, run: str, number: int) -> Path:
        return self.board / f"ledger-{run}" / f"weights-{number:04d}.json"


def load_federation(plan_path: Path, *, rehearsals: bool = False) -> Federation:
    """The federation of the plan at `plan_path`. Raises PlanInvalid, also for a rehearsal where none is expected."""
    path = plan_path.absolute()
    plan = read_plan(path)
    if plan.proof == "none" and not rehearsals:
        raise PlanInvalid(
            f'{path}: training.proof is "none", so that there are no circuits, no ledger and nothing to publish',
            remedy='rehearse the plan with zkchain train run, or set training.proof to "full"',
            entry="training.proof",
            found="none",
            allowed=["full"],
            file=path,
        )
    return Federation(plan_path=path, plan=plan)


def read_openings(path: Path) -> Openings:
    """A data owner's openings. Raises RoundFailed when they are not there or not whole."""
    try:
        found = Openings.from_json(json.loads(path.read_text(encoding="ascii")))
    except (OSError, ValueError, KeyError, TypeError):
        raise RoundFailed(f"{path} holds no openings of registered data", file=path) from None
    found.check()
    return found


def save_openings(path: Path, openings: Openings) -> None:
    """Keep them, for this user alone."""
    make_private(path.parent)
    write_json(path, openings.to_json(), mode=0o600)
