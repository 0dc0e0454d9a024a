"""Tensors whose every element is an affine function of the same variables, and the operators that keep them so.

In 64-bit floats, so that scalers, normalisations and products fold into one matrix without loss.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import TooDeep

Array = npt.NDArray[np.float64]
#: Largest number of coefficients in one tensor.
MAX_COEFFICIENTS = 2**24
#: Element types in which a number of 32 bits stays what it is: FLOAT and DOUBLE of ONNX.
_FLOATS = (1, 11)


@dataclass(frozen=True, slots=True)
class Affine:
    """`coefficients` has the tensor's shape and one more axis: for each variable its factor, and last the constant.

    `segment` counts the activations between the inputs and the variables.
    """

    coefficients: Array
    segment: int

    @property
    def shape(self) -> tuple[int, ...]:
        """The tensor's shape."""
        return self.coefficients.shape[:-1]

    @property
    def variables(self) -> int:
        """How many variables there are."""
        return int(self.coefficients.shape[-1]) - 1

    def with_values(self, coefficients: Array) -> "Affine":
        """Another tensor of the same variables. Raises TooDeep when it is too large to follow."""
        if coefficients.size > MAX_COEFFICIENTS:
            raise TooDeep(
                f"a layer has {coefficients.size:,} coefficients; the limit is {MAX_COEFFICIENTS:,}",
                limit=MAX_COEFFICIENTS,
            )
        return Affine(coefficients, self.segment)


def variables(shape: Sequence[int], start: int, total: int, segment: int) -> Affine:
    """The variables start, start + 1, ... of `total` as a tensor of that shape. Raises TooDeep."""
    count = int(np.prod(shape, dtype=np.int64))
    if count * (total + 1) > MAX_COEFFICIENTS:
        raise TooDeep(
            f"a layer of {count:,} numbers depends on {total:,}; the limit is {MAX_COEFFICIENTS:,} coefficients",
            limit=MAX_COEFFICIENTS,
        )
    coefficients = np.zeros((count, total + 1))
    coefficients[np.arange(count), start + np.arange(count)] = 1.0
    return Affine(coefficients.reshape(*shape, total + 1), segment)


#: A tensor that is computed, or one whose value is known.
Tensor = Affine | npt.NDArray[Any]
#: Inputs, attributes and the output's shape in; None where the result is not affine in the variables.
Handler = Callable[[Sequence[Tensor], Mapping[str, Any], Sequence[int]], Affine | None]


def apply(
    operator: str, inputs: Sequence[Tensor], attributes: Mapping[str, Any], shape: Sequence[int]
) -> Affine | None:
    """What the operator makes of its inputs; None when that is not affine, or the operator is not known here."""
    handler = _HANDLERS.get(operator)
    if handler is None or len({item.segment for item in inputs if isinstance(item, Affine)}) != 1:
        return None
    result = handler(inputs, attributes, shape)
    return result if result is not None and result.shape == tuple(shape) else None


def _lifted(item: Tensor, like: Affine) -> Array:
    if isinstance(item, Affine):
        return item.coefficients
    constant = np.zeros((*item.shape, like.variables + 1))
    constant[..., -1] = item
    return constant


def _sum(signs: Sequence[float]) -> Handler:
    def handler(inputs: Sequence[Tensor], attributes: Mapping[str, Any], shape: Sequence[int]) -> Affine | None:
        like = next(item for item in inputs if isinstance(item, Affine))
        wanted = (*shape, like.variables + 1)
        total = np.zeros(wanted)
        for index, item in enumerate(inputs):
            total += signs[min(index, len(signs) - 1)] * np.broadcast_to(_lifted(item, like), wanted)
        return like.with_values(total)

    return handler


def _mul(inputs: Sequence[Tensor], attributes: Mapping[str, Any], shape: Sequence[int]) -> Affine | None:
    left, right = inputs
    if isinstance(left, Affine) and isinstance(right, Affine):
        return None
    moving, fixed = (left, right) if isinstance(left, Affine) else (right, left)
    assert isinstance(moving, Affine)
    assert not isinstance(fixed, Affine)
    return moving.with_values(np.asarray(moving.coefficients * fixed.astype(np.float64)[..., None]))


def _div(inputs: Sequence[Tensor], attributes: Mapping[str, Any], shape: Sequence[int]) -> Affine | None:
    left, right = inputs
    if not isinstance(left, Affine) or isinstance(right, Affine) or not right.all():
        return None
    return left.with_values(np.asarray(left.coefficients / right.astype(np.float64)[..., None]))


