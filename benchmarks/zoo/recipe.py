"""How a measured model is described, and its files: the model, samples to calibrate on, and samples held out."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import onnx
from threadpoolctl import threadpool_limits

Floats = npt.NDArray[np.floating[Any]]

#: What an answer is read as: the largest of several scores, a logit's sign, a probability's side, or just values.
Answer = Literal["classes", "logit", "probability", "values"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A trained model with one input, and samples of that input along a first axis."""

    model: onnx.ModelProto
    calibration: Floats
    held_out: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One model of the benchmark."""

    name: str
    family: str
    answer: Answer
    build: Callable[[], Made]
    quick: bool = False  #: part of the quick selection
    max_logrows: int = 16  #: SRS files up to this size are made before anything is timed


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFiles:
    """Where a made model lies."""

    model: Path
    calibration: Path
    held_out: Path
    samples_digest: str  #: of both sample files


def write_files(recipe: Recipe, folder: Path) -> ModelFiles:
    """Build the model and write its three files to `folder`."""
    # One thread: sums in another order give other weights, and other weights are another model to measure.
    with threadpool_limits(1):
        made = recipe.build()
    folder.mkdir(parents=True, exist_ok=True)
    model = folder / f"{recipe.name}.onnx"
    onnx.save(made.model, model)
    paths = []
    digest = hashlib.sha256()
    for name, samples in (("calibration", made.calibration), ("held-out", made.held_out)):
        path = folder / f"{recipe.name}.{name}.npy"
        np.save(path, samples.astype(np.float32))
        digest.update(path.read_bytes())
        paths.append(path)
    return ModelFiles(model=model, calibration=paths[0], held_out=paths[1], samples_digest="0x" + digest.hexdigest())
