"""How the zoo's entries are described and built."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from zkchain.errors import ModelError

FLOAT, INT, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
node = helper.make_node


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The error that stops a graph, and the operator and node it names."""

    error: type[ModelError]
    operator: str = ""
    node: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One graph of the zoo. Samples are drawn from `ranges`, by input name; (-1, 1) where none is given."""

    name: str
    build: Callable[[], onnx.ModelProto]
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    dims: Mapping[str, int] = field(default_factory=dict)
    external: bool = False  #: weights in a file beside the model
    refusal: Refusal | None = None  #: None for graphs that prove

    def write_model(self, folder: Path) -> Path:
        """Write the model, with its external data, to `folder`."""
        path = folder / f"{self.name}.onnx"
        onnx.save(self.build(), path, save_as_external_data=self.external, location="weights.bin", size_threshold=0)
        return path

    def samples(self, count: int, seed: int = 0) -> list[dict[str, np.ndarray]]:
        """`count` samples by input name, the same for the same seed."""
        rng = np.random.default_rng(seed)
        graph = self.build().graph
        weights = {tensor.name for tensor in graph.initializer}
        return [{v.name: self._draw(v, rng) for v in graph.input if v.name not in weights} for _ in range(count)]

    def write_samples(self, folder: Path, count: int = 3) -> Path:
        """Write samples by name as JSON to `folder`."""
        path = folder / f"{self.name}.json"
        path.write_text(json.dumps([{k: v.tolist() for k, v in one.items()} for one in self.samples(count)]))
        return path

    def _draw(self, value: onnx.ValueInfoProto, rng: np.random.Generator) -> np.ndarray:
        kind = value.type.tensor_type
        shape = [dim.dim_value if dim.dim_value > 0 else self.dims.get(dim.dim_param, 1) for dim in kind.shape.dim]
        low, high = self.ranges.get(value.name, (-1, 1))
        dtype = helper.tensor_dtype_to_np_dtype(kind.elem_type)
        if dtype.kind == "b":
            return rng.integers(0, 2, shape).astype(dtype)
        if dtype.kind in "iu":
            return rng.integers(int(low), int(high) + 1, shape).astype(dtype)
        return rng.uniform(low, high, shape).astype(dtype)


def graph(
    nodes: Sequence[onnx.NodeProto],
    inputs: Mapping[str, Sequence[Any]],
    outputs: Mapping[str, Any],
    weights: Mapping[str, Any] | None = None,
    *,
    opset: int = 18,
    kinds: Mapping[str, int] | None = None,
    domains: Sequence[tuple[str, int]] = (),
) -> onnx.ModelProto:
    """A model of `nodes`. Tensors are FLOAT unless `kinds` says otherwise; an output's shape may be None."""
    types = kinds or {}
    made = helper.make_graph(
        list(nodes),
        "zoo",
        [helper.make_tensor_value_info(n, types.get(n, FLOAT), s) for n, s in inputs.items()],
        [helper.make_tensor_value_info(n, types.get(n, FLOAT), s) for n, s in outputs.items()],
        [numpy_helper.from_array(np.asarray(v), n) for n, v in (weights or {}).items()],
    )
    imports = [helper.make_opsetid("", opset), *(helper.make_opsetid(*domain) for domain in domains)]
    return helper.make_model(made, opset_imports=imports, ir_version=10 if opset > 21 else 8)


def random_weights(*shape: int, seed: int = 0, spread: float = 0.5) -> np.ndarray:
    """Seeded normal weights."""
    return (np.random.default_rng(seed).normal(size=shape) * spread).astype(np.float32)


def single(
    operator: str,
    shape: Sequence[int],
    weights: Sequence[Any] = (),
    *,
    opset: int = 18,
    kinds: Mapping[str, int] | None = None,
    **attributes: Any,
) -> Callable[[], onnx.ModelProto]:
    """Builder of a one-node graph: input x, weights w0.., output y. A weight of None is left out."""

    def build() -> onnx.ModelProto:
        names = ["" if weight is None else f"w{index}" for index, weight in enumerate(weights)]
        held = {name: weight for name, weight in zip(names, weights, strict=True) if name}
        only = node(operator, ["x", *names], ["y"], name=f"the_{operator}", **attributes)
        return graph([only], {"x": shape}, {"y": None}, held, opset=opset, kinds=kinds)

    return build
