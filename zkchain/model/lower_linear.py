"""Lower the linear operators of ai.onnx.ml, as scikit-learn's exporter writes them, to matrix products."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx

from .facts import Facts
from .patch import Lowering, Patch, attributes_of

_POST = {"NONE": "", "LOGISTIC": "Sigmoid", "SOFTMAX": "Softmax"}


def as_float(source: str, facts: Facts, patch: Patch) -> str:
    """The tensor as float32, which is what ai.onnx.ml computes in and, where nothing is known, what it gave."""
    if facts.types.get(source, 0) in (onnx.TensorProto.FLOAT, onnx.TensorProto.UNDEFINED):
        return source
    return patch.add("Cast", [source], to=onnx.TensorProto.FLOAT)


def finish(scores: str, post: str, patch: Patch, output: str) -> bool:
    """Write the post transform of `scores` to `output`; False when it has no lowering."""
    if post not in _POST:
        return False
    attributes = {"axis": 1} if post == "SOFTMAX" else {}
    patch.add(_POST[post] or "Identity", [scores], output, **attributes)
    return True


def write_label(scores: str, labels: list[int], patch: Patch, output: str) -> None:
    """The label of the highest score of each row."""
    best = patch.add("ArgMax", [scores], axis=1, keepdims=0)
    patch.add("Gather", [patch.constant(np.asarray(labels, np.int64)), best], output, axis=0)


def _regressor(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    found = attributes_of(node)
    targets = int(found.get("targets", 1))
    scores = _scores(node, found, targets, facts, patch)
    return scores is not None and finish(scores, found.get("post_transform", "NONE"), patch, node.output[0])


def _classifier(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    found = attributes_of(node)
    labels = found.get("classlabels_ints", [])
    scores = _scores(node, found, len(labels), facts, patch) if len(labels) > 1 else None
    if scores is None or not node.output[0]:
        return False
    write_label(scores, labels, patch, node.output[0])
    return len(node.output) < 2 or finish(scores, found.get("post_transform", "NONE"), patch, node.output[1])


def _scores(node: onnx.NodeProto, found: Mapping[str, Any], rows: int, facts: Facts, patch: Patch) -> str | None:
    weights = np.asarray(found.get("coefficients", []), np.float32)
    bias = np.asarray(found.get("intercepts", [0.0] * rows), np.float32)
    if not weights.size or weights.size % rows or bias.size != rows:
        return None
    product = patch.add("MatMul", [as_float(node.input[0], facts, patch), patch.constant(weights.reshape(rows, -1).T)])
    return patch.add("Add", [product, patch.constant(bias)])


def _scaler(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    found = attributes_of(node)
    source = as_float(node.input[0], facts, patch)
    centred = patch.add("Sub", [source, patch.constant(np.asarray(found.get("offset", [0.0]), np.float32))])
    patch.add("Mul", [centred, patch.constant(np.asarray(found.get("scale", [1.0]), np.float32))], node.output[0])
    return True


def _normalizer(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    kind = attributes_of(node).get("norm", "MAX")
    if kind not in ("L1", "L2"):
        return False
    source = as_float(node.input[0], facts, patch)
    patch.add("Div", [source, patch.reduce(f"Reduce{kind}", source, axes=[1])], node.output[0])
    return True


def _extractor(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """Picks columns; a vector counts as one row. onnx cannot infer its shape."""
    rank = len(facts.shapes.get(node.input[0], ()))
    if not rank:
        return False
    columns = patch.add("Reshape", [node.input[1], patch.constant(np.asarray([-1]))])
    picked = patch.add("Gather", [node.input[0], columns], None if rank == 1 else node.output[0], axis=rank - 1)
    if rank == 1:
        patch.add("Reshape", [picked, patch.constant(np.asarray([1, -1]))], node.output[0])
    return True


LINEAR_LOWERINGS: dict[str, Lowering] = {
    "ai.onnx.ml.LinearRegressor": _regressor,
    "ai.onnx.ml.LinearClassifier": _classifier,
    "ai.onnx.ml.Scaler": _scaler,
    "ai.onnx.ml.Normalizer": _normalizer,
    "ai.onnx.ml.ArrayFeatureExtractor": _extractor,
}
