"""The entry [model] of a plan: a dense network by its sizes, or a torch module by the file that makes it."""

import math
from pathlib import Path
from typing import get_args

from ..errors import PlanInvalid
from .architecture import Architecture
from .modules.network import read_module
from .network import Loss, Network
from .plan_entries import Entries
from .plan_rules import MOST_PARAMETERS, expect_size


def read_network(model: Entries, folder: Path) -> Network:
    """The network that the table describes; a module's file is relative to `folder`, and its code is run.

    Raises PlanInvalid for the entry or the module, ExtraMissing without torch.
    """
    loss: Loss = model.one_of("loss", get_args(Loss), "logistic")
    network = _dense(model, loss) if "torch" not in model else _module(model, loss, folder)
    expect_size(network)
    return network


def _dense(model: Entries, loss: Loss) -> Network:
    if "layers" not in model and "input" not in model:
        raise PlanInvalid("[model] layers is missing, or torch and input in place of it", entry="model.layers")
    model.only("layers", "loss", "seed")
    sizes = model.wholes("layers", 1, MOST_PARAMETERS)
    if len(sizes) < 2:
        raise PlanInvalid(
            f"model.layers has {len(sizes)} sizes; a network has at least two layers", entry="model.layers", least=2
        )
    return Architecture(sizes=sizes, loss=loss)


def _module(model: Entries, loss: Loss, folder: Path) -> Network:
    model.only("torch", "input", "loss", "seed")
    entry, shape = model.text("torch"), model.wholes("input", 1, MOST_PARAMETERS)
    if math.prod(shape) > MOST_PARAMETERS:
        raise PlanInvalid(
            f"model.input is {math.prod(shape):,} numbers a sample, allowed are {MOST_PARAMETERS:,}",
            entry="model.input",
            allowed=MOST_PARAMETERS,
        )
    return read_module(folder, entry, shape, loss)
