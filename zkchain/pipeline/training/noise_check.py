"""Whether the noise that a client opened is what its secrets and the beacon give."""

from collections.abc import Sequence

from ...chain.training import LedgerEvent
from ...config import Config
from ...halo2 import Prover
from ...progress import Report
from ...training.circuits import TrainingCircuits, commit_vectors
from ...training.lineage import NoiseVerdict
from ...training.noise import candidates, point_hashes
from ...training.plan import noise_of
from ...values import digest, keccak_of
from .folder import Federation
from .setup import circuits_of


class NoiseCheck:
    """Recomputes the candidates that clients opened."""

    def __init__(self, federation: Federation, config: Config, prover: Prover, report: Report) -> None:
        self._deviation = noise_of(federation.plan).deviation
        self._prover, self._report = prover, report
        self._circuits: TrainingCircuits = circuits_of(federation, config=config, prover=prover, report=report)

    def verdict(self, update: LedgerEvent, events: Sequence[LedgerEvent]) -> NoiseVerdict:
        """What `noise_verdict` says. Raises EngineError."""
        return noise_verdict(update, events, self._circuits, self._deviation, self._prover, self._report)


def noise_verdict(
    update: LedgerEvent,
    events: Sequence[LedgerEvent],
    circuits: TrainingCircuits,
    deviation: float,
    prover: Prover,
    report: Report,
) -> NoiseVerdict:
    """Whether every candidate but the one that was used is what its secret and the beacon give.

    `events` are those of the update's round. Raises EngineError.
    """
    client = update.fields["client"]
    committed = [item for item in events if item.name == "NoiseCommitted" and item.fields["client"] == client]
    beacons = [item for item in events if item.name == "BeaconDrawn" and item.fields["phase"] == 2]
    if not committed or not beacons:
        return "none"
    report(f"recomputing the noise that {client} opened")
    beacon, chosen = beacons[-1].fields["beacon"], update.fields["chosen"]
    shown = [secret for place, secret in enumerate(update.fields["secrets"]) if place != chosen]
    vectors = candidates(shown, beacon, circuits.layout, deviation)
    hashes = point_hashes(commit_vectors(circuits, vectors, prover, report))
    hashes.insert(chosen, update.fields["usedHash"])
    said = digest("0x" + bytes(committed[-1].fields["noiseHash"]).hex())
    return "recomputed" if said == keccak_of(b"".join(hashes)) else "wrong"
