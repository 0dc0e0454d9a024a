"""When an operator that has a circuit has none after all: settings that the engine refuses, or gets wrong.

Each rule is taken from the failing cases in operators.json (scripts/measure_operators.py); those marked "wrong"
there are the reason that a refusal here must not be softened: the engine would prove another answer.
"""

from collections.abc import Callable
from typing import Any

import onnx

from .facts import Facts
from .patch import attributes_of
from .tensors import is_float

#: Inputs by position that must be known before the model runs.
_CONSTANT_INPUTS: dict[str, tuple[int, ...]] = {
    "BatchNormalization": (1, 2, 3, 4),
    "Clip": (1, 2),
    "CumSum": (1,),
    "Expand": (1,),
    "OneHot": (1, 2),
    "Pad": (1, 2, 3),
    "Pow": (1,),
    "Reshape": (1,),
    "Resize": (1, 2, 3),
    "Slice": (1, 2, 3, 4),
    "Split": (1,),
    "Squeeze": (1,),
    "Tile": (1,),
    "TopK": (1,),
    "Trilu": (1,),
    "Unsqueeze": (1,),
}
#: Outputs by position that have no circuit, though the first has.
_SECOND_OUTPUT = {"TopK": "its indices have", "MaxPool": "its indices have", "Dropout": "its mask has"}
#: Whole numbers of these types overflow in ordinary use, and ONNX then wraps around.
_NARROW = ("INT8", "INT16", "UINT8", "UINT16", "UINT32", "UINT64")
_WRAPPING = frozenset(
    {"Abs", "Add", "CumSum", "Gemm", "MatMul", "Mul", "Neg", "Pow", "ReduceProd", "ReduceSum", "Sub", "Sum"}
)


def why_not(node: onnx.NodeProto, facts: Facts, used: frozenset[str]) -> str:
    """Why this node has no circuit though its operator has; empty when it has one. `used` are the names read."""
    for position in _CONSTANT_INPUTS.get(node.op_type, ()):
        if position < len(node.input) and node.input[position] and node.input[position] not in facts.constants:
            return f"its input {position} ({node.input[position]!r}) must be a constant"
    if node.op_type in _SECOND_OUTPUT and len(node.output) > 1 and node.output[1] in used:
        return f"{_SECOND_OUTPUT[node.op_type]} no circuit, and {node.output[1]!r} is used"
    if node.op_type in _WRAPPING and _type_of(node.output[0], facts) in _NARROW:
        return f"{_type_of(node.output[0], facts)} may wrap around; circuits do not. Use INT32 or INT64"
    rule = RULES.get(node.op_type)
    return rule(node, attributes_of(node), facts) if rule is not None else ""


def _type_of(name: str, facts: Facts) -> str:
    return str(onnx.TensorProto.DataType.Name(facts.types.get(name, 0)))


def _pad(node: onnx.NodeProto, found: dict[str, Any], facts: Facts) -> str:
    if found.get("mode", "constant") != "constant":
        return f"mode {found['mode']} has no circuit here"
    value = facts.value(node.input[2]) if len(node.input) > 2 and node.input[2] else found.get("value", 0)
    return "" if value is not None and not value else "only padding with zeros has a circuit"


def _resize(node: onnx.NodeProto, found: dict[str, Any], facts: Facts) -> str:
    if found.get("mode", "nearest") != "nearest":
        return f"mode {found['mode']} has no circuit; only nearest has"
    if found.get("coordinate_transformation_mode", "half_pixel") not in ("half_pixel", "asymmetric"):
        return f"coordinates by {found['coordinate_transformation_mode']} have no circuit"
    scales = facts.value(node.input[2]) if len(node.input) > 2 and node.input[2] else None
    if scales is None or (scales < 1).any():
        return "only scales of at least 1 have a circuit"
    return ""


def _pow(node: onnx.NodeProto, found: dict[str, Any], facts: Facts) -> str:
    exponent = facts.value(node.input[1])
    return "" if exponent is not None and exponent.size == 1 and exponent.ravel()[0] >= 0 else "give one exponent >= 0"


