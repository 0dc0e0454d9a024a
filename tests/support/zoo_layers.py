"""Zoo: dense and convolutional layers, activations, normalisation, recurrence, attention."""

import numpy as np
from onnx import ModelProto

from .zoo_graphs import FLOAT, INT, Entry, graph, node, random_weights, single

_IMAGE = (1, 2, 6, 6)


def _mlp(activation: str = "Relu", opset: int = 18, **attributes: object) -> ModelProto:
    return graph(
        [
            node("Gemm", ["x", "w1", "b1"], ["h1"], name="first"),
            node(activation, ["h1"], ["h2"], name="activation", **attributes),
            node("Gemm", ["h2", "w2", "b2"], ["y"], name="second"),
        ],
        {"x": (1, 4)},
        {"y": (1, 3)},
        {
            "w1": random_weights(4, 6),
            "b1": random_weights(6, seed=1),
            "w2": random_weights(6, 3, seed=2),
            "b2": random_weights(3, seed=3),
        },
        opset=opset,
    )


def _activation(operator: str, opset: int = 18, **attributes: object) -> Entry:
    return Entry(name=f"mlp_{operator.lower()}", build=lambda: _mlp(operator, opset, **attributes))


def _gelu_by_erf() -> ModelProto:
    return graph(
        [
            node("Div", ["x", "root"], ["scaled"]),
            node("Erf", ["scaled"], ["erf"]),
            node("Add", ["erf", "one"], ["shifted"]),
            node("Mul", ["x", "shifted"], ["twice"]),
            node("Mul", ["twice", "half"], ["y"]),
        ],
        {"x": (1, 8)},
        {"y": (1, 8)},
        {"root": np.float32(2**0.5), "one": np.float32(1), "half": np.float32(0.5)},
    )


def _cnn() -> ModelProto:
    return graph(
        [
            node("Conv", ["x", "w", "b"], ["c"], name="conv", kernel_shape=[3, 3]),
            node("BatchNormalization", ["c", "g", "h", "m", "v"], ["n"], name="norm"),
            node("Relu", ["n"], ["r"], name="relu"),
            node("MaxPool", ["r"], ["p"], name="pool", kernel_shape=[2, 2], strides=[2, 2]),
            node("Flatten", ["p"], ["f"], name="flatten"),
            node("Gemm", ["f", "d"], ["y"], name="dense"),
        ],
        {"x": _IMAGE},
        {"y": (1, 3)},
        {
            "w": random_weights(3, 2, 3, 3),
            "b": random_weights(3, seed=1),
            "g": np.ones(3, np.float32),
            "h": np.zeros(3, np.float32),
            "m": random_weights(3, seed=2),
            "v": np.ones(3, np.float32),
            "d": random_weights(12, 3, seed=3),
        },
    )


def _recurrent(operator: str, gates: int) -> ModelProto:
    hidden, features, steps = 3, 2, 3
    return graph(
        [node(operator, ["x", "w", "r", "b"], ["", "last"], name="cell", hidden_size=hidden), _squeeze("last", "y")],
        {"x": (steps, 1, features)},
        {"y": None},
        {
            "w": random_weights(1, gates * hidden, features),
            "r": random_weights(1, gates * hidden, hidden, seed=1),
            "b": random_weights(1, 2 * gates * hidden, seed=2),
            "axes": np.asarray([0]),
        },
    )


def _squeeze(source: str, output: str) -> object:
    return node("Squeeze", [source, "axes"], [output], name="squeeze")


def _attention_block() -> ModelProto:
    size = 4
    weights = {f"w{part}": random_weights(size, size, seed=seed) for seed, part in enumerate("qkvo")}
    return graph(
        [
            *(node("MatMul", ["x", f"w{part}"], [part], name=f"project_{part}") for part in "qkv"),
            node("Transpose", ["k"], ["kt"], perm=[0, 2, 1]),
            node("MatMul", ["q", "kt"], ["scores"]),
            node("Mul", ["scores", "scale"], ["scaled"]),
            node("Softmax", ["scaled"], ["weights"], axis=-1),
            node("MatMul", ["weights", "v"], ["mixed"]),
            node("MatMul", ["mixed", "wo"], ["out"]),
            node("Add", ["x", "out"], ["sum"]),
            node("LayerNormalization", ["sum", "g", "h"], ["y"], axis=-1),
        ],
        {"x": (1, 3, size)},
        {"y": (1, 3, size)},
        {**weights, "scale": np.float32(0.5), "g": np.ones(size, np.float32), "h": np.zeros(size, np.float32)},
    )


