"""What an attacker learns of a sample: from one update, from a sum, and from a sum with noise.

Membership: was this sample among those that were trained on? Who has the finished model guesses by the sample's loss;
who saw a round guesses by how far the update that it saw lies along the sample's own gradient. 0.5 is a coin, 1 is
certainty. Inversion: from one update of a logistic regression, divide the weights' part by the bias' part; of a single
sample this is the sample itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from zkchain.training.architecture import Architecture
from zkchain.training.gradients import clipped_sum, sample_gradients

Mode = Literal["clear", "aggregated", "private"]
#: Of each batch, samples [2n, FEATURES] and answers [2n, 1]: members first, then strangers.
Samples = list[tuple[np.ndarray, np.ndarray]]
Draw = Callable[[np.random.Generator, int], Samples]
MODES: tuple[Mode, ...] = ("clear", "aggregated", "private")

CLIENTS, FEATURES = 4, 30
_TINY = 1e-9
_DIVISOR = 8.0
_NET = Architecture(sizes=(FEATURES, 1), loss="logistic")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attacked:
    """How well the attacks do in one mode."""

    mode: Mode
    model_auc: float  #: membership by the finished model
    transcript_auc: float  #: membership by everything that was seen on the way
    inversion_error: float  #: of the nearest sample, relative to its norm; 0 is exact


def attack(mode: Mode, draw: Draw, *, noise: float, batches: int, uses: int, trials: int, seed: int) -> Attacked:
    """Train `trials` simulated federations, with each batch in `uses` rounds, and attack each.

    `draw` gives as many members as strangers for a batch. `noise` is the multiplier of the sum's noise, of which a
    client has a share, over sensitivity 1. Who saw all rounds of a batch adds up what each tells.
    """
    rng = np.random.default_rng(seed)
    by_loss: list[float] = []
    by_moves: list[float] = []
    errors: list[float] = []
    for _ in range(trials):
        weights, rows = np.zeros(_NET.parameters), draw(rng, batches)
        scores = [np.zeros(len(x)) for x, _ in rows]
        for number in range(batches * uses):
            x, y = rows[number % batches]
            size = len(x) // 2
            parts = np.array_split(np.arange(size), CLIENTS)
            updates = [_update(weights, x[part], y[part], mode, noise, rng) for part in parts]
            visible, count = (updates[0], len(parts[0])) if mode == "clear" else (np.sum(updates, axis=0), size)
            seen = scores[number % batches]
            seen += sample_gradients(_NET, weights, x, y) @ visible
            if number >= batches * (uses - 1):
                by_moves.append(_auc(np.r_[seen[:count], seen[size : size + count]]))
            errors.append(_inversion(visible, x[:size]))
            weights = weights + np.sum(updates, axis=0) / _DIVISOR
        halves = [np.array_split(np.abs(_NET.forward(weights, x) - y)[:, 0], 2) for x, y in rows]
        by_loss.append(_auc(-np.concatenate([*(inside for inside, _ in halves), *(outside for _, outside in halves)])))
    return Attacked(
        mode=mode,
        model_auc=float(np.mean(by_loss)),
        transcript_auc=float(np.mean(by_moves)),
        inversion_error=float(np.median(errors)),
    )


def noise_like(rng: np.random.Generator, batches: int) -> Samples:
    """Made-up samples with random answers, few in a batch: whatever is learnt of them is memory."""
    size = 2 * CLIENTS * 8
    return [
        (rng.normal(size=(size, FEATURES)) * 3 / np.sqrt(FEATURES), rng.integers(0, 2, (size, 1)).astype(float))
        for _ in range(batches)
    ]


def from_table(x: np.ndarray, y: np.ndarray) -> Draw:
    """Real samples, half of which take part."""

    def draw(rng: np.random.Generator, batches: int) -> Samples:
        order = rng.permutation(len(x))[: len(x) // (2 * batches) * 2 * batches]
        return [(x[rows], y[rows].astype(float)) for rows in np.array_split(order, batches)]

    return draw


def invert_one(x: np.ndarray, y: np.ndarray, noise: float, rng: np.random.Generator) -> float:
    """Relative error of inverting the sum of updates of as many clients as `x` has rows, each with a batch of one."""
    return _inversion(_update(np.zeros(_NET.parameters), x, y, "private", noise, rng, clients=1), x)


def _update(
    weights: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    mode: Mode,
    noise: float,
    rng: np.random.Generator,
    clients: int = CLIENTS,
) -> np.ndarray:
    total = clipped_sum(sample_gradients(_NET, weights, x, y), 1.0)
    if mode == "private":
        total = total + rng.normal(scale=noise / np.sqrt(clients), size=total.shape)
    return total


def _inversion(update: np.ndarray, samples: np.ndarray) -> float:
    bias = update[FEATURES] if abs(update[FEATURES]) > _TINY else _TINY
    guess = update[:FEATURES] / bias
    return float((np.linalg.norm(samples - guess, axis=1) / np.linalg.norm(samples, axis=1)).min())


def _auc(scores: np.ndarray) -> float:
    """Chance that a member, of the first half, scores above a stranger, of the second (Mann and Whitney)."""
    ranks = np.empty(len(scores))
    ranks[np.argsort(scores, kind="stable")] = np.arange(1, len(scores) + 1)
    half = len(scores) // 2
    return float((ranks[:half].sum() - half * (half + 1) / 2) / half**2)