def _cast(node: onnx.NodeProto, found: dict[str, Any], facts: Facts) -> str:
    name, source = _type_of(node.output[0], facts), facts.types.get(node.input[0], 0)
    if name in _NARROW and source not in (found.get("to"), onnx.TensorProto.BOOL):
        return f"a cast to {name} may wrap around; circuits do not"
    return ""


def _cum_sum(node: onnx.NodeProto, found: dict[str, Any], facts: Facts) -> str:
    return "exclusive and reverse sums have no circuit" if found.get("exclusive") or found.get("reverse") else ""


def _scatter(node: onnx.NodeProto, found: dict[str, Any], facts: Facts) -> str:
    if found.get("reduction", "none") != "none":
        return f"reduction {found['reduction']} has no circuit"
    return "constant indices have no circuit" if node.input[1] in facts.constants else ""


def _einsum(node: onnx.NodeProto, found: dict[str, Any], facts: Facts) -> str:
    terms = found.get("equation", "").partition("->")[0].replace(" ", "").split(",")
    letters = [[letter for letter in term if letter != "."] for term in terms]
    return "an index that occurs twice in a term has no circuit" if any(len(t) != len(set(t)) for t in letters) else ""


def _space_to_depth(node: onnx.NodeProto, found: dict[str, Any], facts: Facts) -> str:
    return "" if found.get("mode", "DCR") == "DCR" else f"mode {found['mode']} has no circuit"


def _batch_normalization(node: onnx.NodeProto, found: dict[str, Any], facts: Facts) -> str:
    return "training mode has no circuit" if found.get("training_mode") else ""


def _divide(node: onnx.NodeProto, found: dict[str, Any], facts: Facts) -> str:
    if is_float(facts.types.get(node.input[0], 0)):
        return ""
    return "whole numbers cannot be divided in a circuit; cast them to float first"


def _whole_mean(node: onnx.NodeProto, found: dict[str, Any], facts: Facts) -> str:
    return "" if is_float(facts.types.get(node.input[0], 0)) else "the mean of whole numbers is not rounded"


def _average_pool(node: onnx.NodeProto, found: dict[str, Any], facts: Facts) -> str:
    padded = any(found.get("pads", [])) or found.get("auto_pad", "NOTSET") in ("SAME_UPPER", "SAME_LOWER")
    return "padding cannot be left out of the average" if padded and not found.get("count_include_pad") else ""


def _conv(node: onnx.NodeProto, found: dict[str, Any], facts: Facts) -> str:
    return "dilation needs constant weights" if any(step != 1 for step in found.get("dilations", [])) else ""


def _arg(node: onnx.NodeProto, found: dict[str, Any], facts: Facts) -> str:
    return "select_last_index has no circuit" if found.get("select_last_index") else ""


def _recurrent(node: onnx.NodeProto, found: dict[str, Any], facts: Facts) -> str:
    direction = found.get("direction", "forward")
    return "" if direction == "forward" else f"direction {direction} has no circuit; only forward has"


def _one_hot(node: onnx.NodeProto, found: dict[str, Any], facts: Facts) -> str:
    return "values other than 0 and 1 have no circuit here"


def _gather_nd(node: onnx.NodeProto, found: dict[str, Any], facts: Facts) -> str:
    indices = facts.value(node.input[1])
    return "negative indices have no circuit" if indices is not None and (indices < 0).any() else ""


def _trilu(node: onnx.NodeProto, found: dict[str, Any], facts: Facts) -> str:
    return "no triangle has a circuit for this type"


RULES: dict[str, Callable[[onnx.NodeProto, dict[str, Any], Facts], str]] = {
    "ArgMax": _arg,
    "ArgMin": _arg,
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_normalization,
    "Cast": _cast,
    "Conv": _conv,
    "ConvTranspose": _conv,
    "CumSum": _cum_sum,
    "Div": _divide,
    "Einsum": _einsum,
    "GRU": _recurrent,
    "LSTM": _recurrent,
    "GatherND": _gather_nd,
    "OneHot": _one_hot,
    "Pad": _pad,
    "Pow": _pow,
    "RNN": _recurrent,
    "ReduceMean": _whole_mean,
    "Resize": _resize,
    "Scatter": _scatter,
    "ScatterElements": _scatter,
    "ScatterND": _scatter,
    "SpaceToDepth": _space_to_depth,
    "Trilu": _trilu,
}