def _attention_operator() -> ModelProto:
    shape = (1, 2, 3, 4)
    return graph(
        [node("Attention", ["q", "k", "v"], ["y"], name="attention")],
        {"q": shape, "k": shape, "v": shape},
        {"y": None},
        opset=23,
    )


_ONES, _ZEROS = np.ones(4, np.float32), np.zeros(4, np.float32)

LAYERS = (
    Entry(name="linear", build=single("Gemm", (1, 4), [random_weights(4, 2), random_weights(2, seed=1)])),
    Entry(name="mlp_relu", build=_mlp),
    *(_activation(name) for name in ("Tanh", "Sigmoid", "HardSwish", "Softplus", "Elu", "Selu", "HardSigmoid")),
    _activation("LeakyRelu", alpha=0.1),
    _activation("Gelu", opset=20),
    Entry(name="mlp_gelu_tanh", build=lambda: _mlp("Gelu", 20, approximate="tanh")),
    _activation("Mish"),
    _activation("Swish", opset=24),
    _activation("Softmax", axis=-1),
    _activation("LogSoftmax", axis=-1),
    Entry(name="mlp_opset_7", build=lambda: _mlp(opset=7)),
    Entry(name="mlp_opset_newest", build=lambda: _mlp(opset=_newest())),
    Entry(name="gelu_by_erf", build=_gelu_by_erf),
    Entry(name="prelu", build=single("PRelu", (1, 4), [random_weights(4)])),
    Entry(name="clip", build=single("Clip", (1, 6), [np.float32(-0.5), np.float32(0.5)])),
    Entry(name="layer_norm", build=single("LayerNormalization", (1, 3, 4), [_ONES, _ZEROS], axis=-1)),
    Entry(name="rms_norm", build=single("RMSNormalization", (1, 3, 4), [_ONES], opset=23)),
    Entry(name="group_norm", build=single("GroupNormalization", (1, 4, 3, 3), [_ONES, _ZEROS], opset=21, num_groups=2)),
    Entry(name="instance_norm", build=single("InstanceNormalization", (1, 4, 3, 3), [_ONES, _ZEROS])),
    Entry(name="conv1d", build=single("Conv", (1, 2, 8), [random_weights(3, 2, 3)])),
    Entry(name="conv2d_padded", build=single("Conv", _IMAGE, [random_weights(2, 2, 3, 3)], pads=[1, 1, 1, 1])),
    Entry(name="conv2d_depthwise", build=single("Conv", _IMAGE, [random_weights(2, 1, 3, 3)], group=2, strides=[2, 2])),
    Entry(name="conv_transpose", build=single("ConvTranspose", (1, 2, 3, 3), [random_weights(2, 1, 2, 2)])),
    Entry(name="max_pool", build=single("MaxPool", _IMAGE, kernel_shape=[2, 2], strides=[2, 2])),
    Entry(name="average_pool", build=single("AveragePool", _IMAGE, kernel_shape=[2, 2], strides=[2, 2])),
    Entry(name="global_average_pool", build=single("GlobalAveragePool", _IMAGE)),
    Entry(name="cnn", build=_cnn),
    Entry(name="rnn", build=lambda: _recurrent("RNN", 1)),
    Entry(name="lstm", build=lambda: _recurrent("LSTM", 4)),
    Entry(name="gru", build=lambda: _recurrent("GRU", 3)),
    Entry(name="attention_block", build=_attention_block),
    Entry(name="attention_operator", build=_attention_operator),
    Entry(
        name="embedding",
        build=lambda: graph(
            [node("Gather", ["table", "x"], ["e"], name="look_up"), node("ReduceMean", ["e", "axes"], ["y"])],
            {"x": (1, 3)},
            {"y": None},
            {"table": random_weights(7, 4), "axes": np.asarray([1])},
            kinds={"x": INT, "y": FLOAT},
        ),
        ranges={"x": (0, 6)},
    ),
)


def _newest() -> int:
    """The newest opset in which the operators of the MLP are defined for this onnx."""
    from onnx import defs

    return int(defs.onnx_opset_version())
