"""A step in floating point: what the circuit computes but for rounding, for factors, attacks and peers."""

import numpy as np

from .architecture import Architecture
from .logistic import logistic
from .network import Network


def layer_errors(
    net: Architecture, weights: np.ndarray, x: np.ndarray, y: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Of each layer its inputs [n, before] and its errors [n, after], whose products are the gradients."""
    layers = net.split(weights)
    inputs, sums = [x], []
    for matrix, bias in layers:
        sums.append(inputs[-1] @ matrix + bias)
        inputs.append(np.maximum(sums[-1], 0.0))
    answer = sums[-1]
    if net.loss == "logistic":
        answer = logistic(answer)
    errors = [y - answer]
    for number in range(len(layers) - 1, 0, -1):
        errors.insert(0, (errors[0] @ layers[number][0].T) * (sums[number - 1] > 0))
    return list(zip(inputs[:-1], errors, strict=True))


def sample_gradients(net: Network, weights: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Negative gradients [n, parameters] of each sample's loss, at samples [n, features] and targets [n, targets]."""
    assert isinstance(net, Architecture)
    parts = []
    for before, error in layer_errors(net, weights, x, y):
        parts += [np.einsum("ni,nj->nij", before, error).reshape(len(x), -1), error]
    return np.concatenate(parts, axis=1)


def clipped_sum(gradients: np.ndarray, clip: float) -> np.ndarray:
    """Their sum, each shortened to at most `clip` by its Euclidean norm."""
    norms = np.maximum(np.linalg.norm(gradients, axis=1, keepdims=True), 1e-12)
    total: np.ndarray = (gradients * np.minimum(1.0, clip / norms)).sum(axis=0)
    return total
