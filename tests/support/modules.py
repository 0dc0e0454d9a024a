"""Torch modules as plans have them: text of a file with a function `build`."""

from pathlib import Path

from zkchain.training.modules.network import ModuleNetwork, read_module
from zkchain.training.network import Loss

_FILE = "from torch import nn\n\n\ndef build():\n    return {made}\n"

#: What is trained in tests, by name: what builds it, the shape of a sample, and the loss.
MODULES: dict[str, tuple[str, tuple[int, ...], Loss]] = {
    "linear": ("nn.Linear(3, 1)", (3,), "squared"),
    "logistic": ("nn.Linear(3, 1)", (3,), "logistic"),
    "layers": ("nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))", (3,), "logistic"),
    "pictures": (
        "nn.Sequential(nn.Conv2d(1, 2, 3, stride=3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 1))",
        (1, 6, 6),
        "logistic",
    ),
}


def module_file(folder: Path, made: str) -> Path:
    """A file whose `build` returns what the expression `made` says."""
    path = folder / "model.py"
    path.write_text(_FILE.format(made=made), encoding="utf-8")
    return path


def small_module(folder: Path, name: str) -> ModuleNetwork:
    """The module `name` of `MODULES`, read from a file in `folder`."""
    made, shape, loss = MODULES[name]
    module_file(folder, made)
    return read_module(folder, "model.py:build", shape, loss)
