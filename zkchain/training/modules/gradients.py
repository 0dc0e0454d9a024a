"""A torch module's answers and gradients as functions of one flat vector of weights."""

import numpy as np
import torch
from torch.func import functional_call, vjp, vmap

from ..logistic import BENDS, KNOTS, LEAST
from ..network import Loss, Network
from .convolutions import Plainly
from .load import module_of
from .network import ModuleNetwork


def pulled(
    network: ModuleNetwork, weights: torch.Tensor, x: torch.Tensor, y: torch.Tensor, f: torch.Tensor
) -> tuple[torch.Tensor, ...]:
    """Negative gradients of each sample's loss times its factor: of each parameter, flat, [n, its size].

    Samples are [n, features], targets [n, targets], factors f [n, 1]. Both losses have the gradient (answer - target)
    at the last layer's values, so that is what is pulled back, and no logarithm is ever written. The factor goes in
    there, at the smallest tensor.
    """
    module, names = module_of(network), list(module_of(network).state_dict())
    values = split(network, weights)

    def of_sample(x: torch.Tensor, y: torch.Tensor, f: torch.Tensor) -> tuple[torch.Tensor, ...]:
        def last(*parameters: torch.Tensor) -> torch.Tensor:
            shaped = x.reshape(1, *network.input)
            answer: torch.Tensor = functional_call(module, dict(zip(names, parameters, strict=True)), (shaped,))
            return answer.reshape(network.targets)

        sums, back = vjp(last, *values)[:2]
        parts = back((y - meant(sums, network.loss)) * f)
        return tuple(part.reshape(-1) for part in parts)

    found: tuple[torch.Tensor, ...] = vmap(of_sample)(x, y, f)
    return found


def meant(sums: torch.Tensor, loss: Loss) -> torch.Tensor:
    """What the last layer's values say: themselves, or the straight logistic function of them."""
    if loss != "logistic":
        return sums
    knots, bends = (torch.tensor(values, dtype=torch.float32) for values in (KNOTS, BENDS))
    return (torch.relu(sums.unsqueeze(-1) - knots) @ bends.unsqueeze(-1)).squeeze(-1) + LEAST


def within(values: torch.Tensor, limit: float) -> torch.Tensor:
    """Values within -limit and limit, by what is beyond: the engine's own Clip takes a lookup more."""
    return values - torch.relu(values - limit) + torch.relu(-values - limit)


def share(values: torch.Tensor) -> torch.Tensor:
    """Values within 0 and 1, by what is beyond."""
    return torch.relu(values) - torch.relu(values - 1.0)


def answers(network: ModuleNetwork, weights: np.ndarray, x: np.ndarray) -> np.ndarray:
    """What the module says [n, targets] to samples [n, features]."""
    module, names = module_of(network), list(module_of(network).state_dict())
    values = split(network, torch.tensor(weights, dtype=torch.float32))
    shaped = torch.tensor(x, dtype=torch.float32).reshape(len(x), *network.input)
    with torch.no_grad():
        z = functional_call(module, dict(zip(names, values, strict=True)), (shaped,))
        said = torch.sigmoid(z) if network.loss == "logistic" else z
    return said.numpy().astype(np.float64)


def module_gradients(network: Network, weights: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Negative gradients [n, parameters] of each sample's loss, at samples [n, features] and targets [n, targets]."""
    assert isinstance(network, ModuleNetwork)
    tensors = (torch.tensor(value, dtype=torch.float32) for value in (weights, x, y, np.ones((len(x), 1))))
    with Plainly():
        return torch.cat(pulled(network, *tensors), 1).detach().numpy().astype(np.float64)


def split(network: ModuleNetwork, weights: torch.Tensor) -> list[torch.Tensor]:
    """The vector's parts in the shapes of the parameters."""
    parts, at = [], 0
    for shape in network.shapes:
        size = int(np.prod(shape))
        parts.append(weights[at : at + size].reshape(shape))
        at += size
    return parts
