"""Which networks are trained: dense layers, described by their sizes and their loss."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..record import Record
from .network import Loss


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture(Record):
    """A dense network: `sizes` from the features to the outputs, ReLU between layers.

    Two sizes are a linear or a logistic regression.
    """

    sizes: tuple[int, ...]
    loss: Loss

    def __post_init__(self) -> None:
        if len(self.sizes) < 2 or min(self.sizes) < 1:
            raise ValueError(f"a network has at least two layers of at least one unit, found {list(self.sizes)}")

    @property
    def features(self) -> int:
        """How many numbers a sample has."""
        return self.sizes[0]

    @property
    def targets(self) -> int:
        """How many numbers are learnt."""
        return self.sizes[-1]

    @property
    def layers(self) -> tuple[tuple[int, int], ...]:
        """Inputs and outputs of each layer."""
        return tuple(pairwise(self.sizes))

    @property
    def parameters(self) -> int:
        """Length of a vector of weights: of each layer its matrix [inputs, outputs] by rows, then its biases."""
        return sum(before * after + after for before, after in self.layers)

    def split(self, weights: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Matrix and biases of each layer, from a vector of all parameters."""
        found, at = [], 0
        for before, after in self.layers:
            matrix = weights[at : at + before * after].reshape(before, after)
            found.append((matrix, weights[at + before * after : at + before * after + after]))
            at += before * after + after
        return found

    def initial(self, seed: int) -> np.ndarray:
        """Weights to start from: zero for one layer, else Glorot's uniform ones (Glorot and Bengio, 2010)."""
        if len(self.sizes) == 2:
            return np.zeros(self.parameters)
        rng = np.random.default_rng(seed)
        parts: list[np.ndarray] = []
        for before, after in self.layers:
            limit = np.sqrt(6 / (before + after))
            parts += [rng.uniform(-limit, limit, before * after), np.zeros(after)]
        return np.concatenate(parts)

    def forward(self, weights: np.ndarray, x: np.ndarray) -> np.ndarray:
        """The network's answers [n, targets] to samples [n, features], in floating point."""
        layers = self.split(weights)
        for matrix, bias in layers[:-1]:
            x = np.maximum(x @ matrix + bias, 0.0)
        z: np.ndarray = x @ layers[-1][0] + layers[-1][1]
        return 1 / (1 + np.exp(-z)) if self.loss == "logistic" else z
