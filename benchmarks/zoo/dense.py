"""Dense networks of several sizes, hidden activations and heads."""

import warnings
from collections.abc import Callable, Sequence

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from .data import Data, cancer, diabetes, digit_components, digits, large_digits, wine
from .net import Net, stack, train_head
from .recipe import Answer, Made, Recipe

#: scikit-learn's names of the activations.
_ACTIVATIONS = {"Relu": "relu", "Tanh": "tanh", "Sigmoid": "logistic"}


def _mlp(
    data: Callable[[], Data], hidden: Sequence[int], activation: str = "Relu", head: str = "", epochs: int = 300
) -> Callable[[], Made]:
    """A trained classifier, or a regressor where the labels are not whole numbers."""

    def build() -> Made:
        found = data()
        kind = MLPClassifier if found.labels.dtype.kind == "i" else MLPRegressor
        estimator = kind(
            hidden_layer_sizes=tuple(hidden), activation=_ACTIVATIONS[activation], max_iter=epochs, random_state=0
        )
        with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
            estimator.fit(found.train, found.labels)
        net = stack(Net(1, found.train.shape[1]), estimator, activation)
        if head:
            net.layer(head, **({"axis": -1} if head == "Softmax" else {}))
        return found.made(net.model())

    return build


def _gelu() -> Made:
    data = wine()
    net = Net(1, 13, opset=20)
    net.layer("Gemm", net.random(13, 24, fan_in=13), net.random(24, fan_in=50)).layer("Gelu")
    return data.made(train_head(net, data.train, data.labels).model())


def _layer_norm() -> Made:
    data = digits()
    net = Net(1, 64)
    net.layer("Gemm", net.random(64, 32, fan_in=64), net.random(32, fan_in=50))
    net.layer("LayerNormalization", net.weight(np.ones(32)), net.weight(np.zeros(32)), axis=-1).layer("Relu")
    return data.made(train_head(net, data.train, data.labels).model())


def _recipe(
    name: str, answer: Answer, build: Callable[[], Made], *, quick: bool = False, max_logrows: int = 16
) -> Recipe:
    return Recipe(name=name, family="dense", answer=answer, build=build, quick=quick, max_logrows=max_logrows)


DENSE = (
    _recipe("mlp_3_2_4", "classes", _mlp(digit_components, [2], epochs=1000), quick=True),
    _recipe("mlp_30_16_1", "logit", _mlp(cancer, [16]), quick=True),
    _recipe("mlp_64_32_10", "classes", _mlp(digits, [32])),
    _recipe("mlp_784_56_10", "classes", _mlp(large_digits, [56], epochs=60)),
    _recipe("mlp_deep_regression", "values", _mlp(diabetes, [32, 32, 32], epochs=60)),
    _recipe("mlp_tanh", "classes", _mlp(wine, [32, 16], "Tanh")),
    _recipe("mlp_sigmoid", "probability", _mlp(cancer, [16], "Sigmoid", head="Sigmoid"), max_logrows=17),
    _recipe("mlp_softmax", "classes", _mlp(digits, [32], head="Softmax"), max_logrows=18),
    _recipe("mlp_gelu", "classes", _gelu),
    _recipe("layer_norm", "classes", _layer_norm, quick=True),
)
