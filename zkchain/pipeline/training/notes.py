"""What one data owner writes down for itself, each thing before it is committed to."""

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from ...errors import OpeningWrong, RoundFailed
from ...files import exclusive, make_private, parse_json, write_json
from ...record import Record
from ...training.dataset import Openings
from ...training.layout import Layout
from ...training.noise import secrets_hash
from ...values import Digest
from .folder import read_openings, save_openings

#: The file in which a data owner keeps what it committed to.
OPENINGS = "data.json"
_SECRETS = "secrets"
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseSecrets(Record):
    """The secrets of one round's noise, drawn in the round before it that an owner was in, or with its data."""

    secrets: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundNoise(Record):
    """A round's candidates of noise, the secrets that they follow from, and what they are committed to by."""

    secrets: tuple[bytes, ...]
    vectors: tuple[tuple[int, ...], ...]
    points: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundProof(Record):
    """The proof of a round's step, the batch that it is about, and the update that it commits to."""

    proof: bytes
    batch: int
    update: tuple[int, ...] = ()  #: on the grid, with its salt; what a dispute asks for


class Notes:
    """One owner's folder of a federation's run, which nobody else may open.

    Salt is of one run: the openings, too, are made anew when a devnet begins anew.
    """

    def __init__(self, rounds: Path) -> None:
        self._rounds = rounds
        make_private(rounds)

    def alone(self, busy: Callable[[], object]) -> AbstractContextManager[None]:
        """Held while an owner acts: two processes of one would prove one round twice. `busy` as in `exclusive`."""
        return exclusive(self._rounds / ".lock", busy)

    @property
    def openings(self) -> Openings | None:
        """What was committed to; None before anything was. Raises RoundFailed, DataMismatch."""
        path = self._rounds / OPENINGS
        return read_openings(path) if path.is_file() else None

    def save_openings(self, openings: Openings) -> None:
        """Keep what was committed to."""
        save_openings(self._rounds / OPENINGS, openings)

    def forget_openings(self) -> None:
        """What was committed to is of no use: it is not on the ledger, and cannot be any more."""
        (self._rounds / OPENINGS).unlink(missing_ok=True)

    def drawn_secrets(self, number: int, count: int) -> tuple[bytes, ...]:
        """Those that are committed to in round `number`, or with the data: 0. Drawn once, and kept from then on."""
        path = self._path(number, _SECRETS)
        if not path.is_file():
            drawn = tuple(secrets.token_bytes(_SECRET_BYTES) for _ in range(count))
            write_json(path, NoiseSecrets(secrets=drawn).to_json(), mode=0o600)
        return self._secrets_in(path)

    def secrets_with(self, hashed: Digest) -> tuple[bytes, ...]:
        """Those that were committed to by this hash. Raises RoundFailed."""
        for path in self._rounds.glob(f"*.{_SECRETS}.json"):
            found = self._secrets_in(path)
            if secrets_hash(found) == hashed:
                return found
        raise RoundFailed(f"the secrets behind {hashed} are not in {self._rounds}", found=hashed)

    def noise_of(self, number: int) -> RoundNoise:
        """A round's candidates, which were committed to. Raises RoundFailed."""
        path = self._path(number, "noise")
        if not path.is_file():
            raise RoundFailed(f"the noise of round {number} is not in {self._rounds}", round=number)
        return RoundNoise.from_json(parse_json(path.read_bytes()))

    def save_noise(self, number: int, noise: RoundNoise) -> None:
        """Keep a round's candidates."""
        write_json(self._path(number, "noise"), noise.to_json(), mode=0o600)

    def proof(self, number: int) -> RoundProof | None:
        """A round's proof; None before it was made."""
        path = self._path(number, "proof")
        return RoundProof.from_json(parse_json(path.read_bytes())) if path.is_file() else None

    def expect_fresh(self, number: int, closed: int, batch: int, layout: Layout) -> None:
        """Whether salt is left for a proof in round `number` about `batch` and the model after round `closed`.

        Each proof opens both, and it may have been seen although it was not accepted. Raises RoundFailed.
        """
        made = {int(path.name[6:10]): path for path in self._rounds.glob("round-*.proof.json")}
        made.pop(number, None)
        begun = sum(other > closed for other in made)
        about = sum(RoundProof.from_json(parse_json(path.read_bytes())).batch == batch for path in made.values())
        for found, allowed, what in (
            (begun, layout.attempts, f"{begun} rounds with proofs have come to nothing since the model was made"),
            (about, layout.proofs_of_batch, f"batch {batch} was proved about {about} times, not all accepted"),
        ):
            if found >= allowed:
                raise RoundFailed(
                    f"{what}; salt is long enough for {allowed}",
                    remedy="begin a new federation, whose plan says more training.attempts",
                    found=found + 1,
                    allowed=allowed,
                )

    def update_of(self, number: int) -> tuple[int, ...]:
        """What was proved in a round. Raises OpeningWrong when it is not kept."""
        made = self.proof(number)
        if made is None or not made.update:
            raise OpeningWrong(f"the update that was proved in round {number} is not in {self._rounds}", round=number)
        return made.update

    def save_proof(self, number: int, proof: RoundProof) -> None:
        """Keep a round's proof."""
        write_json(self._path(number, "proof"), proof.to_json(), mode=0o600)

    def _secrets_in(self, path: Path) -> tuple[bytes, ...]:
        return NoiseSecrets.from_json(parse_json(path.read_bytes())).secrets

    def _path(self, number: int, what: str) -> Path:
        return self._rounds / f"round-{number:04d}.{what}.json"
