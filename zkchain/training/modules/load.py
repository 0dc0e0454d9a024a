"""From the text of a file to a torch module, and whether that can be trained: a fixed function of its parameters."""

import hashlib
import sys
import types
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import nn

from ...errors import PlanInvalid
from ..network import Loss
from .network import ModuleNetwork

_HOW = "return a module of parameters and of functions without state: no BatchNorm, no dropout, no shared weights"


def examined(entry: str, code: str, shape: tuple[int, ...], loss: Loss) -> ModuleNetwork:
    """The network that `code` makes, checked by running it on made-up samples. Raises PlanInvalid."""
    module = _built(entry, code)
    _stateless(entry, module)
    targets = _targets(entry, module, shape)
    network = ModuleNetwork(
        entry=entry,
        code=code,
        input=shape,
        loss=loss,
        targets=targets,
        shapes=tuple(tuple(value.shape) for value in module.state_dict().values()),
    )
    if network.parameters < 1:
        raise PlanInvalid(f"model.torch: {entry} returns a module without parameters", remedy=_HOW)
    return network


@lru_cache(maxsize=8)
def module_of(network: ModuleNetwork) -> nn.Module:
    """The module, to be called with other parameters than its own and never changed."""
    return fresh_module(network)


def fresh_module(network: ModuleNetwork) -> nn.Module:
    """The module anew, to be changed at will."""
    return _built(network.entry, network.code)


def first_weights(network: ModuleNetwork, seed: int) -> np.ndarray:
    """What the module starts from [parameters] when torch draws from `seed`."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = fresh_module(network)
    parts = [value.detach().reshape(-1) for value in module.state_dict().values()]
    return torch.cat(parts).numpy().astype(np.float64)


def _built(entry: str, code: str) -> nn.Module:
    """What the function in the text returns."""
    name, _, function = entry.partition(":")
    place = types.ModuleType(f"zkchain_plan_{hashlib.sha256(code.encode()).hexdigest()[:16]}")
    place.__file__ = name
    sys.modules[place.__name__] = place  # dataclasses and pickling look their module up by its name
    try:
        exec(compile(code, name, "exec"), place.__dict__)  # noqa: S102 - the plan's code, as its reader was told
        module = getattr(place, function)()
    except (Exception, SystemExit) as error:
        raise PlanInvalid(f"model.torch: {entry} failed: {type(error).__name__}: {error}") from error
    if not isinstance(module, nn.Module):
        found = type(module).__name__
        raise PlanInvalid(f"model.torch: {entry} returns {found}, expected a torch.nn.Module", found=found)
    return module


def _stateless(entry: str, module: nn.Module) -> None:
    """Whether all that the module knows are float parameters, each once, all trained."""
    state, parameters = module.state_dict(), dict(module.named_parameters(remove_duplicate=False))
    buffers = [name for name, _ in module.named_buffers()]
    others = sorted({*buffers, *(set(state) - set(parameters))})
    if others:
        raise _refused(entry, f"holds buffers: {', '.join(others)}", others, "parameters alone")
    twice = sorted(set(parameters) - set(dict(module.named_parameters())))
    if twice:
        raise _refused(entry, f"uses one parameter under two names: {', '.join(twice)}", twice, "each parameter once")
    frozen = sorted(name for name, value in parameters.items() if not value.requires_grad)
    if frozen:
        raise _refused(entry, f"has frozen parameters: {', '.join(frozen)}", frozen, "parameters that are all trained")
    kinds = sorted({str(value.dtype) for value in parameters.values()} - {"torch.float32"})
    if kinds:
        raise _refused(entry, f"has parameters of type {', '.join(kinds)}", kinds, "torch.float32")


def _targets(entry: str, module: nn.Module, shape: tuple[int, ...]) -> int:
    """How many answers a sample has. The same sample has to have the same answer each time and in any company."""
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            x = torch.rand(3, *shape)
            once, again, alone = module(x), module(x), module(x[:1])
    except (Exception, SystemExit) as error:
        raise PlanInvalid(
            f"model.torch: {entry} does not take samples [n, {', '.join(map(str, shape))}]: {error}",
            remedy="correct model.input or the module",
        ) from error
    if not isinstance(once, torch.Tensor) or once.ndim != 2 or len(once) != 3:
        found = list(once.shape) if isinstance(once, torch.Tensor) else type(once).__name__
        raise _refused(entry, f"answers three samples with {found}", found, "[3, targets]")
    if not torch.equal(once, again):
        raise _refused(entry, "answers one sample differently each time", _random(module), "functions without chance")
    if not torch.allclose(once[:1], alone, rtol=1e-4, atol=1e-5):
        raise _refused(entry, "answers a sample differently in other company", "a batch", "functions of one sample")
    return int(once.shape[1])


def _random(module: nn.Module) -> list[str]:
    """Names of what is known to draw."""
    return [name for name, part in module.named_modules() if "Dropout" in type(part).__name__] or ["chance"]


def _refused(entry: str, what: str, found: Any, allowed: str) -> PlanInvalid:
    return PlanInvalid(f"model.torch: the module of {entry} {what}; allowed: {allowed}", remedy=_HOW, found=found)
