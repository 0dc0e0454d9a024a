import numpy as np
import pytest

from tests.support.extras import need_training
from tests.support.flower import flower_module

need_training()

flower_module("flwr")

from benchmarks.flower import flower_alone  # noqa: E402 - after flwr, whose import warns


def test_flwr_alone_trains_to_about_the_mean_and_says_how_far_it_was_off():
    start = np.linspace(-1, 1, 20)
    moves = [1 / 3, 1 / 7, -1 / 11]
    fits = [[lambda weights, move=move: weights + move for move in moves] for _ in range(2)]
    found = flower_alone(start, fits, examples=27)
    assert found.weights == pytest.approx(start + 2 * np.mean(moves), abs=1e-3)
    assert 0 < found.error < 1e-2, "it rounds by chance"
    assert found.seconds > 0
