"""The logistic function as a step computes it: straight between six knots.

A lookup table for the smooth one would take a third of a proof's lookups, and 40,000 gas of every client in every
round. The straight one is at most 0.0086 from it everywhere, and clipping and noise do not depend on it: the sum that
is proved is of the gradients of a loss whose slope is this function. What is published answers with the smooth one.
"""

import numpy as np

#: Most that the straight function is from the smooth one, at any value.
LOGISTIC_ERROR = 0.0087
#: In units of 2**-10: where the slope changes, and by how much; it is 0 outside. As far from the smooth function on
#: every piece, by a search over this grid.
_KNOTS = (-4192, -2257, -1040, 1040, 2257, 4192)
_BENDS = (45, 99, 100, -100, -99, -45)
_LEAST = 8
_UNIT = 2.0**-10

#: Values [6] at which the slope changes.
KNOTS = np.array(_KNOTS) * _UNIT
#: Changes [6] of the slope there, which come to nothing together.
BENDS = np.array(_BENDS) * _UNIT
#: What is said of the smallest values.
LEAST = _LEAST * _UNIT


def logistic(values: np.ndarray) -> np.ndarray:
    """The straight logistic function of values of any shape."""
    answer: np.ndarray = LEAST + np.maximum(values[..., None] - KNOTS, 0.0) @ BENDS
    return answer
