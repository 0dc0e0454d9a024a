"""What one data owner writes down for itself, each thing before it is committed to."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import OpeningWrong, RoundFailed
from ...files import make_private, parse_json, write_json
from ...record import Record
from ...training.dataset import Openings
from .folder import read_openings, save_openings

#: The file in which a data owner keeps what it committed to.
OPENINGS = "data.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundSecrets(Record):
    """The secrets of a round's candidates, and their commitments once they are known."""

    round: int
    secrets: tuple[bytes, ...]
    points: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundProof(Record):
    """The proof of a round's step, the batch that it is about, and the update that it commits to."""

    proof: bytes
    batch: int
    update: tuple[int, ...] = ()  #: on the grid, with its salt; what a dispute asks for


class Notes:
    """One owner's folder, which nobody else may open."""

    def __init__(self, folder: Path, rounds: Path) -> None:
        self._folder, self._rounds = folder, rounds
        for place in (folder, rounds):
            make_private(place)

    @property
    def openings(self) -> Openings | None:
        """What was committed to; None before anything was. Raises RoundFailed, DataMismatch."""
        path = self._folder / OPENINGS
        return read_openings(path) if path.is_file() else None

    def save_openings(self, openings: Openings) -> None:
        """Keep what was committed to."""
        save_openings(self._folder / OPENINGS, openings)

    def secrets(self, number: int) -> RoundSecrets | None:
        """Those of a round; None before it was joined."""
        path = self._path(number, "secrets")
        return RoundSecrets.from_json(parse_json(path.read_bytes())) if path.is_file() else None

    def secrets_of(self, number: int) -> RoundSecrets:
        """Those of a round that was joined. Raises RoundFailed."""
        found = self.secrets(number)
        if found is None:
            raise RoundFailed(f"round {number} was joined, but its secrets are not in {self._rounds}", round=number)
        return found

    def save_secrets(self, kept: RoundSecrets) -> None:
        """Keep a round's secrets."""
        write_json(self._path(kept.round, "secrets"), kept.to_json(), mode=0o600)

    def noise(self, number: int, chosen: int) -> tuple[int, ...]:
        """One of a round's candidates."""
        return tuple(parse_json(self._path(number, "noise").read_bytes())[chosen])

    def save_noise(self, number: int, vectors: Sequence[Sequence[int]]) -> None:
        """Keep a round's candidates."""
        write_json(self._path(number, "noise"), [list(vector) for vector in vectors], mode=0o600)

    def proof(self, number: int) -> RoundProof | None:
        """A round's proof; None before it was made."""
        path = self._path(number, "proof")
        return RoundProof.from_json(parse_json(path.read_bytes())) if path.is_file() else None

    def update_of(self, number: int) -> tuple[int, ...]:
        """What was proved in a round. Raises OpeningWrong when it is not kept."""
        made = self.proof(number)
        if made is None or not made.update:
            raise OpeningWrong(f"the update that was proved in round {number} is not in {self._rounds}", round=number)
        return made.update

    def save_proof(self, number: int, proof: RoundProof) -> None:
        """Keep a round's proof."""
        write_json(self._path(number, "proof"), proof.to_json(), mode=0o600)

    def _path(self, number: int, what: str) -> Path:
        return self._rounds / f"round-{number:04d}.{what}.json"
