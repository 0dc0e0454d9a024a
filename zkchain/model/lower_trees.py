"""Lower tree ensembles to matrix products: every condition is evaluated, and a leaf is the one whose path all hold.

For a leaf at depth d with f edges taken when their condition is false, the sum of (condition) over its true edges
and (1 - condition) over its false edges is d exactly when the leaf is reached. Since that sum is whole,
relu(sum - d + 1) is 1 there and 0 elsewhere. See Nakandala et al., "A Tensor Compiler for Unified Machine
Learning Prediction Serving" (OSDI 2020), section 4.1, for the matrix form.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from .facts import Facts
from .lower_linear import as_float, finish, write_label
from .patch import Lowering, Patch, attributes_of

_LEAF = "LEAF"
#: mode -> (operator that decides it, whether its true and false edges change places)
_MODES = {
    "BRANCH_LEQ": ("Greater", True),
    "BRANCH_GT": ("Greater", False),
    "BRANCH_LT": ("Less", False),
    "BRANCH_GTE": ("Less", True),
}
#: Largest path matrix of all trees together.
_MAX_MATRIX = 2**24


@dataclass(frozen=True, slots=True, kw_only=True)
class _Forest:
    """Trees padded to one size: T trees, I conditions and L leaves each."""

    operator: str
    features: npt.NDArray[np.int64]  #: (T * I)
    thresholds: npt.NDArray[np.float32]  #: (T * I)
    paths: npt.NDArray[np.float32]  #: (T, I, L): 1 on true edges, -1 on false ones
    offsets: npt.NDArray[np.float32]  #: (T, 1, L)
    leaves: dict[tuple[int, int], int]  #: (tree, node) -> row among the T * L leaves


def _regressor(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    found = attributes_of(node)
    targets, forest = int(found.get("n_targets", 1)), _forest(found)
    weights = _weights(found, "target", targets, forest)
    if forest is None or weights is None or found.get("aggregate_function", "SUM") not in ("SUM", "AVERAGE"):
        return False
    if found.get("aggregate_function") == "AVERAGE":
        weights = weights / np.float32(len(forest.paths))
    scores = _scores(node, found, forest, weights, facts, patch)
    return finish(scores, found.get("post_transform", "NONE"), patch, node.output[0])


def _classifier(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    found = attributes_of(node)
    labels, post = found.get("classlabels_int64s", []), found.get("post_transform", "NONE")
    forest = _forest(found)
    weights = _weights(found, "class", len(labels), forest)
    if forest is None or weights is None or len(labels) < 2 or not node.output[0]:
        return False
    if len(labels) == 2 and len(set(found["class_ids"])) == 1:
        weights, base = _two_sided(found, weights)
        if weights is None:
            return False
        found = {**found, "base_values": base}
    scores = _scores(node, found, forest, weights, facts, patch)
    write_label(scores, labels, patch, node.output[0])
    return len(node.output) < 2 or not node.output[1] or finish(scores, post, patch, node.output[1])


def _two_sided(
    found: Mapping[str, Any], weights: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float32] | None, list[float]]:
    """Weights and base of both classes where the model stores one score: 1-s and s for probabilities, else -s and s."""
    score = weights[:, [found["class_ids"][0]]]
    base = found.get("base_values") or [0.0]
    if len(base) != 1:
        return None, []
    if min(found["class_weights"]) >= 0 and found.get("post_transform", "NONE") == "NONE":
        return np.hstack([-score, score]), [1 - base[0], base[0]]
    if min(found["class_weights"]) >= 0 or found.get("post_transform", "NONE") == "SOFTMAX":
        return None, []
    return np.hstack([-score, score]), [-base[0], base[0]]


def _scores(
    node: onnx.NodeProto,
    found: Mapping[str, Any],
    forest: _Forest,
    weights: npt.NDArray[np.float32],
    facts: Facts,
    patch: Patch,
) -> str:
    """Sum of the reached leaves' weights, and the base values: shape (N, outputs)."""
    trees, conditions, _ = forest.paths.shape
    values = patch.add("Gather", [as_float(node.input[0], facts, patch), patch.constant(forest.features)], axis=1)
    holds = patch.add(forest.operator, [values, patch.constant(forest.thresholds)])
    ones = patch.add("Cast", [holds], to=onnx.TensorProto.FLOAT)
    split = patch.add("Reshape", [ones, patch.constant(np.asarray([0, trees, 1, conditions]))])
    sums = patch.add(
        "Add", [patch.add("MatMul", [split, patch.constant(forest.paths)]), patch.constant(forest.offsets)]
    )
    reached = patch.add("Reshape", [patch.add("Relu", [sums]), patch.constant(np.asarray([0, -1]))])
    scores = patch.add("MatMul", [reached, patch.constant(weights)])
    base = found.get("base_values")
    return patch.add("Add", [scores, patch.constant(np.asarray(base, np.float32))]) if base else scores


