"""What zkchain needs of a proof system: files in, files and frozen results out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ..progress import Report, silent
from ..values import FieldElement

#: ezkl's input file: one flat list of numbers for each input of the circuit.
InputData = Sequence[Sequence[float | int]]

#: Not one of ezkl's run arguments: when true, proofs carry a tag, one more instance after those of the circuit.
TAGGED = "tagged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnessed:
    """The circuit's forward pass on one input, and the widest values it met."""

    seconds: float
    outputs: tuple[tuple[FieldElement, ...], ...]
    lookup_low: int
    lookup_high: int
    range_high: int
    peak_rss_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """A checked proof with what it cost."""

    instances: tuple[FieldElement, ...]
    proof: bytes
    witness_seconds: float
    prove_seconds: float
    peak_rss_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitFiles:
    """Where a circuit and its keys lie."""

    circuit: Path
    settings: Path
    proving_key: Path
    verifying_key: Path
    srs: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """One candidate, laid out and run on some inputs without keys; or why it cannot be."""

    settings: dict[str, Any]  #: uncalibrated; empty when refused
    witnesses: tuple[Witnessed, ...]
    refusal: str
    seconds: float


class Prover(Protocol):
    """What zkchain needs of a proof system; `Engine` is the real one."""

    def make_settings(
        self,
        model: Path,
        run_args: Mapping[str, object],
        data: InputData | None,
        calibration: Mapping[str, object] | None,
        report: Report = silent,
    ) -> dict[str, Any]:
        """Settings for `run_args`; calibrated on `data` when `calibration` is given."""

    def survey(
        self,
        model: Path,
        variants: Sequence[Mapping[str, object]],
        inputs: Sequence[InputData],
        seconds: float,
        report: Report = silent,
    ) -> tuple[Surveyed, ...]:
        """Lay `model` out for each choice of run arguments and run it on `inputs`, the first whatever it takes.

        Answers for fewer variants when `seconds` run out.
        """

    def least_bits(
        self,
        model: Path,
        variants: Sequence[Mapping[str, object]],
        inputs: Sequence[InputData],
        report: Report = silent,
    ) -> tuple[float | None, ...]:
        """For each choice, bits that decompositions must hold to take all `inputs`; None when none suffices."""

    def build(self, model: Path, files: CircuitFiles, report: Report = silent) -> float:
        """Compile `model` with `files.settings`, make both keys; seconds of key generation."""

    def witness(
        self, model: Path, settings: Path, inputs: Sequence[InputData], report: Report = silent
    ) -> tuple[Witnessed, ...]:
        """Forward pass on each input, with no keys needed."""

    def prove(
        self,
        files: CircuitFiles,
        data: InputData,
        accept: Callable[[Witnessed], None],
        report: Report = silent,
        *,
        tag: FieldElement | None = None,
    ) -> Proved:
        """Prove one input; `accept` sees the witness first and may raise. A tagged circuit's proofs take a `tag`."""

    def verify(
        self, files: CircuitFiles, instances: Sequence[FieldElement], proof: bytes, report: Report = silent
    ) -> bool:
        """True when the proof holds, False when it does not; anything else raises."""

    def commit(
        self, files: CircuitFiles, vectors: Sequence[Sequence[int]], report: Report = silent
    ) -> tuple[bytes, ...]:
        """KZG commitments of vectors of signed integers, 64 bytes a point: what a proof of a circuit of as many rows

        carries first for tensors that are visible as "polycommit".
        """

    def poseidon(self, vectors: Sequence[Sequence[int]], report: Report = silent) -> tuple[FieldElement, ...]:
        """Poseidon hashes of vectors of signed integers: a circuit's instances for tensors visible as "hashed"."""

    def make_srs(self, k: int, path: Path, report: Report = silent) -> None:
        """Write a development SRS for 2**k rows to `path`."""

    def render_verifier(self, files: CircuitFiles, report: Report = silent) -> str:
        """Unguarded Solidity of this circuit's own verifier."""

    def render_shared(self, files: CircuitFiles, report: Report = silent) -> tuple[str, bytes]:
        """Unguarded Solidity of the shared verifier, and this circuit's verifying-key artifact (VKA)."""
