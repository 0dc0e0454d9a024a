"""Owners that do not keep to the rules."""

from unittest.mock import patch

from zkchain.chain.training import ClientView, beacon_of
from zkchain.pipeline.training.client import Client
from zkchain.pipeline.training.notes import RoundNoise, RoundProof
from zkchain.training.circuits import commit_vectors
from zkchain.training.grid import EXACT_BITS
from zkchain.training.noise import candidates, point_hashes
from zkchain.values import keccak_of


class Forger(Client):
    """One that commits to noise of its own choice: to nothing but salt, whatever its secrets say."""

    def _commit_noise(self, number: int, mine: ClientView) -> bool:
        kept = self._notes.secrets_with(mine.secrets_hash)
        beacon, layout = beacon_of(self._site.chain, self._ledger, number), self._circuits.layout
        vectors = tuple(candidates(kept, beacon, layout, deviation=0.0))
        points = commit_vectors(self._circuits, vectors, self._prover, self._report)
        self._notes.save_noise(number, RoundNoise(secrets=kept, vectors=vectors, points=points))
        hashed = bytes.fromhex(keccak_of(b"".join(point_hashes(points)))[2:])
        self._act("commitNoise", [number, hashed, self._next_secrets(number)])
        return True


class Salter(Client):
    """One that takes the largest numbers which a circuit reads for salt, so that no sum with it can be read."""

    def prove(self, number: int) -> RoundProof:
        with patch("zkchain.pipeline.training.client.fresh_salt", lambda count, bits=0: (2**EXACT_BITS - 1,) * count):
            return super().prove(number)
