"""Averages over windows as sums, where a product behind them can take the division into its weights.

The engine divides each average by itself, which is three decompositions into digits; a sum is additions alone. The
division passes everything that scales with its input, and is exact in the weights but for float rounding.
"""

from collections import Counter
from math import prod

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper

from .facts import Facts, facts_of
from .lower import replace_nodes
from .operators import qualified
from .patch import MAX_REWRITTEN, Patch, attributes_of
from .pools import places

#: f(c * x) = c * f(x) for every positive c, in the first input.
_HOMOGENEOUS = frozenset(
    {"Relu", "LeakyRelu", "MaxPool", "AveragePool"}
    | {"Flatten", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze"}
)
_PRODUCTS = frozenset({"Conv", "Gemm", "MatMul"})
#: The division takes bits from the weights, which are of fixed point: two for a window of 2 x 2, four for 4 x 4.
_MOST_PLACES = 4


def sum_windows(model: onnx.ModelProto) -> int:
    """Replace averages by sums in place, and scale the weights behind them; how many."""
    facts = facts_of(model)
    uses = Counter(name for node in model.graph.node for name in node.input)
    uses.update(value.name for value in model.graph.output)
    summed: set[str] = set()
    divisors: dict[str, int] = {}
    for node in model.graph.node:
        if node.op_type != "AveragePool" or _windows(node, facts) is None:
            continue
        product = _product_behind(model, node, facts, uses)
        if product is not None:
            output = product.output[0]
            divisors[output] = divisors.get(output, 1) * prod(attributes_of(node)["kernel_shape"])
            summed.add(node.output[0])
    for product in model.graph.node:
        if product.output[0] in divisors:
            _scale_weights(model, product, facts, 1 / divisors[product.output[0]])
    replace_nodes(model, {"AveragePool": lambda *found: found[0].output[0] in summed and _sum(*found)}, Counter())
    return len(summed)


def _windows(node: onnx.NodeProto, facts: Facts) -> npt.NDArray[np.int64] | None:
    """Places in the flat tensor by place in the window, and by window; None where a sum cannot be written so."""
    shape, outputs = facts.shapes.get(node.input[0]), facts.shapes.get(node.output[0])
    if shape is None or outputs is None or facts.types.get(node.input[0]) != onnx.TensorProto.FLOAT:
        return None
    found = attributes_of(node)
    kernel, rank = found.get("kernel_shape", ()), len(shape) - 2
    plain = found.get("auto_pad", "NOTSET") in ("NOTSET", "VALID") and set(found.get("dilations", [1])) == {1}
    if len(kernel) != rank or not plain or found.get("ceil_mode", 0) or any(found.get("pads", [])):
        return None
    if not 1 < prod(kernel) <= _MOST_PLACES or prod(outputs) * prod(kernel) > MAX_REWRITTEN or prod(shape) == 0:
        return None
    rows = places(shape, kernel, found.get("strides", [1] * rank), [0] * (2 * rank))
    return rows if rows.shape[1] == prod(outputs) else None


def _product_behind(
    model: onnx.ModelProto, node: onnx.NodeProto, facts: Facts, uses: Counter[str]
) -> onnx.NodeProto | None:
    """The product by constant weights to which alone the output leads, with nothing between that minds a scale."""
    current = node.output[0]
    for other in model.graph.node:  # they come in order
        if current not in other.input or uses[current] != 1:
            continue
        kind = qualified(other)
        if other.input[0] != current or len([*filter(None, other.output)]) != 1:
            return None
        if kind in _PRODUCTS:
            weights = facts.value(other.input[1])
            return other if weights is not None and weights.dtype == np.float32 else None
        if kind not in _HOMOGENEOUS:
            return None
        current = other.output[0]
    return None


def _scale_weights(model: onnx.ModelProto, product: onnx.NodeProto, facts: Facts, factor: float) -> None:
    value = facts.value(product.input[1])
    assert value is not None
    name = f"{product.output[0]}_scaled_weights"
    scaled = (value.astype(np.float64) * factor).astype(np.float32)
    model.graph.initializer.append(numpy_helper.from_array(scaled, name))
    product.input[1] = name


def _sum(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    rows, shape = _windows(node, facts), facts.shapes[node.input[0]]
    assert rows is not None
    # The leading axis stays: without it the engine takes the channels of a convolution behind for a batch.
    flat = patch.reshape(node.input[0], [1, prod(shape)])
    total, *parts = (patch.add("Gather", [flat, patch.constant(row)], axis=1) for row in rows)
    for part in parts:
        total = patch.add("Add", [total, part])
    outputs = facts.shapes[node.output[0]]
    patch.add("Reshape", [total, patch.constant(np.asarray(outputs, np.int64))], node.output[0])
    return True
