"""The same model with its convolutions written as matrix products, which a circuit can check instead of compute.

A product of matrices of m x k and k x n takes m * k * n multiplications; Freivalds' check, a product with a random
vector on both sides, takes m * k + k * n + m * n (R. Freivalds, 1977). ezkl knows that check for products alone. Laying
the windows of a convolution side by side makes it one ("im2col"), and costs nothing: they are copies of cells.
"""

from collections import Counter
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from ..records import Model
from .describe import seal
from .facts import Facts
from .lower import replace_nodes
from .patch import MAX_REWRITTEN, Lowering, Patch, attributes_of
from .shapes import infer_shapes


def with_matrix_products(model: Model) -> Model:
    """`model` with its convolutions as products of matrices; itself where it has none that can be."""
    proto = onnx.ModelProto.FromString(model.onnx)
    done: Counter[str] = Counter()
    if not replace_nodes(proto, _PRODUCTS, done):
        return model
    notes = (f"{name} x{count} is computed as a matrix product" for name, count in done.items())
    return seal(infer_shapes(proto), model.spec.name, (*model.spec.notes, *notes))


def _conv(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """A row for each filter, a column for each place where it is laid."""
    found, weights, shape = attributes_of(node), facts.value(node.input[1]), facts.shapes.get(node.input[0])
    if weights is None or shape is None or facts.types.get(node.input[0]) != onnx.TensorProto.FLOAT:
        return False
    rank = len(shape) - 2
    plain = found.get("group", 1) == 1 and set(found.get("dilations", [1])) == {1} and shape[0] == 1
    if not plain or found.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID") or prod(shape) == 0:
        return False
    pads = np.asarray(found.get("pads", [0] * (2 * rank)))
    if pads.min(initial=0) < 0:
        return False
    before, after = pads[:rank], pads[rank:]
    padded = (shape[1], *(int(size) for size in np.add(shape[2:], before + after)))
    windows = _windows(padded, weights.shape[2:], found.get("strides", [1] * rank))
    if windows is None or windows.shape[1] == 1:
        return False
    source = node.input[0]
    if pads.any():
        source = _pad(patch, source, [0, 0, *before, 0, 0, *after])
    # The leading axis stays: without it the engine takes the channels of a convolution behind for a batch.
    flat = patch.reshape(source, [1, prod(padded)])
    columns = patch.add("Gather", [flat, patch.constant(windows)], axis=1)
    filters = np.ascontiguousarray(weights.reshape(len(weights), -1))
    products = patch.add("MatMul", [patch.constant(filters), columns])
    if len(node.input) > 2 and node.input[2]:
        products = patch.add("Add", [products, patch.reshape(node.input[2], [-1, 1])])
    outputs = facts.shapes.get(node.output[0])
    if outputs is None:
        return False
    patch.add("Reshape", [products, patch.constant(np.asarray(outputs, np.int64))], node.output[0])
    return True


def _pad(patch: Patch, source: str, pads: list[Any]) -> str:
    """With zeros. What is added moved from an attribute to an input in opset 11."""
    if patch.opset < 11:
        return patch.add("Pad", [source], pads=[int(each) for each in pads])
    return patch.add("Pad", [source, patch.constant(np.asarray(pads, np.int64))])


def _windows(shape: tuple[int, ...], kernel: tuple[int, ...], strides: list[int]) -> npt.NDArray[np.int64] | None:
    """Places in the flat tensor of `shape` (channels first) by element of a window, and by window; None if too many."""
    counts = [(size - width) // step + 1 for size, width, step in zip(shape[1:], kernel, strides, strict=True)]
    elements = shape[0] * prod(kernel)
    if min(counts) < 1 or elements * prod(counts) > MAX_REWRITTEN:
        return None
    places = np.arange(prod(shape), dtype=np.int64).reshape(shape)
    view = np.lib.stride_tricks.sliding_window_view(places, kernel, axis=tuple(range(1, len(shape))))
    steps = tuple(slice(None, None, step) for step in strides)
    picked = view[(slice(None), *steps)]  # channels, window places, window elements
    count = len(counts)
    order = (0, *range(1 + count, 1 + 2 * count), *range(1, 1 + count))
    return np.ascontiguousarray(picked.transpose(order).reshape(elements, -1))


_PRODUCTS: dict[str, Lowering] = {"Conv": _conv}
