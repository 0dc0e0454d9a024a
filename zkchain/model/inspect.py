"""What a model is and whether, and at what size, it can become a circuit; nothing is compiled."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path

import onnx

from ..record import Record
from ..records import ModelSpec
from .load import normalise, parse_model
from .operators import Unsupported, unsupported_nodes
from .shapes import all_shapes, open_dimensions

#: Rows by what a circuit does, measured on dense and convolutional models with one inner column: a range-checked
#: element, a rebased element, and a multiplication.
_ROWS_CHECKED, _ROWS_REBASED, _ROWS_MULTIPLICATION = 15, 22, 1
#: Operators whose values are looked up in a table, and the rows of a table of usual width: 2**13 to 2**15 in practice,
#: by the range of what is looked up.
_LOOKED_UP = frozenset(
    {"Sigmoid", "Tanh", "Exp", "Log", "Softmax", "LogSoftmax", "Erf", "Gelu", "Softplus", "Softsign", "Sqrt", "Pow"}
    | {"Sin", "Cos", "Tan", "Elu", "Selu", "Celu", "Mish", "Swish", "HardSwish", "LSTM", "GRU", "RNN", "Reciprocal"}
)
_TABLE_ROWS = 2**13
#: Rows that halo2 needs beside the circuit's own.
_BLINDING_ROWS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection(Record):
    """A model's description, what stands in the way of a circuit, and a rough size."""

    spec: ModelSpec
    unsupported: tuple[Unsupported, ...]
    dims_to_fix: tuple[str, ...]  #: open input dimensions, by the name that `dims` takes
    multiplications: int
    predicted_rows: int
    predicted_logrows: int


def inspect_model(path: Path, dims: Mapping[str, int] | None = None) -> Inspection:
    """Describe the model at `path`. The predicted size is an order of magnitude. Raises as `load_model` does."""
    parsed = parse_model(path)
    open_names = open_dimensions(parsed)
    model = normalise(parsed, path.stem, dims or {})
    proto = onnx.load_from_string(model.onnx)
    multiplications, rebased = _work(proto)
    edges = sum(tensor.elements for tensor in (*model.spec.inputs, *model.spec.outputs))
    rows = _ROWS_MULTIPLICATION * multiplications + _ROWS_REBASED * rebased + _ROWS_CHECKED * edges
    table = _TABLE_ROWS if _LOOKED_UP & {node.op_type for node in proto.graph.node} else 0
    return Inspection(
        spec=model.spec,
        unsupported=unsupported_nodes(proto),
        dims_to_fix=open_names,
        multiplications=multiplications,
        predicted_rows=rows,
        predicted_logrows=max(max(rows, table) + _BLINDING_ROWS - 1, 1).bit_length(),
    )


def _work(proto: onnx.ModelProto) -> tuple[int, int]:
    """Multiplications of the linear operators, and elements that other operators touch."""
    shapes = all_shapes(proto)
    multiplications = rebased = 0
    for node in proto.graph.node:
        elements = prod(shapes.get(node.output[0], (1,)))
        weights = shapes.get(node.input[1], ()) if len(node.input) > 1 else ()
        if node.op_type in ("MatMul", "Gemm") and weights:
            inner = shapes.get(node.input[0], (1,))[-1]
            multiplications += elements * max(inner, 1)
            rebased += elements
        elif node.op_type in ("Conv", "ConvTranspose") and weights:
            multiplications += elements * prod(weights[1:])
            rebased += elements
        elif node.op_type not in ("Identity", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Constant"):
            rebased += elements
    return multiplications, rebased
