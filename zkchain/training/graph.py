"""A few words to write ONNX graphs with: each gives the name of the tensor it makes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_OPSET, _IR = 13, 8


class Graph:
    """A graph of float tensors under construction."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._nodes: list[onnx.NodeProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._constants: list[onnx.TensorProto] = []

    def input(self, name: str, length: int) -> str:
        """A flat input of `length` numbers."""
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [length]))
        return name

    def constant(self, value: float | np.ndarray) -> str:
        """A float constant of one or more numbers."""
        return self._initializer(np.atleast_1d(np.asarray(value, dtype=np.float32)))

    def column(self, values: np.ndarray) -> str:
        """A constant matrix of one column."""
        return self._initializer(values.astype(np.float32).reshape(-1, 1))

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """One node of one output."""
        name = f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def slice(self, tensor: str, start: int, length: int) -> str:
        """`length` numbers of a flat tensor from `start` on."""
        bounds = (self._initializer(np.array([at], dtype=np.int64)) for at in (start, start + length, 0))
        return self.op("Slice", tensor, *bounds)

    def reshape(self, tensor: str, *shape: int) -> str:
        """The tensor in another shape."""
        return self.op("Reshape", tensor, self._initializer(np.array(shape, dtype=np.int64)))

    def sum(self, tensor: str, axis: int) -> str:
        """Sums along an axis, which goes away."""
        return self.op("ReduceSum", tensor, self._initializer(np.array([axis], dtype=np.int64)), keepdims=0)

    def concat(self, tensors: Sequence[str]) -> str:
        """Flat tensors one after another."""
        return self.op("Concat", *tensors, axis=0)

    def clip(self, tensor: str, limit: float) -> str:
        """Values within -limit and limit, by what is beyond: the engine's own Clip takes a lookup more, and its gas."""
        edge = self.constant(limit)
        above = self.op("Relu", self.op("Sub", tensor, edge))
        below = self.op("Relu", self.op("Sub", self.op("Neg", tensor), edge))
        return self.op("Add", self.op("Sub", tensor, above), below)

    def share(self, tensor: str) -> str:
        """Values within 0 and 1, by what is beyond."""
        above = self.op("Relu", self.op("Sub", tensor, self.constant(1.0)))
        return self.op("Sub", self.op("Relu", tensor), above)

    def as_float(self, condition: str) -> str:
        """1 where a condition holds, 0 elsewhere."""
        return self.op("Cast", condition, to=TensorProto.FLOAT)

    def model(self, output: str, length: int, name: str) -> onnx.ModelProto:
        """The checked model whose one output, called `name`, is the flat tensor `output`."""
        self._nodes.append(helper.make_node("Identity", [output], [name], name=name))
        value = helper.make_tensor_value_info(name, TensorProto.FLOAT, [length])
        graph = helper.make_graph(self._nodes, self._name, self._inputs, [value], self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], producer_name="zkchain")
        model.ir_version = _IR
        onnx.checker.check_model(model)
        return model

    def _initializer(self, value: np.ndarray | np.float32) -> str:
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name
