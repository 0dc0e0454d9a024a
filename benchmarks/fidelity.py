"""Circuits against onnxruntime on samples that none was calibrated on: one evaluation for all."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zkchain.circuit.bundle import CIRCUIT_MODEL, SETTINGS
from zkchain.errors import EngineRefused
from zkchain.halo2 import Prover, Witnessed, within_tables
from zkchain.halo2.engine import InputData
from zkchain.model import Sample, evaluate, load_model, read_samples, to_input_data
from zkchain.records import Model

from .records import Errors
from .zoo.recipe import Answer, Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """The float model's answers to the held-out samples."""

    model: Model
    inputs: tuple[InputData, ...]
    outputs: tuple[Sample, ...]


#: A circuit's answers, one array for each output; None for a sample that it cannot prove.
Answers = Sequence[tuple[Floats, ...] | None]


def float_answers(model_path: Path, held_out: Path) -> Truth:
    """What onnxruntime says."""
    model = load_model(model_path)
    samples = read_samples(held_out, model.spec)
    return Truth(
        model=model,
        inputs=tuple(to_input_data(sample) for sample in samples),
        outputs=tuple(evaluate(model, samples)),
    )


def circuit_answers(folder: Path, truth: Truth, prover: Prover) -> Answers:
    """What the circuit of a bundle says, without proofs."""
    settings = json.loads((folder / SETTINGS).read_bytes())
    found: list[tuple[Floats, ...] | None] = []
    for witness in _witnesses(folder, truth.inputs, prover):
        if witness is None or not within_tables(witness, settings):
            found.append(None)
            continue
        tensors = zip(witness.outputs, settings["model_output_scales"], strict=True)
        values = [np.asarray([felt.to_float(scale=scale) for felt in felts]) for felts, scale in tensors]
        found.append(tuple(values))
    return found


def _witnesses(folder: Path, inputs: Sequence[InputData], prover: Prover) -> list[Witnessed | None]:
    """All at once; where the engine refuses a sample, one by one, to find which."""
    try:
        return list(prover.witness(folder / CIRCUIT_MODEL, folder / SETTINGS, inputs))
    except EngineRefused:
        if len(inputs) == 1:
            return [None]
    return [witness for one in inputs for witness in _witnesses(folder, [one], prover)]


def errors(answers: Answers, sides: Sequence[Answers], truth: Truth, answer: Answer) -> Errors:
    """Errors of `answers` over the samples that all of `sides` can prove, so that none gains by refusing hard ones."""
    distances: list[Floats] = []
    flips = compared = 0
    for number, (mine, exact) in enumerate(zip(answers, truth.outputs, strict=True)):
        if mine is None or any(side[number] is None for side in sides):
            continue
        compared += 1
        floats = [i for i, tensor in enumerate(truth.model.spec.outputs) if tensor.dtype == "float"]
        distances += [np.abs(mine[i] - exact[i].ravel().astype(np.float64)) for i in floats]
        flips += _read(mine[floats[-1]], answer) != _read(exact[floats[-1]].ravel(), answer)
    flat = np.concatenate(distances) if distances else np.zeros(1)
    return Errors(
        samples=compared,
        refused=sum(one is None for one in answers),
        max_abs=float(f"{flat.max():.4g}"),
        mean_abs=float(f"{flat.mean():.4g}"),
        flips=None if answer == "values" else flips,
    )


def _read(values: Floats, answer: Answer) -> int:
    """What a user reads off the scores."""
    if answer == "classes":
        return int(values.argmax())
    threshold = {"logit": 0.0, "probability": 0.5, "values": np.inf}[answer]
    return int(values[0] > threshold)
