"""The entry [model] of a plan: a dense network by its sizes, or a torch module by the file that makes it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .architecture import Architecture
from .modules.network import read_module
from .network import Loss, Network
from .plan_entries import no_others, of_kind, one_of


def read_network(model: Mapping[str, Any], folder: Path) -> Network:
    """The network that the table describes; a module's file is relative to `folder`, and its code is run.

    Raises KeyError, TypeError and ValueError for the entry, PlanInvalid for the module, ExtraMissing without torch.
    """
    loss: Loss = one_of("model.loss", model.get("loss", "logistic"), ("logistic", "squared"))
    if "torch" not in model:
        no_others("[model] without torch", model, {"layers", "loss", "seed"})
        return Architecture(sizes=tuple(of_kind("layers", n, int) for n in model["layers"]), loss=loss)
    no_others("[model] with torch", model, {"torch", "input", "loss", "seed"})
    shape = tuple(of_kind("model.input", n, int) for n in of_kind("model.input", model.get("input"), list))
    return read_module(folder, of_kind("model.torch", model["torch"], str), shape, loss)