def _neg(inputs: Sequence[Tensor], attributes: Mapping[str, Any], shape: Sequence[int]) -> Affine | None:
    (item,) = inputs
    assert isinstance(item, Affine)
    return item.with_values(-item.coefficients)


def _matmul(inputs: Sequence[Tensor], attributes: Mapping[str, Any], shape: Sequence[int]) -> Affine | None:
    left, right = inputs
    if isinstance(left, Affine) and not isinstance(right, Affine) and right.ndim == 2 and len(left.shape) >= 1:
        return left.with_values(_product(left.coefficients, right))
    if isinstance(right, Affine) and not isinstance(left, Affine) and left.ndim == 2 and len(right.shape) == 2:
        return right.with_values(np.tensordot(left.astype(np.float64), right.coefficients, axes=([1], [0])))
    return None


def _product(coefficients: Array, matrix: npt.NDArray[Any]) -> Array:
    return np.moveaxis(np.tensordot(coefficients, matrix.astype(np.float64), axes=([-2], [0])), -1, -2)


def _gemm(inputs: Sequence[Tensor], attributes: Mapping[str, Any], shape: Sequence[int]) -> Affine | None:
    left, right, *rest = inputs
    if not isinstance(left, Affine) or isinstance(right, Affine) or attributes.get("transA", 0):
        return None
    matrix = right.astype(np.float64).T if attributes.get("transB", 0) else right.astype(np.float64)
    product = left.with_values(_product(left.coefficients, matrix * attributes.get("alpha", 1.0)))
    if not rest:
        return product
    return _sum([1.0, float(attributes.get("beta", 1.0))])([product, rest[0]], {}, shape)


def _same(inputs: Sequence[Tensor], attributes: Mapping[str, Any], shape: Sequence[int]) -> Affine | None:
    """Identity, and whatever keeps the elements in their order: the shape is known."""
    item = inputs[0]
    return item.with_values(item.coefficients.reshape(*shape, -1)) if isinstance(item, Affine) else None


def _cast(inputs: Sequence[Tensor], attributes: Mapping[str, Any], shape: Sequence[int]) -> Affine | None:
    return _same(inputs, {}, shape) if attributes.get("to") in _FLOATS else None


def _transpose(inputs: Sequence[Tensor], attributes: Mapping[str, Any], shape: Sequence[int]) -> Affine | None:
    item = inputs[0]
    assert isinstance(item, Affine)
    rank = len(item.shape)
    order = attributes.get("perm", list(range(rank))[::-1])
    return item.with_values(np.transpose(item.coefficients, [*order, rank]))


def _concat(inputs: Sequence[Tensor], attributes: Mapping[str, Any], shape: Sequence[int]) -> Affine | None:
    like = next(item for item in inputs if isinstance(item, Affine))
    axis = int(attributes["axis"]) % len(shape)
    return like.with_values(np.concatenate([_lifted(item, like) for item in inputs], axis=axis))


def _gather(inputs: Sequence[Tensor], attributes: Mapping[str, Any], shape: Sequence[int]) -> Affine | None:
    item, places = inputs
    if not isinstance(item, Affine) or isinstance(places, Affine):
        return None
    axis = int(attributes.get("axis", 0)) % len(item.shape)
    return item.with_values(np.take(item.coefficients, places.astype(np.int64), axis=axis))


def _normalisation(inputs: Sequence[Tensor], attributes: Mapping[str, Any], shape: Sequence[int]) -> Affine | None:
    item, *parts = inputs
    if not isinstance(item, Affine) or len(item.shape) < 2 or attributes.get("training_mode", 0):
        return None
    if any(isinstance(part, Affine) for part in parts):
        return None
    across = (-1, *(1 for _ in item.shape[2:]))
    gamma, beta, mean, variance = (np.asarray(part, np.float64).reshape(across) for part in parts)
    scale = gamma / np.sqrt(variance + attributes.get("epsilon", 1e-5))
    scaled = item.with_values(np.asarray(item.coefficients * scale[..., None]))
    return _sum([1.0])([scaled, np.asarray(beta - mean * scale)], {}, shape)


_HANDLERS: dict[str, Handler] = {
    "Add": _sum([1.0]),
    "Sum": _sum([1.0]),
    "Sub": _sum([1.0, -1.0]),
    "Neg": _neg,
    "Mul": _mul,
    "Div": _div,
    "MatMul": _matmul,
    "Gemm": _gemm,
    "BatchNormalization": _normalisation,
    "Cast": _cast,
    "Identity": _same,
    "Dropout": _same,
    "Flatten": _same,
    "Reshape": _same,
    "Squeeze": _same,
    "Unsqueeze": _same,
    "Transpose": _transpose,
    "Concat": _concat,
    "Gather": _gather,
}
