"""Convolutional networks on digits of 8 x 8 and 28 x 28 pixels, up to LeNet-5."""

from collections.abc import Callable

import numpy as np

from .data import Data, digits, large_digits
from .net import Net, train_head
from .recipe import Made, Recipe

_LARGEST_LOGROWS = 20


def _small() -> Data:
    return digits().shaped(1, 1, 8, 8)


def _large() -> Data:
    return large_digits().shaped(1, 1, 28, 28)


def _cnn() -> Made:
    data = _small()
    net = Net(1, 1, 8, 8).conv(1, 4, 3).layer("Relu").pool().flat()
    return data.made(train_head(net, data.train, data.labels).model())


def _deeper() -> Made:
    data = _small()
    net = Net(1, 1, 8, 8).conv(1, 6, 3, pad=1).layer("Relu").pool().conv(6, 12, 3, pad=1).layer("Relu")
    return data.made(train_head(net.pool().flat(), data.train, data.labels, hidden=[24]).model())


def _residual() -> Made:
    """A stem, and a block of two normalised convolutions around which a shortcut leads."""
    data = _small()
    net = Net(1, 1, 8, 8).conv(1, 4, 3, pad=1).layer("Relu").pool()
    came = net.at
    net.conv(4, 4, 3, pad=1)
    _batch_norm(net, 4)
    net.layer("Relu").conv(4, 4, 3, pad=1)
    _batch_norm(net, 4)
    net.layer("Add", came).layer("Relu").flat()
    return data.made(train_head(net, data.train, data.labels).model())


def _batch_norm(net: Net, channels: int) -> None:
    ones, zeros = np.ones(channels), np.zeros(channels)
    means = net.random(channels, fan_in=100)
    net.layer("BatchNormalization", *map(net.weight, (ones, zeros)), means, net.weight(0.5 * ones))


def _cnn_28() -> Made:
    """A small network on many inputs: one strided convolution, one dense layer."""
    data = _large()
    net = Net(1, 1, 28, 28)
    net.layer("Conv", net.random(4, 1, 5, 5, fan_in=25), net.random(4, fan_in=100), strides=[3, 3]).layer("Relu")
    return data.made(train_head(net.flat(), data.train, data.labels).model())


def lenet(width: float = 1.0) -> Made:
    """LeNet-5 on 28 x 28 pixels, every layer but the last `width` times as wide."""
    data = _large()
    first, second, *hidden = (round(width * size) for size in (6, 16, 120, 84))
    net = Net(1, 1, 28, 28).conv(1, first, 5, pad=2).layer("Relu").pool("AveragePool")
    net.conv(first, second, 5).layer("Relu").pool("AveragePool").flat()
    return data.made(train_head(net, data.train, data.labels, hidden=hidden).model())


def _recipe(name: str, build: Callable[[], Made], max_logrows: int = 17, *, quick: bool = False) -> Recipe:
    return Recipe(name=name, family="convolution", answer="classes", build=build, max_logrows=max_logrows, quick=quick)


CONVOLUTIONS = (
    _recipe("cnn_8x8", _cnn, quick=True),
    _recipe("cnn_two_layers", _deeper),
    _recipe("residual_block", _residual),
    _recipe("cnn_28x28", _cnn_28),
    _recipe("lenet5", lenet, _LARGEST_LOGROWS),
)
