"""Fold scales and shifts into the matrix product beside them: each element of one costs a circuit 60 cells.

Exact but for float rounding. What follows a product goes into its weights and bias. What comes before it, such as a
scaler fitted to the inputs, goes in only while that keeps the weights' order of magnitude: at the fixed point of a
circuit, small weights lose digits that scaled inputs keep.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

from .facts import Facts, facts_of
from .patch import attributes_of

_LINEAR = frozenset({"Gemm", "MatMul"})
#: Scales before a product that are folded into it, and the largest shift.
_TAME_SCALES, _TAME_SHIFT = (0.25, 4.0), 8.0

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Affine:
    """x * scale + shift, along the last axis."""

    scale: Vector
    shift: Vector

    def then(self, other: "_Affine") -> "_Affine":
        return _Affine(self.scale * other.scale, self.shift * other.scale + other.shift)

    @property
    def tame(self) -> bool:
        low, high = _TAME_SCALES
        sizes = np.abs(self.scale)
        return bool(sizes.min() >= low and sizes.max() <= high and np.abs(self.shift).max() <= _TAME_SHIFT)


def fold_scales(model: onnx.ModelProto) -> int:
    """Fold in place; how many scales and shifts are gone."""
    facts = facts_of(model)
    uses = Counter(name for node in model.graph.node for name in node.input)
    uses.update(value.name for value in model.graph.output)
    products = [node for node in model.graph.node if node.op_type in _LINEAR and node.domain in ("", "ai.onnx")]
    return sum(_fold(model, node, facts, uses) for node in products)


def _fold(model: onnx.ModelProto, node: onnx.NodeProto, facts: Facts, uses: Counter[str]) -> int:
    found, weights = attributes_of(node), facts.value(node.input[1])
    shape = facts.shapes.get(node.input[0])
    if weights is None or weights.ndim != 2 or weights.dtype != np.float32 or not shape or found.get("transA", 0):
        return 0
    matrix = weights.astype(np.float64) * found.get("alpha", 1.0)
    matrix = matrix.T if found.get("transB", 0) else matrix
    bias = _bias(node, facts, found, matrix.shape[1])
    if bias is None or (node.op_type == "Gemm" and len(shape) != 2):
        return 0
    first, before = _chain_before(model, node, facts, uses, matrix.shape[0])
    last, after = _chain_after(model, node, facts, uses, matrix.shape[1])
    gone = [*first, *last]
    if not gone or (not first and node.op_type == "MatMul" and len(gone) == 1 and (after.scale == 1).all()):
        return 0  # a product and a shift are all that there is
    total = (before.shift @ matrix + bias) * after.scale + after.shift
    matrix = before.scale[:, None] * matrix * after.scale
    if not (np.isfinite(matrix).all() and np.isfinite(total).all()):
        return 0
    source = first[0].input[_variable(first[0], facts)] if first else node.input[0]
    output = last[-1].output[0] if last else node.output[0]
    _replace(model, node, gone, source, output, matrix, total)
    return len(gone)


def _bias(node: onnx.NodeProto, facts: Facts, found: dict[str, Any], width: int) -> Vector | None:
    if len(node.input) < 3 or not node.input[2]:
        return np.zeros(width)
    given = facts.value(node.input[2])
    if given is None or given.size not in (1, width) or (given.size == width and given.shape[-1] != width):
        return None
    return np.asarray(np.broadcast_to(given.ravel().astype(np.float64), (width,)) * float(found.get("beta", 1.0)))


def _chain_after(
    model: onnx.ModelProto, node: onnx.NodeProto, facts: Facts, uses: Counter[str], width: int
) -> tuple[list[onnx.NodeProto], _Affine]:
    """The scales and shifts that alone use the product, one after the other, and what they come to."""
    chain: list[onnx.NodeProto] = []
    total, current = _Affine(np.ones(width), np.zeros(width)), node.output[0]
    for other in model.graph.node:
        if current not in other.input or uses[current] != 1:
            continue
        step = _affine(other, facts, width)
        if step is None:
            break
        chain, total, current = [*chain, other], total.then(step), other.output[0]
    return chain, total


def _chain_before(
    model: onnx.ModelProto, node: onnx.NodeProto, facts: Facts, uses: Counter[str], width: int
) -> tuple[list[onnx.NodeProto], _Affine]:
    """The scales and shifts that alone feed the product, first one first, and what they come to, if that is tame."""
    makers = {output: other for other in model.graph.node for output in other.output}
    chain: list[onnx.NodeProto] = []
    total, current = _Affine(np.ones(width), np.zeros(width)), node.input[0]
    while current in makers and uses[current] == 1:
        step = _affine(makers[current], facts, width)
        if step is None or not step.then(total).tame:
            break
        chain, total = [makers[current], *chain], step.then(total)
        current = chain[0].input[_variable(chain[0], facts)]
    return chain, total


def _variable(node: onnx.NodeProto, facts: Facts) -> int:
    """The place of the input that is computed."""
    return 1 if node.op_type != "BatchNormalization" and node.input[0] in facts.constants else 0


def _affine(node: onnx.NodeProto, facts: Facts, width: int) -> _Affine | None:
    """The node as a scale and a shift along the last axis of `width`; None when it is something else."""
    if node.domain not in ("", "ai.onnx"):
        return None
    if node.op_type == "BatchNormalization":
        return _normalisation(node, facts, width)
    if node.op_type not in ("Add", "Sub", "Mul", "Div") or len(node.input) != 2:
        return None
    place = _variable(node, facts)
    given, shape = facts.value(node.input[1 - place]), facts.shapes.get(node.input[place])
    if given is None or given.dtype != np.float32 or not shape or shape[-1] != width or given.ndim > len(shape):
        return None
    if given.size not in (1, width) or (given.size == width > 1 and given.shape[-1] != width):
        return None
    value = np.broadcast_to(given.ravel().astype(np.float64), (width,))
    one, zero = np.ones(width), np.zeros(width)
    if node.op_type == "Add":
        return _Affine(one, value)
    if node.op_type == "Sub":
        return _Affine(one, -value) if place == 0 else _Affine(-one, value)
    if node.op_type == "Mul":
        return _Affine(value, zero)
    return _Affine(1 / value, zero) if place == 0 and (value != 0).all() else None


def _normalisation(node: onnx.NodeProto, facts: Facts, width: int) -> _Affine | None:
    found, shape = attributes_of(node), facts.shapes.get(node.input[0])
    parts = [facts.value(name) for name in node.input[1:5]]
    if not shape or len(shape) != 2 or found.get("training_mode", 0) or len([*filter(None, node.output)]) != 1:
        return None
    if any(part is None or part.size != width for part in parts):
        return None
    gamma, beta, mean, variance = (np.asarray(part, np.float64).ravel() for part in parts)
    scale = gamma / np.sqrt(variance + found.get("epsilon", 1e-5))
    return _Affine(scale, beta - mean * scale)


def _replace(
    model: onnx.ModelProto,
    node: onnx.NodeProto,
    gone: list[onnx.NodeProto],
    source: str,
    output: str,
    matrix: Vector,
    bias: Vector,
) -> None:
    """Put one product and a bias in the place of `node` and all that went into it."""
    name = f"{output}_folded"
    weights = [numpy_helper.from_array(matrix.astype(np.float32), f"{name}_weights")]
    product = helper.make_node("MatMul", [source, weights[0].name], [output], name=f"{name}_product")
    made = [product]
    if bias.any():
        weights.append(numpy_helper.from_array(bias.astype(np.float32), f"{name}_bias"))
        product.output[0] = f"{name}_raw"
        made.append(helper.make_node("Add", [product.output[0], weights[1].name], [output], name=f"{name}_shift"))
    model.graph.initializer.extend(weights)
    nodes = list(_spliced(model.graph.node, node, gone, made))
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def _spliced(
    nodes: Any, node: onnx.NodeProto, gone: list[onnx.NodeProto], made: list[onnx.NodeProto]
) -> Iterator[onnx.NodeProto]:
    outputs = {other.output[0] for other in gone}
    for other in nodes:
        if other.output[0] == node.output[0]:
            yield from made
        elif other.output[0] not in outputs:
            yield other
