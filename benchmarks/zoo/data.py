"""Real data sets that scikit-learn carries: shuffled by a fixed seed, split, and scaled by the training part."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine

from .recipe import Floats, Made

#: Samples that circuits are calibrated on, taken from the training data as a user would; and those held out.
CALIBRATION, HELD_OUT = 32, 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """Samples along the first axis."""

    train: Floats
    labels: npt.NDArray[Any]
    held_out: Floats

    def made(self, model: Any) -> Made:
        """`model` with samples of this data."""
        return Made(model=model, calibration=self.train[:CALIBRATION], held_out=self.held_out)

    def shaped(self, *shape: int) -> "Data":
        """Each sample in another shape."""
        return Data(
            train=self.train.reshape(-1, *shape), labels=self.labels, held_out=self.held_out.reshape(-1, *shape)
        )


@cache
def cancer() -> Data:
    """Biopsies: 30 features, 2 classes."""
    return _standardised(*load_breast_cancer(return_X_y=True))


@cache
def wine() -> Data:
    """Wines: 13 features, 3 classes."""
    return _standardised(*load_wine(return_X_y=True))


@cache
def raw_wine() -> Data:
    """Wines in their own units, from 0.1 to 1,680."""
    return _split(*load_wine(return_X_y=True))


@cache
def diabetes() -> Data:
    """Patients: 10 features, and the progression of the disease in standard deviations."""
    features, progression = load_diabetes(return_X_y=True)
    return _standardised(features, (progression - progression.mean()) / progression.std())


@cache
def digits() -> Data:
    """Handwritten digits: 64 pixels in 0..1, 10 classes."""
    pixels, labels = load_digits(return_X_y=True)
    return _split(pixels / 16, labels)


@cache
def large_digits() -> Data:
    """The digits at 28 x 28 pixels: each pixel three times three, in a frame of two."""
    pixels, labels = load_digits(return_X_y=True)
    images = np.kron(pixels.reshape(-1, 8, 8) / 16, np.ones((1, 3, 3)))
    return _split(np.pad(images, ((0, 0), (2, 2), (2, 2))).reshape(-1, 784), labels)


@cache
def digit_components() -> Data:
    """Digits 0 to 3 by their first 3 principal components."""
    pixels, labels = load_digits(n_class=4, return_X_y=True)
    data = _split(pixels / 16, labels)
    _, _, axes = np.linalg.svd(data.train - data.train.mean(axis=0), full_matrices=False)
    return _scaled(Data(train=data.train @ axes[:3].T, labels=data.labels, held_out=data.held_out @ axes[:3].T))


def _split(features: Floats, labels: npt.NDArray[Any]) -> Data:
    order = np.random.default_rng(0).permutation(len(features))
    held, train = order[:HELD_OUT], order[HELD_OUT:]
    # As float32 from here on: the model is trained on exactly what it is later asked about.
    return Data(
        train=features[train].astype(np.float32), labels=labels[train], held_out=features[held].astype(np.float32)
    )


def _scaled(data: Data) -> Data:
    mean, spread = data.train.mean(axis=0), data.train.std(axis=0)
    return Data(train=(data.train - mean) / spread, labels=data.labels, held_out=(data.held_out - mean) / spread)


def _standardised(features: Floats, labels: npt.NDArray[Any]) -> Data:
    return _scaled(_split(features, labels))
