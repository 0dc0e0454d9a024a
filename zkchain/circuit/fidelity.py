"""How far the circuit's answers are from the float model's."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import EnginePanicked, EngineRefused, ZkchainError
from ..halo2 import Prover, Witnessed, within_tables
from ..halo2.engine import InputData
from ..progress import Report, silent
from ..records import Fidelity, TensorSpec
from .fidelity_report import Errors, FidelityReport, OutputFidelity, SectionFidelity, Tables
from .labels import Array, flips
from .partial import answers_or_none
from .probes import Inputs, ProbeSet

#: For each sample, for each output of the user's model, its elements in order.
References = Sequence[Sequence[Sequence[float]]]

#: Samples of one run of the engine: each run compiles the circuit once and has the engine's time limit to itself.
_BATCH = 128
_BINS = 20
#: Elements of an output that a report keeps for its picture.
_POINTS = 200


def compare(witnesses: Sequence[Witnessed], references: References, settings: Mapping[str, Any]) -> Fidelity:
    """Absolute errors of fixed-point outputs; circuit outputs beyond the references are not the model's."""
    scales = settings["model_output_scales"]
    errors = [
        abs(found.to_float(scale=scale) - expected)
        for witness, sample in zip(witnesses, references, strict=True)
        for felts, floats, scale in zip(witness.outputs, sample, scales, strict=False)
        for found, expected in zip(felts, floats, strict=True)
    ]
    return Fidelity(
        samples=len(witnesses), max_abs_error=max(errors, default=0.0), mean_abs_error=sum(errors) / max(len(errors), 1)
    )


def measure_fidelity(
    prover: Prover,
    model: Path,
    settings_path: Path,
    sets: Sequence[ProbeSet],
    outputs: Sequence[TensorSpec],
    *,
    encode: Callable[[Inputs], InputData],
    report: Report = silent,
) -> FidelityReport:
    """Run the circuit of `model` and the settings file on every probe and compare with the probes' float answers.

    `sets` begins with the data, by whose errors flips elsewhere are explained; `outputs` are the user's model's;
    `encode` gives an input as the circuit takes it. No keys are needed. Raises EngineError.
    """
    settings = json.loads(settings_path.read_bytes())
    inputs = [encode(sample) for probes in sets for sample in probes.inputs]
    report(f"running the circuit on {len(inputs)} inputs: {', '.join(probes.name for probes in sets)}")
    witnesses = iter(run_circuit(prover, model, settings_path, inputs, report))  # at once: each run compiles the model
    sections: list[SectionFidelity] = []
    for probes in sets:
        explained = {output.name: output.errors.max for output in sections[0].outputs} if sections else {}
        found = list(islice(witnesses, len(probes.inputs)))
        sections.append(_section(probes, found, outputs, settings, explained))
    return FidelityReport(tables=read_tables(settings), sections=tuple(sections))


def run_circuit(
    prover: Prover, model: Path, settings: Path, inputs: Sequence[InputData], report: Report = silent
) -> list[Witnessed | None]:
    """The circuit's forward pass on each input; None for one that it cannot hold. Raises EngineError."""
    found: list[Witnessed | None] = []
    for start in range(0, len(inputs), _BATCH):
        found += answers_or_none(
            lambda batch: prover.witness(model, settings, batch, report), inputs[start : start + _BATCH], _refused_input
        )
    return found


def _refused_input(error: ZkchainError) -> bool:
    """Whether the engine stumbled over an input, and not over the circuit or a lack of something."""
    return isinstance(error, (EngineRefused, EnginePanicked)) and error.facts.get("operation") == "witness"


