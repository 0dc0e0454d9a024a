"""The circuit of a client's step for a torch module: what `training.step` writes by hand for dense networks.

What a proof says is the same but for the norm, which is that of the gradients as they are summed, number by number:
their roundings are in it, so that none of them can lengthen what a sample adds to the sum.
"""

import math

import onnx
import torch

from ..layout import Layout
from .export import exported
from .gradients import pulled, share, within
from .inference import module_inference
from .load import module_of
from .network import ModuleNetwork

INPUTS = ("data", "weights", "noise", "factor")


def module_step(layout: Layout) -> onnx.ModelProto:
    """The step as ONNX: inputs data, weights, noise, factor; output update; each a flat vector (`Layout`).

    Raises PlanInvalid for a module whose step no circuit is known for, ExtraMissing.
    """
    lengths = (layout.data_length, layout.weights_length, layout.noise_length, layout.factor_length)
    network = _network(layout)
    module_of(network)  # made now, or the trace would be of its making too
    maker = torch.Generator().manual_seed(0)
    samples = tuple(torch.rand(length, generator=maker) for length in lengths)

    def step(data: torch.Tensor, weights: torch.Tensor, noise: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
        return _step(layout, data, weights, noise, factor)

    model = exported(step, samples, INPUTS, "update", network.entry)
    # Whether what is trained can be published, before anybody trains: of numbers that all differ.
    module_inference(network, range(1, network.parameters + 1), 0)
    return model


def _step(
    layout: Layout, data: torch.Tensor, weights: torch.Tensor, noise: torch.Tensor, factor: torch.Tensor
) -> torch.Tensor:
    """The committed update of the committed vectors."""
    net, n = _network(layout), layout.batch
    x = data[: n * net.features].reshape(n, net.features)
    y = data[n * net.features : n * (net.features + net.targets)].reshape(n, net.targets)
    capped = share(factor[:n].reshape(n, 1))
    gradients = pulled(net, weights[: net.parameters], x, y, capped)
    total = _bounded(layout, _kept(layout, gradients))
    salts = factor[layout.factor_length - layout.salts_length :]
    if layout.noisy:
        total = total + noise[: net.parameters]
    return torch.cat([total, salts])


def _kept(layout: Layout, gradients: tuple[torch.Tensor, ...]) -> torch.Tensor:
    """The sum [parameters] of those samples' gradients that are no longer than the clip.

    Of each parameter the squares are one sum of products, rounded once, by less than a unit of the grid, which is
    added. What is allowed is rounded down to the grid, for a circuit would round it to the nearest.
    """
    unit = 2.0**-layout.scale
    squares = [(part.unsqueeze(1) @ part.unsqueeze(2)).reshape(-1) for part in gradients]
    allowed = math.floor(layout.clip**2 / unit) * unit
    length = torch.stack(squares).sum(0) if len(squares) > 1 else squares[0]
    kept = (length + unit * len(squares) <= allowed).to(torch.float32).reshape(1, -1)
    return torch.cat([(kept @ part).reshape(-1) for part in gradients])


def _bounded(layout: Layout, total: torch.Tensor) -> torch.Tensor:
    """The sum of gradients within the federation's bound against poisoning."""
    if layout.bound == "coordinate":
        return within(total, layout.limit)
    if layout.bound == "length":
        square = (total.reshape(1, -1) @ total.reshape(-1, 1)).reshape(-1)
        return total * (square <= layout.limit**2).to(torch.float32)
    return total


def _network(layout: Layout) -> ModuleNetwork:
    assert isinstance(layout.architecture, ModuleNetwork)
    return layout.architecture
