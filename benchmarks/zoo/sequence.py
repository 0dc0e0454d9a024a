"""Recurrent and attention models that read a digit line by line: 8 steps of 8 pixels."""

from collections.abc import Callable

import numpy as np

from .data import digits
from .net import Net, train_head
from .recipe import Made, Recipe

_STEPS, _WIDTH = 8, 8


def _recurrent(operator: str, gates: int, hidden: int) -> Callable[[], Made]:
    def build() -> Made:
        data = digits().shaped(_STEPS, 1, _WIDTH)
        net = Net(_STEPS, 1, _WIDTH)
        rows = gates * hidden
        inputs = net.random(1, rows, _WIDTH, fan_in=_WIDTH, gain=4)
        states = net.random(1, rows, hidden, fan_in=hidden, gain=1)
        net.layer(operator, inputs, states, net.random(1, 2 * rows, fan_in=50), result=1, hidden_size=hidden)
        net.layer("Squeeze", net.weight([0]))
        return data.made(train_head(net, data.train, data.labels).model())

    return build


def _attend(net: Net) -> None:
    """One head of self-attention over the steps, added to what came in, and normalised."""
    came = net.at
    parts = {}
    for part in "qkv":
        net.at = came
        parts[part] = net.layer("MatMul", net.random(_WIDTH, _WIDTH, fan_in=_WIDTH, gain=1)).at
    net.at = parts["k"]
    turned = net.layer("Transpose", perm=[0, 2, 1]).at
    net.at = parts["q"]
    net.layer("MatMul", turned).layer("Mul", net.weight(np.float32(_WIDTH**-0.5))).layer("Softmax", axis=-1)
    net.layer("MatMul", parts["v"]).layer("MatMul", net.random(_WIDTH, _WIDTH, fan_in=_WIDTH, gain=1))
    net.layer("Add", came)
    _normalise(net)


def _normalise(net: Net) -> None:
    net.layer("LayerNormalization", net.weight(np.ones(_WIDTH)), net.weight(np.zeros(_WIDTH)), axis=-1)


def _attention() -> Made:
    data = digits().shaped(1, _STEPS, _WIDTH)
    net = Net(1, _STEPS, _WIDTH)
    _attend(net)
    return data.made(train_head(net.flat(), data.train, data.labels).model())


def _encoder() -> Made:
    """Attention, then two dense layers with a Gelu between, each with its residual and normalisation."""
    data = digits().shaped(1, _STEPS, _WIDTH)
    net = Net(1, _STEPS, _WIDTH, opset=20)
    net.layer("Add", net.random(1, _STEPS, _WIDTH, fan_in=4))  # where in the sequence a step stands
    _attend(net)
    came = net.at
    net.layer("MatMul", net.random(_WIDTH, 2 * _WIDTH, fan_in=_WIDTH)).layer("Gelu")
    net.layer("MatMul", net.random(2 * _WIDTH, _WIDTH, fan_in=2 * _WIDTH, gain=1)).layer("Add", came)
    _normalise(net)
    return data.made(train_head(net.flat(), data.train, data.labels).model())


def _conv1d() -> Made:
    data = digits().shaped(1, _WIDTH, _STEPS)
    net = Net(1, _WIDTH, _STEPS)
    net.conv(_WIDTH, 12, 3, rank=1, pad=1).layer("Relu").pool(rank=1).flat()
    return data.made(train_head(net, data.train, data.labels).model())


def _recipe(name: str, build: Callable[[], Made], *, quick: bool = False) -> Recipe:
    return Recipe(name=name, family="sequence", answer="classes", build=build, quick=quick, max_logrows=17)


SEQUENCES = (
    _recipe("rnn", _recurrent("RNN", 1, 16)),
    _recipe("lstm", _recurrent("LSTM", 4, 8)),
    _recipe("gru", _recurrent("GRU", 3, 8)),
    _recipe("attention", _attention),
    _recipe("encoder_block", _encoder),
    _recipe("conv1d", _conv1d),
)
