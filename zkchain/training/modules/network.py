"""A network that is a torch module, as its plan fixes it: by the text of a file of Python and a function in it."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import PlanInvalid
from ...record import Record
from ..aggregate.extras import need
from ..network import Loss


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleNetwork(Record):
    """A torch module. Its parameters stand in the vector of weights in the order of its state_dict, each by rows.

    The text is in the record, not a path, so that it is part of every digest and cache key that the record is in.
    """

    entry: str  #: "model.py:build", for messages
    code: str  #: the file's text
    input: tuple[int, ...]  #: shape of one sample
    loss: Loss
    targets: int
    shapes: tuple[tuple[int, ...], ...]  #: of the parameters

    @property
    def features(self) -> int:
        """How many numbers a sample has: its shape's product. Tables hold samples flat, by rows."""
        return math.prod(self.input)

    @property
    def parameters(self) -> int:
        """Length of the vector of weights."""
        return sum(math.prod(shape) for shape in self.shapes)

    def initial(self, seed: int) -> np.ndarray:
        """The module's own first weights [parameters], drawn by torch from this seed. Raises ExtraMissing."""
        from .load import first_weights

        return first_weights(self, seed)

    def forward(self, weights: np.ndarray, x: np.ndarray) -> np.ndarray:
        """The module's answers [n, targets] to samples [n, features]. Raises ExtraMissing."""
        from .gradients import answers

        return answers(self, weights, x)


def read_module(folder: Path, entry: str, shape: tuple[int, ...], loss: Loss) -> ModuleNetwork:
    """The network of `entry`, "FILE:FUNCTION" with the file relative to `folder`. Runs the file's code.

    Raises PlanInvalid for a module that cannot be trained here, ExtraMissing without torch.
    """
    name, _, function = entry.partition(":")
    if not name or not function.isidentifier():
        raise PlanInvalid(f"model.torch is {entry!r}, expected a file and a function like 'model.py:build'")
    if not shape or min(shape) < 1:
        raise PlanInvalid(f"model.input is {list(shape)}, expected the shape of one sample like [1, 6, 6]")
    try:
        code = (folder / name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PlanInvalid(f"model.torch: {folder / name} cannot be read: {error}", file=folder / name) from None
    need("torch")
    need("onnxscript")
    from .load import examined

    return examined(entry, code, shape, loss)
