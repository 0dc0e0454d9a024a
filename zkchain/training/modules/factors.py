"""How much of each sample's gradient an honest client lets count where the network is a torch module."""

import math
from collections.abc import Sequence

import numpy as np

from ..grid import from_grid
from ..layout import Layout
from .gradients import module_gradients
from .network import ModuleNetwork

#: Of the longest gradient that the circuit lets pass: roundings before the gradients may take the rest.
_CAUTION = 0.99


def module_factors(layout: Layout, data: Sequence[int], weights: Sequence[int], present: int) -> tuple[int, ...]:
    """A factor between 0 and 1 on the grid for each sample of a batch; 0 for the zeros that fill the last one.

    `data` and `weights` are the committed vectors. A factor that turns out too large costs its sample, not privacy.
    """
    net = layout.architecture
    assert isinstance(net, ModuleNetwork)
    x, y = layout.samples(data)
    gradients = module_gradients(net, np.array(from_grid(weights[: net.parameters], layout.scale)), x, y)
    unit = 2.0**-layout.scale
    # Each coordinate may be rounded by a unit or two, and so the norm by as much times the square root of their number.
    room = layout.clip - 2 * unit * (math.sqrt(net.parameters) + 1)
    lengths = np.maximum(np.linalg.norm(gradients, axis=1), unit)
    factors = np.floor(np.minimum(max(room, 0.0) * _CAUTION / lengths, 1.0) / unit)
    factors[present:] = 0
    return tuple(int(value) for value in factors)
