"""The same model with narrow lookup tables, for circuits that are small beside them.

A table has an entry for every value that its input can take: with 2**13 steps to the unit, a sigmoid of inputs between
-8 and 8 needs 2**17 rows, whatever the rest of the circuit needs. An exponential can do with 2**11: with
u = 64 * h + rest, exp(-u) = exp(-64 * h) * exp(-rest), where a table holds the powers of exp(-64) for the few values of
h, and exp(-rest) = 1 - rest to more digits than there are. In floats the rest is nothing but rounding, so onnxruntime
gives the answers of the original; in fixed point it is what the division by 64 left over. Sigmoid, tanh, softmax and
others follow from the exponential. Each takes some 300 cells an element in place of 30, so this pays where elements
are few. The maximum of a softmax is a tree of comparisons, since sorting, the engine's way, costs columns.
"""

from collections import Counter
from math import prod

import numpy as np
import onnx

from ..records import Model
from .describe import seal
from .extremes import largest_along, smaller_of
from .facts import Facts
from .lower import replace_nodes
from .patch import Lowering, Patch, attributes_of
from .recurrent import UNROLLINGS
from .shapes import infer_shapes

#: The engine takes a product with 1/2, 1/4, ... for a change of scale, which is no use on the way to h, where digits
#: have to be dropped: a factor that is off by less than a constant's last digit is multiplied.
_DOUBLINGS, _NOT_QUITE = 6, 1 + 1e-4
_STEP = 2.0**_DOUBLINGS
#: exp(-_END) is 6e-6, less than a step of any scale here: beyond, exponentials stay what they are there, and the table
#: ends, however large the inputs are.
_END = 12.0
#: Whose powers the tables of falling and of growing exponentials hold.
_BASES = (float(np.float32(np.exp(-_STEP))), float(np.float32(np.exp(_STEP))))
#: erf(x) = tanh(x * (a + b * x**2 + c * x**4)) within 4e-5 for x up to _ERF_END, where both are 1; fitted.
_ERF, _ERF_END = (1.12813771, 0.10409901, -0.00179455), 4.0


def with_narrow_tables(model: Model) -> Model | None:
    """`model` with exponentials in two parts, and what can be said by them; None when there is nothing to replace."""
    proto = onnx.ModelProto.FromString(model.onnx)
    done: Counter[str] = Counter()
    replace_nodes(proto, UNROLLINGS, done)
    if not replace_nodes(proto, _NARROW, done):
        return None
    notes = (f"{name} x{count} is computed with narrow tables" for name, count in done.items())
    return seal(infer_shapes(proto), model.spec.name, (*model.spec.notes, *notes))


def _decay(patch: Patch, source: str) -> str:
    """exp(-source), for source >= 0."""
    table, rest = _parts(patch, smaller_of(patch, source, patch.number(_END)), _BASES[0])
    return patch.add("Mul", [table, patch.add("Sub", [patch.number(1), rest])])


def _parts(patch: Patch, source: str, base: float) -> tuple[str, str]:
    """The power of `base` to the coarse part of `source`, and what is left of it."""
    coarse = patch.add("Mul", [source, patch.number(_NOT_QUITE / _STEP)])
    table = patch.add("Pow", [patch.number(base), coarse])
    return table, patch.add("Sub", [source, _doubled(patch, coarse, _DOUBLINGS)])


def _doubled(patch: Patch, source: str, times: int = 1) -> str:
    """source * 2**times by sums, of a cell each: a product would take some 60, most of them to drop digits again."""
    for _ in range(times):
        source = patch.add("Add", [source, source])
    return source


def _logistic(patch: Patch, source: str) -> str:
    """1 / (1 + exp(-source)), for source >= 0."""
    return patch.add("Reciprocal", [patch.add("Add", [_decay(patch, source), patch.number(1)])])


def _split(patch: Patch, source: str) -> tuple[str, str]:
    """Sign and size."""
    sign = patch.add("Sign", [source])
    return sign, patch.add("Mul", [source, sign])


