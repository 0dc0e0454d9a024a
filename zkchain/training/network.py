"""What any network that a federation trains can tell of itself, whichever way it is described in the plan."""

from typing import Any, Literal, Protocol

import numpy as np

#: What the last layer's values mean, and with them the loss: squared error of numbers, or cross-entropy of
#: independent yes-or-no answers.
Loss = Literal["squared", "logistic"]


class Network(Protocol):
    """A network as numbers see it: samples of `features` numbers, `targets` answers, one vector of `parameters`."""

    @property
    def loss(self) -> Loss:
        """What the last layer's values mean."""

    @property
    def features(self) -> int:
        """How many numbers a sample has."""

    @property
    def targets(self) -> int:
        """How many numbers are learnt."""

    @property
    def parameters(self) -> int:
        """Length of the vector of weights."""

    def initial(self, seed: int) -> np.ndarray:
        """Weights [parameters] to start from."""

    def forward(self, weights: np.ndarray, x: np.ndarray) -> np.ndarray:
        """The network's answers [n, targets] to samples [n, features], in floating point."""

    def to_json(self) -> dict[str, Any]:
        """All that decides what the network computes."""
