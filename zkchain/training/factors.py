"""How much of each sample's gradient an honest client lets count: as much as the step's circuit allows."""

from collections.abc import Sequence

import numpy as np

from .architecture import Architecture
from .gradients import layer_errors
from .grid import from_grid
from .layout import Layout

#: Of the longest gradient that the circuit lets pass: its own roundings may take the rest.
_CAUTION = 0.99


def clip_factors(layout: Layout, data: Sequence[int], weights: Sequence[int], present: int) -> tuple[int, ...]:
    """A factor between 0 and 1 on the grid for each sample of a batch; 0 for the zeros that fill the last one.

    `data` and `weights` are the committed vectors. A factor that turns out too large costs its sample, not privacy.
    """
    net = layout.architecture
    assert isinstance(net, Architecture)
    x, y = layout.samples(data)
    parameters = np.array(from_grid(weights[: net.parameters], layout.scale))
    layers = layer_errors(net, parameters, x, y)
    inner, outer = (np.array([(pair[side] ** 2).sum(axis=1) for pair in layers]) for side in (0, 1))
    unit = 2.0**-layout.scale
    # Where the circuit rounds, it adds a unit: (f**2 * outer + 2 units) * (inner + 1 + 2 units) + 2 units, by layer.
    room = layout.clip**2 - (2 * unit * (inner + 1 + 2 * unit) + 2 * unit).sum(axis=0)
    length = (outer * (inner + 1 + 2 * unit)).sum(axis=0)
    most = np.sqrt(np.maximum(room, 0.0) / np.maximum(length, unit**2)) * _CAUTION
    factors = np.floor(np.minimum(most, 1.0) / unit)
    factors[present:] = 0
    return tuple(int(value) for value in factors)