def _sigmoid(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    if not _is_float(node, facts):
        return False
    sign, size = _split(patch, node.input[0])
    above = patch.add("Sub", [_logistic(patch, size), patch.number(0.5)])
    patch.add("Add", [patch.add("Mul", [sign, above]), patch.number(0.5)], node.output[0])
    return True


def _tanh(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """2 / (1 + exp(-2 * x)) - 1, with the sign of x."""
    if not _is_float(node, facts):
        return False
    sign, size = _split(patch, node.input[0])
    _signed_tanh(patch, sign, size, node.output[0])
    return True


def _signed_tanh(patch: Patch, sign: str, size: str, output: str) -> None:
    doubled = _doubled(patch, _logistic(patch, _doubled(patch, size)))
    patch.add("Mul", [sign, patch.add("Sub", [doubled, patch.number(1)])], output)


def _erf(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """By a tanh that is as good as equal."""
    if not _is_float(node, facts):
        return False
    sign, size = _split(patch, node.input[0])
    near = smaller_of(patch, size, patch.number(_ERF_END))
    square = patch.add("Mul", [near, near])
    factor = patch.number(_ERF[2])
    for coefficient in _ERF[1::-1]:
        factor = patch.add("Add", [patch.add("Mul", [square, factor]), patch.number(coefficient)])
    _signed_tanh(patch, sign, patch.add("Mul", [near, factor]), node.output[0])
    return True


def _exp(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """Growing or falling: the base of the table is the other way round."""
    if not _is_float(node, facts):
        return False
    table, rest = _parts(patch, node.input[0], _BASES[1])
    patch.add("Mul", [table, patch.add("Add", [rest, patch.number(1)])], node.output[0])
    return True


def _elu(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """relu(x) + alpha * (exp(-relu(-x)) - 1)."""
    if not _is_float(node, facts):
        return False
    positive = patch.add("Relu", [node.input[0]])
    falling = _decay(patch, patch.add("Sub", [positive, node.input[0]]))
    below = patch.add("Mul", [patch.add("Sub", [falling, patch.number(1)]), _alpha(node, patch)])
    patch.add("Add", [positive, below], node.output[0])
    return True


def _alpha(node: onnx.NodeProto, patch: Patch) -> str:
    return patch.number(attributes_of(node).get("alpha", 1.0))


def _softplus(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """relu(x) + log(1 + exp(-abs(x))): the logarithm's table ends at 2 instead of at exp(x)."""
    if not _is_float(node, facts):
        return False
    _, size = _split(patch, node.input[0])
    tail = patch.add("Log", [patch.add("Add", [_decay(patch, size), patch.number(1)])])
    patch.add("Add", [patch.add("Relu", [node.input[0]]), tail], node.output[0])
    return True


def _softmax(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """Shifted to the largest element, whose exponential is 1."""
    shape = facts.shapes.get(node.input[0])
    if not _is_float(node, facts) or not shape or prod(shape) == 0:
        return False
    axis = attributes_of(node).get("axis", -1 if patch.opset >= 13 else 1) % len(shape)
    if patch.opset < 13 and axis != len(shape) - 1:
        return False
    below = patch.add("Sub", [largest_along(patch, node.input[0], axis, shape[axis]), node.input[0]])
    powers = _decay(patch, below)
    total = _sum(patch, powers, axis)
    if node.op_type == "Softmax":
        patch.add("Div", [powers, total], node.output[0])
    else:
        patch.add("Sub", [patch.add("Neg", [below]), patch.add("Log", [total])], node.output[0])
    return True


def _sum(patch: Patch, source: str, axis: int) -> str:
    """The sum over an axis, which is kept. Its axes moved from attribute to input in opset 13, before all others'."""
    if patch.opset < 13:
        return patch.add("ReduceSum", [source], axes=[axis], keepdims=1)
    return patch.add("ReduceSum", [source, patch.constant(np.asarray([axis]))], keepdims=1)


def _is_float(node: onnx.NodeProto, facts: Facts) -> bool:
    return facts.types.get(node.input[0], 0) == onnx.TensorProto.FLOAT


_NARROW: dict[str, Lowering] = {
    "Elu": _elu,
    "Erf": _erf,
    "Exp": _exp,
    "LogSoftmax": _softmax,
    "Sigmoid": _sigmoid,
    "Softmax": _softmax,
    "Softplus": _softplus,
    "Tanh": _tanh,
}
