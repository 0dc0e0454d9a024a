"""The straight logistic function: near the smooth one, and the same in every way that a step is computed."""

import numpy as np
import pytest

from zkchain.training.logistic import BENDS, KNOTS, LOGISTIC_ERROR, logistic

_VALUES = np.linspace(-40, 40, 80_001)


def test_it_is_as_near_to_the_smooth_one_as_is_said_and_no_nearer() -> None:
    error = np.abs(logistic(_VALUES) - 1 / (1 + np.exp(-_VALUES))).max()
    assert LOGISTIC_ERROR - 0.001 < error <= LOGISTIC_ERROR


def test_it_grows_and_stays_between_nothing_and_one() -> None:
    found = logistic(_VALUES)
    assert (np.diff(found) >= -1e-12).all()
    assert 0 < found[0] < found[-1] < 1


@pytest.mark.parametrize("scale", range(6, 15))
def test_its_slope_ends_at_nothing_on_every_grid(scale: int) -> None:
    """Rounded bends that did not cancel would let the answer to large values drift away."""
    assert np.rint(BENDS * 2**scale).sum() == 0
    assert np.rint(KNOTS * 2**scale).sum() == 0