def read_tables(settings: Mapping[str, Any]) -> Tables:
    """What the circuit of these settings holds."""
    arguments = settings["run_args"]
    low, high = arguments["lookup_range"]
    checks = [top for _, top in settings["required_range_checks"]]
    return Tables(
        lookup=(low, high) if settings["required_lookups"] else None,
        digit_high=max(checks, default=None),
        decomposed_bits=arguments["decomp_legs"] * math.log2(arguments["decomp_base"]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compared:
    """One output's answers, both (samples, *shape), and which samples flip how far."""

    spec: TensorSpec
    floats: Array
    circuit: Array
    flipped: Array
    gaps: Array

    @property
    def whole(self) -> bool:
        return self.spec.dtype != "float"

    @property
    def errors(self) -> Array:
        return np.ravel(np.abs(self.circuit - self.floats))


def _section(
    probes: ProbeSet,
    witnesses: Sequence[Witnessed | None],
    outputs: Sequence[TensorSpec],
    settings: Mapping[str, Any],
    explained: Mapping[str, float],
) -> SectionFidelity:
    """`explained` has the largest error on the data by output, and is empty for the data itself."""
    made = [witness for witness in witnesses if witness is not None]
    beside = probes.neighbours or [()] * len(probes.inputs)
    held = [
        (witness, _nearest(witness, (reference, *others), settings))
        for witness, reference, others in zip(witnesses, probes.references, beside, strict=True)
        if witness is not None and within_tables(witness, settings)
    ]
    compared = [_compared(index, spec, held, settings) for index, spec in enumerate(outputs)]
    flipped = np.zeros(len(held), dtype=bool)
    unexplained = np.zeros(len(held), dtype=bool)
    for output in compared:
        flipped |= output.flipped
        # At a tie, a whole number may flip for a reason that it cannot show.
        if explained and not (output.whole and probes.name == "ties"):
            unexplained |= output.flipped & (output.gaps > 2 * explained[output.spec.name])
    floats = [output.errors for output in compared if not output.whole]
    return SectionFidelity(
        name=probes.name,
        samples=len(witnesses),
        beyond_tables=len(made) - len(held),
        refused=len(witnesses) - len(made),
        flipped=int(flipped.sum()),
        unexplained=int(unexplained.sum()),
        lookup_low=min((witness.lookup_low for witness in made), default=0),
        lookup_high=max((witness.lookup_high for witness in made), default=0),
        range_high=max((witness.range_high for witness in made), default=0),
        errors=_errors(np.concatenate(floats) if floats else np.zeros(0)),
        outputs=tuple(_output(output) for output in compared) if held else (),
    )


def _nearest(witness: Witnessed, references: Sequence[Inputs], settings: Mapping[str, Any]) -> Inputs:
    """Of answers that are equally right, the one that the circuit gave, or nearly gave."""
    if len(references) == 1:
        return references[0]
    scales = settings["model_output_scales"]
    found = [
        np.array([felt.to_float(scale=scale) for felt in felts])
        for felts, scale in zip(witness.outputs, scales, strict=False)
    ]
    return min(
        references,
        key=lambda reference: max(
            float(np.abs(ours - np.ravel(theirs).astype(np.float64)).max(initial=0.0))
            for ours, theirs in zip(found, reference, strict=False)
        ),
    )


def _compared(
    index: int, spec: TensorSpec, held: Sequence[tuple[Witnessed, Inputs]], settings: Mapping[str, Any]
) -> _Compared:
    scale = settings["model_output_scales"][index]
    shape = (len(held), *spec.shape)
    circuit = np.asarray([[felt.to_float(scale=scale) for felt in witness.outputs[index]] for witness, _ in held])
    floats = np.asarray([reference[index] for _, reference in held], dtype=np.float64)
    circuit, floats = circuit.reshape(shape), floats.reshape(shape)
    flipped, gaps = flips(floats, circuit, whole=spec.dtype != "float")
    return _Compared(spec=spec, floats=floats, circuit=circuit, flipped=flipped, gaps=gaps)


def _errors(errors: Array) -> Errors:
    if not errors.size:
        return Errors()
    median, p95, p99 = (float(value) for value in np.quantile(errors, (0.5, 0.95, 0.99)))
    return Errors(max=float(errors.max()), mean=float(errors.mean()), median=median, p95=p95, p99=p99)


def _output(output: _Compared) -> OutputFidelity:
    floats, circuit, errors = output.floats.ravel(), output.circuit.ravel(), output.errors
    picked = np.unique(np.linspace(0, len(floats) - 1, min(_POINTS, len(floats))).astype(np.int64))
    counts, _ = np.histogram(errors, bins=_BINS, range=(0.0, float(errors.max()) or 1.0))
    return OutputFidelity(
        name=output.spec.name,
        elements=output.spec.elements,
        whole=output.whole,
        errors=_errors(errors),
        float_low=float(floats.min()),
        float_high=float(floats.max()),
        circuit_low=float(circuit.min()),
        circuit_high=float(circuit.max()),
        flipped=int(output.flipped.sum()),
        histogram=tuple(int(count) for count in counts),
        points=tuple((float(floats[at]), float(circuit[at])) for at in picked),
    )
