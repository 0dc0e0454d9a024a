"""A few nodes and constants that replace one node."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

from .facts import Facts
from .structure import opset_of

#: Largest tensor that a rewrite may make or read, so that no attribute can ask for memory. No circuit holds more.
MAX_REWRITTEN = 2**24
#: Opset of ai.onnx for models that import only other domains.
MAIN_OPSET = 17


class Patch:
    """Collects nodes and constants under names of its own; nothing reaches the graph before `commit`."""

    def __init__(self, model: onnx.ModelProto, prefix: str, owner: str, taken: set[str]) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self._graph, self._prefix, self._owner, self._taken = model.graph, prefix, owner or prefix, taken
        self.opset = opset_of(model) or MAIN_OPSET
        self._constants: list[onnx.TensorProto] = []

    def add(self, operator: str, inputs: list[str], output: str | None = None, **attributes: Any) -> str:
        """Append a node; the name of its one output."""
        name = output or self.fresh()
        self.nodes.append(
            helper.make_node(operator, inputs, [name], name=f"{self._owner}/{operator}_{len(self.nodes)}", **attributes)
        )
        return name

    def constant(self, values: npt.NDArray[np.generic]) -> str:
        """Store a constant; its name."""
        name = self.fresh()
        self._constants.append(numpy_helper.from_array(values, name))
        return name

    def number(self, value: float) -> str:
        """A scalar constant of 32 bits."""
        return self.constant(np.asarray(value, np.float32))

    def like(self, element: int, value: float) -> str:
        """A scalar constant of an ONNX element type."""
        return self.constant(np.asarray(value, dtype=helper.tensor_dtype_to_np_dtype(element)))

    def reduce(self, operator: str, source: str, *, axes: list[int]) -> str:
        """Reduce axes, which are kept with size 1. Axes moved from attribute to input in opset 18."""
        if self.opset < 18:
            return self.add(operator, [source], axes=axes, keepdims=1)
        return self.add(operator, [source, self.constant(np.asarray(axes))], keepdims=1)

    def part(self, source: str, axis: int, start: int, stop: int) -> str:
        """A slice of one axis. Bounds moved from attributes to inputs in opset 10."""
        if self.opset < 10:
            return self.add("Slice", [source], axes=[axis], starts=[start], ends=[stop])
        return self.add("Slice", [source, *(self.constant(np.asarray([each])) for each in (start, stop, axis))])

    def reshape(self, source: str, shape: Sequence[int]) -> str:
        """The same elements in another shape."""
        return self.add("Reshape", [source, self.constant(np.asarray(shape, np.int64))])

    def copy(self, node: onnx.NodeProto, inputs: list[str], output: str | None = None, **attributes: Any) -> str:
        """Append the node itself with other inputs, a first output of another name, and other attributes."""
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        kept = [attribute for attribute in node.attribute if attribute.name not in attributes]
        del copy.input[:], copy.attribute[:]
        copy.input.extend(inputs)
        copy.attribute.extend([*kept, *(helper.make_attribute(name, value) for name, value in attributes.items())])
        copy.output[0] = output or copy.output[0]
        self.nodes.append(copy)
        return str(copy.output[0])

    def commit(self) -> None:
        """Add the constants to the graph."""
        self._graph.initializer.extend(self._constants)

    def fresh(self) -> str:
        """A name that nothing has."""
        name = f"{self._prefix}{len(self.nodes) + len(self._constants)}"
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name


#: A node, what is known of the tensors, and a patch to fill: true when the patch replaces the node.
Lowering = Callable[[onnx.NodeProto, Facts, Patch], bool]


def attributes_of(node: onnx.NodeProto) -> dict[str, Any]:
    """A node's attributes as Python values; text as str."""
    found = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    return {name: _text(value) for name, value in found.items()}


def _text(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, list) and value and isinstance(value[0], bytes):
        return [item.decode("utf-8", "replace") for item in value]
    return value
