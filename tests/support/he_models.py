"""Small models for encrypted inference, and data that they separate."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FEATURES = 30


def patients(count: int, seed: int = 1) -> np.ndarray:
    """Rows of 30 measurements, of two kinds in turn, on scales of their own as real ones are."""
    drawn = np.random.default_rng(seed)
    sides = np.where(np.arange(count) % 2 == 0, 1.0, -1.0)[:, None]
    standard = drawn.normal(size=(count, FEATURES)) + 1.1 * sides * _direction()
    return (standard * _spread() + 10 * _spread()).astype(np.float32)


def _direction() -> np.ndarray:
    return np.where(np.arange(FEATURES) % 3 == 0, -1.0, 1.0)


def _spread() -> np.ndarray:
    return np.geomspace(0.01, 100.0, FEATURES)


def _standardised(x: np.ndarray) -> np.ndarray:
    return (x - 10 * _spread()) / _spread()


def model(nodes: Sequence[onnx.NodeProto], weights: dict[str, Any], shape: Sequence[int], out: Sequence[int]) -> Any:
    """From input x to output y, checked."""
    graph = helper.make_graph(
        list(nodes),
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, list(shape))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, list(out))],
        [
            numpy_helper.from_array(np.asarray(value, np.int64 if name.startswith("i_") else np.float32), name)
            for name, value in weights.items()
        ],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(made, full_check=True)
    return made


_SCALER = (helper.make_node("Sub", ["x", "mean"], ["centred"]), helper.make_node("Div", ["centred", "std"], ["s"]))


def logistic(path: Path, *, closing: bool = True) -> Path:
    """Scaler, logistic regression, and a Sigmoid unless not `closing`."""
    weights = {"mean": 10 * _spread(), "std": _spread(), "w": _direction()[:, None] / 8, "b": [0.1]}
    nodes = [*_SCALER, helper.make_node("Gemm", ["s", "w", "b"], ["z" if closing else "y"])]
    nodes += [helper.make_node("Sigmoid", ["z"], ["y"])] if closing else []
    onnx.save(model(nodes, weights, [1, FEATURES], [1, 1]), path)
    return path


def network(path: Path, *, hidden: str = "Relu", width: int = 16, closing: bool = True) -> Path:
    """Scaler, 30-width-1 with the hidden activation, and a Sigmoid; fitted to tell the two kinds apart."""
    drawn = np.random.default_rng(7)
    first, offset = drawn.normal(size=(FEATURES, width)) / 5, drawn.normal(size=width) / 5
    rows = patients(256, seed=3)
    given = _standardised(rows.astype(np.float64)) @ first + offset
    active = {"Relu": np.maximum(given, 0), "Tanh": np.tanh(given), "Sigmoid": 1 / (1 + np.exp(-given))}
    features = active.get(hidden, given**2)
    targets = np.where(np.arange(256) % 2 == 0, 4.0, -4.0)
    last = np.linalg.lstsq(np.c_[features, np.ones(256)], targets, rcond=None)[0]
    weights = {
        "mean": 10 * _spread(),
        "std": _spread(),
        "w1": first,
        "b1": offset,
        "w2": last[:-1, None],
        "b2": last[-1:],
    }
    middle = (
        helper.make_node("Mul", ["h", "h"], ["a"]) if hidden == "Square" else helper.make_node(hidden, ["h"], ["a"])
    )
    nodes = [
        *_SCALER,
        helper.make_node("MatMul", ["s", "w1"], ["m"]),
        helper.make_node("Add", ["m", "b1"], ["h"]),
        middle,
        helper.make_node("Gemm", ["a", "w2", "b2"], ["z" if closing else "y"]),
    ]
    nodes += [helper.make_node("Sigmoid", ["z"], ["y"])] if closing else []
    onnx.save(model(nodes, weights, [1, FEATURES], [1, 1]), path)
    return path


def write_rows(path: Path, rows: np.ndarray) -> Path:
    """A samples file."""
    path.write_text(json.dumps({"x": rows.tolist()}))
    return path
