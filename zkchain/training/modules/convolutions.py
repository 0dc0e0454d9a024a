"""Convolutions and averages in words whose gradients a circuit knows: slices, products and sums."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody gives it
from torch.overrides import TorchFunctionMode

_Pair = tuple[int, int]


class Plainly(TorchFunctionMode):
    """While it is on, torch's convolutions and averages over windows are computed plainly.

    The engine knows both, but not their gradients: torch has one operator for each, which no exporter can write. And
    under vmap a convolution becomes one of as many groups as there are samples.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """`func`, or what stands for it."""
        return _PLAIN.get(func, func)(*args, **(kwargs or {}))


def _conv2d(
    input: torch.Tensor,  # noqa: A002 - torch's names, for they may be given by name
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: int | _Pair = 1,
    padding: str | int | _Pair = 0,
    dilation: int | _Pair = 1,
    groups: int = 1,
) -> torch.Tensor:
    """[n, outputs, rows, columns] of [n, inputs, rows, columns]: a product with all windows side by side."""
    if isinstance(padding, str) or groups != 1 or _pair(dilation) != (1, 1):
        raise NotImplementedError("convolutions have one group, no dilation and padding in numbers")
    outputs, _, height, width = weight.shape
    windows, rows, columns = _windows(input, (height, width), _pair(stride), _pair(padding))
    flat = windows.permute(0, 3, 1, 2).reshape(len(input) * rows * columns, -1)
    product = F.linear(flat, weight.reshape(outputs, -1), bias)
    return product.reshape(len(input), rows * columns, outputs).transpose(1, 2).reshape(-1, outputs, rows, columns)


def _avg_pool2d(
    input: torch.Tensor,  # noqa: A002
    kernel_size: int | _Pair,
    stride: int | _Pair | None = None,
    padding: int | _Pair = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> torch.Tensor:
    """Means over windows: their sum, and one division."""
    size = _pair(kernel_size)
    if ceil_mode or divisor_override is not None or not count_include_pad:
        raise NotImplementedError("averages are over whole windows, with the padding counted")
    if (
        _pair(stride or size) != size
        or _pair(padding) != (0, 0)
        or any(input.shape[2 + at] % size[at] for at in (0, 1))
    ):
        raise NotImplementedError("averages are over windows side by side that fill the picture")
    n, channels, height, width = input.shape
    cut = input.reshape(n, channels, height // size[0], size[0], width // size[1], size[1])
    return cut.sum((3, 5)) / (size[0] * size[1])


def _windows(x: torch.Tensor, size: _Pair, stride: _Pair, padding: _Pair) -> tuple[torch.Tensor, int, int]:
    """[n, channels, places in a window, windows], and how many windows there are down and across."""
    if padding != (0, 0):
        x = F.pad(x, (padding[1], padding[1], padding[0], padding[0]))  # zeros that are no parameter of the circuit
    rows, columns = ((x.shape[2 + axis] - size[axis]) // stride[axis] + 1 for axis in (0, 1))
    places = [
        x[:, :, i : i + (rows - 1) * stride[0] + 1 : stride[0], j : j + (columns - 1) * stride[1] + 1 : stride[1]]
        for i in range(size[0])
        for j in range(size[1])
    ]
    # Put together flat: along an axis of its own, the engine would multiply place by place and round every product.
    flat = torch.cat([place.reshape(len(x), -1) for place in places], 1)
    return flat.reshape(len(x), len(places), x.shape[1], rows * columns).transpose(1, 2), rows, columns


def put_into(x: torch.Tensor, axis: int, before: int, after: int) -> torch.Tensor:
    """With so many zeros before and behind along an axis."""
    sides = [x.new_zeros([*x.shape[:axis], size, *x.shape[axis + 1 :]]) for size in (before, after)]
    return torch.cat([part for part in (sides[0], x, sides[1]) if part.shape[axis]], axis)


def slice_backward(
    gradient: torch.Tensor, input_sizes: Sequence[int], dim: int, start: int, end: int, step: int
) -> torch.Tensor:
    """The gradient of a slice, zero where it took nothing: torch's own operator writes into zeros by places."""
    size = input_sizes[dim]
    if step > 1:
        spread = put_into(gradient.unsqueeze(dim + 1), dim + 1, 0, step - 1)
        gradient = spread.reshape(*input_sizes[:dim], -1, *input_sizes[dim + 1 :]).narrow(
            dim, 0, min(step * gradient.shape[dim], size - start)
        )
    return put_into(gradient, dim, start, size - start - gradient.shape[dim])


def select_backward(gradient: torch.Tensor, input_sizes: Sequence[int], dim: int, index: int) -> torch.Tensor:
    """The gradient of a choice along one axis."""
    place = index % input_sizes[dim]
    return put_into(gradient.unsqueeze(dim), dim, place, input_sizes[dim] - place - 1)


def cropped(x: torch.Tensor, pad: Sequence[int], value: float = 0) -> Any:
    """The gradient of a margin, which torch writes as one of negative width: what is within it."""
    if min(pad) >= 0:
        return NotImplemented
    for at, axis in enumerate(range(x.ndim - 1, x.ndim - 1 - len(pad) // 2, -1)):
        before, after = pad[2 * at : 2 * at + 2]
        x = x.narrow(axis, -before, x.shape[axis] + before + after)
    return x


def _pair(value: Any) -> _Pair:
    """One number twice, or two as they are."""
    return (int(value), int(value)) if isinstance(value, int) else (int(value[0]), int(value[-1]))


_PLAIN: dict[Any, Callable[..., torch.Tensor]] = {
    torch.conv2d: _conv2d,
    F.conv2d: _conv2d,
    F.avg_pool2d: _avg_pool2d,
}
