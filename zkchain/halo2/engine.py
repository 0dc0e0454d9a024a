"""The typed face of the proving engine. Files in, files and frozen results out; each call is one child process."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import ProofInvalid
from ..progress import Report, silent
from ..scratch import scratch_folder
from ..values import FieldElement
from .prover import CircuitFiles, InputData, Proved, Prover, Surveyed, Witnessed
from .supervisor import ChildCommand, Limits, serve

#: The one ezkl release whose outputs, traps and generated Solidity this package knows.
ENGINE_VERSION = "ezkl/23.0.5"

__all__ = ["ENGINE_VERSION", "CircuitFiles", "Engine", "InputData", "Proved", "Prover", "Surveyed", "Witnessed"]

#: Measured on two cores for k=15; the time doubles with each k.
_SRS_SECONDS = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """ezkl behind a supervised child process. Raises EngineError subclasses and Cancelled from every method."""

    scratch_root: Path  #: private folders of running requests; on a disk with room for a witness and a proof
    limits: Limits
    command: ChildCommand = field(default_factory=ChildCommand)

    def make_settings(
        self,
        model: Path,
        run_args: Mapping[str, object],
        data: InputData | None,
        calibration: Mapping[str, object] | None,
        report: Report = silent,
    ) -> dict[str, Any]:
        """See `Prover.make_settings`."""
        with scratch_folder(self.scratch_root) as scratch:
            arguments = {
                "model": str(model.absolute()),
                "settings": str(scratch / "settings.json"),
                "run_args": dict(run_args),
                "data": _write_input(scratch / "samples.json", data) if data is not None else "",
                "calibration": None if calibration is None else dict(calibration),
            }
            return dict(self._serve("make_settings", arguments, scratch, report)["settings"])

    def survey(
        self,
        model: Path,
        variants: Sequence[Mapping[str, object]],
        inputs: Sequence[InputData],
        seconds: float,
        report: Report = silent,
    ) -> tuple[Surveyed, ...]:
        """See `Prover.survey`."""
        with scratch_folder(self.scratch_root) as scratch:
            arguments = {**_survey_files(model, inputs, scratch), "variants": list(map(dict, variants))}
            result = self._serve("survey", {**arguments, "seconds": seconds}, scratch, report)
        return tuple(
            Surveyed(
                settings=item["settings"],
                witnesses=tuple(_witnessed(one, result["peak_rss_bytes"]) for one in item["witnesses"]),
                refusal=item["refusal"],
                seconds=item["seconds"],
            )
            for item in result["candidates"]
        )

    def least_bits(
        self,
        model: Path,
        variants: Sequence[Mapping[str, object]],
        inputs: Sequence[InputData],
        report: Report = silent,
    ) -> tuple[float | None, ...]:
        """See `Prover.least_bits`."""
        with scratch_folder(self.scratch_root) as scratch:
            arguments = {**_survey_files(model, inputs, scratch), "variants": list(map(dict, variants))}
            return tuple(self._serve("least_bits", arguments, scratch, report)["bits"])

    def build(self, model: Path, files: CircuitFiles, report: Report = silent) -> float:
        """See `Prover.build`."""
        with scratch_folder(self.scratch_root) as scratch:
            result = self._serve("build", {"model": str(model.absolute()), **_paths(files)}, scratch, report)
            return float(result["setup_seconds"])

    def witness(
        self, model: Path, settings: Path, inputs: Sequence[InputData], report: Report = silent
    ) -> tuple[Witnessed, ...]:
        """See `Prover.witness`."""
        with scratch_folder(self.scratch_root) as scratch:
            circuit = scratch / "circuit.ezkl"
            compiled = {"model": str(model.absolute()), "settings": str(settings.absolute()), "circuit": str(circuit)}
            self._serve("compile_only", compiled, scratch, report)
            return self._witness(circuit, inputs, scratch, report)

    def prove(
        self,
        files: CircuitFiles,
        data: InputData,
        accept: Callable[[Witnessed], None],
        report: Report = silent,
        *,
        tag: FieldElement | None = None,
    ) -> Proved:
        """See `Prover.prove`. Raises ProofInvalid when the fresh proof does not hold under the verifying key."""
        with scratch_folder(self.scratch_root) as scratch:
            (witnessed,) = self._witness(files.circuit, [data], scratch, report)
            accept(witnessed)
            arguments = {
                **_paths(files),
                "witness": str(scratch / "witness.json"),
                "proof": str(scratch / "proof.json"),
                "tag": "" if tag is None else tag.word,
            }
            result = self._serve("prove", arguments, scratch, report)
        if not result["valid"]:
            raise ProofInvalid("a fresh proof does not hold under the bundle's verifying key")
        return Proved(
            instances=tuple(FieldElement.from_word(word) for word in result["instances"]),
            proof=bytes.fromhex(result["proof"].removeprefix("0x")),
            witness_seconds=witnessed.seconds,
            prove_seconds=float(result["prove_seconds"]),
            peak_rss_bytes=int(result["peak_rss_bytes"]),
        )

    def verify(
        self, files: CircuitFiles, instances: Sequence[FieldElement], proof: bytes, report: Report = silent
    ) -> bool:
        """See `Prover.verify`."""
        with scratch_folder(self.scratch_root) as scratch:
            path = scratch / "proof.json"
            path.write_text(json.dumps(_ezkl_proof(instances, proof)), encoding="utf-8")
            return bool(self._serve("verify", {**_paths(files), "proof": str(path)}, scratch, report)["valid"])

    def commit(
        self, files: CircuitFiles, vectors: Sequence[Sequence[int]], report: Report = silent
    ) -> tuple[bytes, ...]:
        """See `Prover.commit`."""
        with scratch_folder(self.scratch_root) as scratch:
            arguments = {**_paths(files), "vectors": [list(map(int, vector)) for vector in vectors]}
            found = self._serve("commit", arguments, scratch, report)["points"]
        return tuple(b"".join(bytes.fromhex(point[2:]) for point in points) for points in found)

    def poseidon(self, vectors: Sequence[Sequence[int]], report: Report = silent) -> tuple[FieldElement, ...]:
        """See `Prover.poseidon`."""
        with scratch_folder(self.scratch_root) as scratch:
            arguments = {"vectors": [list(map(int, vector)) for vector in vectors]}
            found = self._serve("poseidon", arguments, scratch, report)["hashes"]
        return tuple(FieldElement.from_word(word) for word in found)

    def make_srs(self, k: int, path: Path, report: Report = silent) -> None:
        """See `Prover.make_srs`."""
        with scratch_folder(self.scratch_root) as scratch:
            arguments = {"k": k, "srs": str(path.absolute())}
            self._serve("make_srs", arguments, scratch, report, expected_seconds=_SRS_SECONDS * 2.0 ** (k - 15))

    def render_verifier(self, files: CircuitFiles, report: Report = silent) -> str:
        """See `Prover.render_verifier`."""
        return self._render(files, report, shared=False)[0]

    def render_shared(self, files: CircuitFiles, report: Report = silent) -> tuple[str, bytes]:
        """See `Prover.render_shared`."""
        return self._render(files, report, shared=True)

    def _render(self, files: CircuitFiles, report: Report, *, shared: bool) -> tuple[str, bytes]:
        with scratch_folder(self.scratch_root) as scratch:
            result = self._serve("render", {**_paths(files), "shared": shared}, scratch, report)
        return str(result["source"]), bytes.fromhex(result["vka"])

    def _witness(
        self, circuit: Path, inputs: Sequence[InputData], scratch: Path, report: Report
    ) -> tuple[Witnessed, ...]:
        data = [_write_input(scratch / f"input-{index}.json", item) for index, item in enumerate(inputs)]
        arguments = {"circuit": str(circuit.absolute()), "inputs": data, "witness": str(scratch / "witness.json")}
        result = self._serve("witness", arguments, scratch, report)
        return tuple(_witnessed(item, result["peak_rss_bytes"]) for item in result["witnesses"])

    def _serve(
        self,
        operation: str,
        arguments: dict[str, Any],
        scratch: Path,
        report: Report,
        expected_seconds: float | None = None,
    ) -> dict[str, Any]:
        return serve(
            operation,
            arguments,
            scratch=scratch,
            limits=self.limits,
            report=report,
            command=self.command,
            expected_seconds=expected_seconds,
        )


def _paths(files: CircuitFiles) -> dict[str, str]:
    return {name: str(getattr(files, name).absolute()) for name in CircuitFiles.__slots__}


def _survey_files(model: Path, inputs: Sequence[InputData], scratch: Path) -> dict[str, object]:
    data = [_write_input(scratch / f"input-{index}.json", item) for index, item in enumerate(inputs)]
    return {"model": str(model.absolute()), "inputs": data, "scratch": str(scratch)}


def _witnessed(item: Mapping[str, Any], peak_rss_bytes: int) -> Witnessed:
    return Witnessed(
        seconds=item["seconds"],
        outputs=tuple(tuple(FieldElement.from_word(word) for word in tensor) for tensor in item["outputs"]),
        lookup_low=item["lookup_low"],
        lookup_high=item["lookup_high"],
        range_high=item["range_high"],
        peak_rss_bytes=peak_rss_bytes,
    )


def _write_input(path: Path, data: InputData) -> str:
    path.write_text(json.dumps({"input_data": data}, allow_nan=False), encoding="utf-8")
    return str(path)


def _ezkl_proof(instances: Sequence[FieldElement], proof: bytes) -> dict[str, object]:
    """Our proof in the shape of ezkl's proof.json: instances with the least significant byte first."""
    return {
        "protocol": None,
        "instances": [[int(value).to_bytes(32, "little").hex() for value in instances]],
        "proof": list(proof),
        "hex_proof": "0x" + proof.hex(),
        "split": None,
        "pretty_public_inputs": None,
        "timestamp": None,
        "commitment": "KZG",
        "version": ENGINE_VERSION.partition("/")[2],
    }