def _weights(
    found: Mapping[str, Any], kind: str, outputs: int, forest: _Forest | None
) -> npt.NDArray[np.float32] | None:
    """(T * L, outputs): what each leaf adds to each output."""
    lists = [found.get(f"{kind}_{part}", []) for part in ("treeids", "nodeids", "ids", "weights")]
    if forest is None or len({len(items) for items in lists}) != 1 or not lists[0] or outputs < 1:
        return None
    if len(found.get("base_values") or []) not in (0, 1 if kind == "class" and outputs == 2 else outputs, outputs):
        return None
    weights = np.zeros((forest.offsets.size, outputs), np.float32)
    for tree, leaf, column, weight in zip(*lists, strict=True):
        if (tree, leaf) not in forest.leaves or not 0 <= column < outputs:
            return None
        weights[forest.leaves[tree, leaf], column] += weight
    return weights


def _forest(found: Mapping[str, Any]) -> _Forest | None:
    """The trees of a node, or None where their attributes break the rules or their conditions are of two kinds."""
    names = ("treeids", "nodeids", "modes", "featureids", "values", "truenodeids", "falsenodeids")
    lists = [found.get(f"nodes_{name}", []) for name in names]
    if len({len(items) for items in lists}) != 1 or not lists[0]:
        return None
    nodes = {(row[0], row[1]): row[2:] for row in zip(*lists, strict=True)}
    modes = {mode for mode, *_ in nodes.values()} - {_LEAF}
    if len(nodes) != len(lists[0]) or not modes <= set(_MODES) or len({_MODES[mode][0] for mode in modes}) > 1:
        return None
    sizes = Counter(lists[0])
    if len(sizes) * (max(sizes.values()) // 2) ** 2 > _MAX_MATRIX:
        return None
    roots = dict(zip(reversed(lists[0]), reversed(lists[1]), strict=True))
    trees = [_walk(tree, root, nodes) for tree, root in sorted(roots.items())]
    return _padded([tree for tree in trees if tree is not None], modes) if None not in trees else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tree:
    conditions: list[tuple[int, float]]  #: feature and threshold
    leaves: list[tuple[tuple[int, int], list[tuple[int, bool]]]]  #: (tree, node), and (condition, held) on its path


def _walk(tree: int, root: int, nodes: Mapping[tuple[int, int], tuple[Any, ...]]) -> _Tree | None:
    """One tree from its root; None where a child is missing or a node is reached twice."""
    conditions: list[tuple[int, float]] = []
    leaves = []
    seen: set[int] = set()
    pending: list[tuple[int, list[tuple[int, bool]]]] = [(root, [])]
    while pending:
        at, path = pending.pop()
        if at in seen or (tree, at) not in nodes:
            return None
        seen.add(at)
        mode, feature, threshold, held, failed = nodes[tree, at]
        if mode == _LEAF:
            leaves.append(((tree, at), path))
            continue
        if _MODES[mode][1]:
            held, failed = failed, held
        pending += [(held, [*path, (len(conditions), True)]), (failed, [*path, (len(conditions), False)])]
        conditions.append((feature, threshold))
    return _Tree(conditions=conditions, leaves=leaves)


def _padded(trees: list[_Tree], modes: set[str]) -> _Forest | None:
    conditions = max(1, *(len(tree.conditions) for tree in trees))
    width = max(1, *(len(tree.leaves) for tree in trees))
    if len(trees) * conditions * width > _MAX_MATRIX:
        return None
    features = np.zeros((len(trees), conditions), np.int64)
    thresholds = np.zeros((len(trees), conditions), np.float32)
    paths = np.zeros((len(trees), conditions, width), np.float32)
    offsets = np.full((len(trees), 1, width), -1, np.float32)
    leaves: dict[tuple[int, int], int] = {}
    for row, tree in enumerate(trees):
        for index, (feature, threshold) in enumerate(tree.conditions):
            features[row, index], thresholds[row, index] = feature, threshold
        for column, (name, path) in enumerate(tree.leaves):
            leaves[name] = row * width + column
            offsets[row, 0, column] = 1 - sum(held for _, held in path)
            for index, held in path:
                paths[row, index, column] = 1 if held else -1
    return _Forest(
        operator=_MODES[min(modes)][0] if modes else "Less",
        features=features.ravel(),
        thresholds=thresholds.ravel(),
        paths=paths,
        offsets=offsets,
        leaves=leaves,
    )


TREE_LOWERINGS: dict[str, Lowering] = {
    "ai.onnx.ml.TreeEnsembleRegressor": _regressor,
    "ai.onnx.ml.TreeEnsembleClassifier": _classifier,
}
