"""Maxima over windows by comparing: the engine sorts, which takes columns of its own and a wider domain for all."""

from math import prod

import numpy as np
import numpy.typing as npt
import onnx

from .extremes import larger_of
from .facts import Facts
from .patch import MAX_REWRITTEN, Patch, attributes_of


def pool_before_relu(model: onnx.ModelProto) -> int:
    """Swap every Relu whose only use is a MaxPool with it, in place: the same maxima of fewer elements. How many."""
    users: dict[str, list[onnx.NodeProto]] = {}
    for node in model.graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    kept = {value.name for value in model.graph.output}
    swapped = 0
    for relu in model.graph.node:
        (pool,) = users.get(relu.output[0], [None]) if len(users.get(relu.output[0], ())) == 1 else [None]
        if relu.op_type != "Relu" or pool is None or pool.op_type != "MaxPool" or relu.output[0] in kept:
            continue
        if len(pool.output) == 1:
            attributes, name = list(pool.attribute), pool.name
            pool.op_type, pool.name, relu.op_type, relu.name = "Relu", relu.name, "MaxPool", name
            del pool.attribute[:]
            relu.attribute.extend(attributes)
            swapped += 1
    return swapped


def largest(patch: Patch, parts: list[str]) -> str:
    """The larger of all parts, element by element: pairs are compared until one is left."""
    while len(parts) > 1:
        pairs = zip(parts[::2], parts[1::2], strict=False)
        odd = parts[-1:] if len(parts) % 2 else []
        parts = [*(larger_of(patch, *pair) for pair in pairs), *odd]
    return parts[0]


def max_pool(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """MaxPool as maxima of copies of the tensor, one for each place in the window."""
    shape, outputs = facts.shapes.get(node.input[0]), facts.shapes.get(node.output[0])
    if shape is None or outputs is None or facts.types.get(node.input[0]) != onnx.TensorProto.FLOAT:
        return False
    found = attributes_of(node)
    kernel = found.get("kernel_shape", ())
    rank = len(shape) - 2
    plain = found.get("auto_pad", "NOTSET") in ("NOTSET", "VALID") and set(found.get("dilations", [1])) == {1}
    if len(node.output) != 1 or len(kernel) != rank or not plain or found.get("ceil_mode", 0):
        return False
    if prod(outputs) * prod(kernel) > MAX_REWRITTEN or prod(shape) == 0:
        return False
    rows = places(shape, kernel, found.get("strides", [1] * rank), found.get("pads", [0] * (2 * rank)))
    if rows.shape[1] != prod(outputs):
        return False
    # The leading axis stays: without it the engine takes the channels of a convolution behind for a batch.
    flat = patch.reshape(node.input[0], [1, prod(shape)])
    parts = [patch.add("Gather", [flat, patch.constant(row)], axis=1) for row in rows]
    patch.add("Reshape", [largest(patch, parts), patch.constant(np.asarray(outputs, np.int64))], node.output[0])
    return True


def places(shape: tuple[int, ...], kernel: list[int], strides: list[int], pads: list[int]) -> npt.NDArray[np.int64]:
    """Places in the flat tensor by place in the window, and by window; padding is replaced by another place there.

    `shape` is of the input, (1, channels, ...); the rest is as the attributes of ONNX's poolings say it.
    """
    rank = len(kernel)
    ends = [(0, 0), (0, 0), *zip(pads[:rank], pads[rank:], strict=True)]
    numbered = np.pad(np.arange(prod(shape), dtype=np.int64).reshape(shape), ends, constant_values=-1)
    view = np.lib.stride_tricks.sliding_window_view(numbered, kernel, axis=tuple(range(2, 2 + rank)))
    picked = view[(slice(None), slice(None), *(slice(None, None, step) for step in strides))]
    rows = picked.reshape(-1, prod(kernel))
    inside = rows.max(axis=1, keepdims=True)  # a window is never all padding
    return np.ascontiguousarray(np.where(rows < 0, inside, rows).T)
