"""A model as encrypted inference sees it: affine layers with activations between them, and a tail for the client.

The tail is what follows the last affine layer and knows no weights: a Sigmoid, a Softmax, the choice of a label. The
client runs it on the decrypted scores.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Literal

import numpy as np
import onnx

from ...errors import ModelInvalid, UnsupportedOperator, UnsupportedType
from ...model.facts import Facts, facts_of
from ...model.patch import attributes_of
from ...records import Model
from .affine import Affine, Array, Tensor, apply, variables
from .tail import Cut, closing_nodes, make_tail

Kind = Literal["Relu", "Sigmoid", "Tanh", "Square"]
KINDS: tuple[Kind, ...] = ("Relu", "Sigmoid", "Tanh", "Square")


@dataclass(frozen=True, slots=True)
class Layer:
    """x -> activation(x @ matrix + bias), the activation element by element; none after the last layer."""

    matrix: Array  #: inputs x outputs
    bias: Array
    activation: Kind | None


@dataclass(frozen=True, slots=True)
class Network:
    """Layers from the inputs, flat and one after the other, to the scores, which `cuts` name in order."""

    layers: tuple[Layer, ...]
    cuts: tuple[Cut, ...]
    tail: bytes  #: ONNX from the cuts to the model's outputs

    def pre_activations(self, rows: Array) -> Iterator[Array]:
        """For each layer what its activation is given, and last the scores; `rows` is samples x inputs."""
        for layer in self.layers:
            rows = rows @ layer.matrix + layer.bias
            yield rows
            rows = _FUNCTIONS[layer.activation](rows) if layer.activation else rows


def _sigmoid(x: Array) -> Array:
    return np.asarray(0.5 * (1.0 + np.tanh(x / 2)))


_FUNCTIONS: dict[str, Any] = {
    "Relu": lambda x: np.maximum(x, 0.0),
    "Sigmoid": _sigmoid,
    "Tanh": np.tanh,
    "Square": np.square,
}


def activation(kind: Kind, x: Array) -> Array:
    """The activation itself, element by element."""
    return np.asarray(_FUNCTIONS[kind](x))


def read_network(model: Model) -> Network:
    """Take a normalised model apart.

    Raises UnsupportedOperator, which names the first node that is neither affine nor an activation nor part of a tail;
    UnsupportedType for inputs that are not floats; TooDeep for layers too wide to follow.
    """
    proto = onnx.load_from_string(model.onnx)
    return _Reader(model, proto, facts_of(proto)).read()


class _Reader:
    def __init__(self, model: Model, proto: onnx.ModelProto, facts: Facts) -> None:
        self._proto, self._facts, self._model = proto, facts, model
        self._closing = closing_nodes(proto)
        self._tensors: dict[str, Affine] = {}
        self._layers: list[Layer] = []

    def read(self) -> Network:
        """The network; raises as `read_network`."""
        self._begin()
        left = [node for node in self._proto.graph.node if not self._take(node)]
        wanted = [name for node in left for name in node.input]
        wanted += [value.name for value in self._proto.graph.output]
        names = [name for name in dict.fromkeys(wanted) if name in self._tensors]
        scores = [self._tensors[name] for name in names]
        if not scores:
            raise ModelInvalid("no output of the model depends on its inputs")
        for name, score in zip(names, scores, strict=True):
            if score.segment != len(self._layers):
                raise UnsupportedOperator(
                    f"{name!r} is computed before the last activation and used after it; encrypted layers form a chain",
                    remedy="leave out connections that skip an activation",
                    node=name,
                )
        flat = np.concatenate([score.coefficients.reshape(-1, score.variables + 1) for score in scores])
        layers = (*self._layers, Layer(flat[:, :-1].T, flat[:, -1], None))
        cuts = tuple(Cut(name, score.shape) for name, score in zip(names, scores, strict=True))
        return Network(layers, cuts, make_tail(self._proto, self._facts, left, cuts))

    def _begin(self) -> None:
        inputs = self._model.spec.inputs
        for tensor in inputs:
            if tensor.dtype != "float":
                raise UnsupportedType(f"input {tensor.name!r} is {tensor.onnx_type}; only floats can be encrypted")
        total, start = sum(tensor.elements for tensor in inputs), 0
        for tensor in inputs:
            self._tensors[tensor.name] = variables(tensor.shape, start, total, 0)
            start += tensor.elements

    def _take(self, node: onnx.NodeProto) -> bool:
        """Compute the node under encryption; false when it is left to the client. Raises UnsupportedOperator."""
        inputs = [self._tensor(name) for name in node.input if name]
        if any(item is None for item in inputs):
            return self._leave(node, "follows what only the client can compute")
        known = [item for item in inputs if item is not None]
        if not any(isinstance(item, Affine) for item in known):
            return node.output[0] in self._facts.constants or self._leave(node, "is computed from constants alone")
        shape = self._facts.shapes.get(node.output[0])
        if shape is None:
            raise _unsupported(node, "makes a tensor of unknown shape")
        result = None
        if _is_plain(node):
            result = apply(node.op_type, known, attributes_of(node), shape)
        if result is not None:
            self._tensors[node.output[0]] = result
            return True
        kind = _activation_of(node, known)
        source = known[0]
        if kind is None or node.output[0] in self._closing:
            return self._leave(node, "is neither affine nor an activation that a polynomial stands for")
        assert isinstance(source, Affine)
        if source.segment != len(self._layers):
            raise _unsupported(node, "is a second activation of the same layer")
        self._activate(source, kind, node.output[0])
        return True

    def _activate(self, source: Affine, kind: Kind, output: str) -> None:
        flat = source.coefficients.reshape(-1, source.variables + 1)
        self._layers.append(Layer(flat[:, :-1].T, flat[:, -1], kind))
        self._tensors[output] = variables(source.shape, 0, prod(source.shape), len(self._layers))

    def _tensor(self, name: str) -> Tensor | None:
        if name in self._tensors:
            return self._tensors[name]
        return self._facts.value(name)

    def _leave(self, node: onnx.NodeProto, reason: str) -> bool:
        if node.output[0] not in self._closing:
            raise _unsupported(node, reason)
        return False


def _is_plain(node: onnx.NodeProto) -> bool:
    return node.domain in ("", "ai.onnx") and len([name for name in node.output if name]) == 1


def _activation_of(node: onnx.NodeProto, inputs: Sequence[Tensor]) -> Kind | None:
    if not _is_plain(node):
        return None
    kinds: dict[str, Kind] = {"Relu": "Relu", "Sigmoid": "Sigmoid", "Tanh": "Tanh"}
    if node.op_type in kinds:
        return kinds[node.op_type]
    if node.op_type == "Mul" and node.input[0] == node.input[1]:
        return "Square"
    if (
        node.op_type == "Pow"
        and not isinstance(inputs[1], Affine)
        and inputs[1].size == 1
        and float(inputs[1].item()) == 2
    ):
        return "Square"
    return None


def _unsupported(node: onnx.NodeProto, reason: str) -> UnsupportedOperator:
    name = node.name or node.output[0]
    return UnsupportedOperator(
        f"{node.op_type} ({name}) {reason}, so it cannot be computed on ciphertexts",
        remedy="use dense layers with Relu, Sigmoid, Tanh or squares between them; a last Sigmoid or Softmax is fine",
        operator=node.op_type,
        node=name,
    )


def described(network: Network) -> list[dict[str, object]]:
    """The layers in short: widths and activations."""
    return [
        {"inputs": layer.matrix.shape[0], "outputs": layer.matrix.shape[1], "activation": layer.activation}
        for layer in network.layers
    ]
