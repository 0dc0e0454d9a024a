"""From a function of tensors to ONNX that a circuit is made of: traced, checked by operator, exported, cleaned."""

import logging
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import onnx
import torch
from torch.fx.experimental.proxy_tensor import make_fx

from ...errors import PlanInvalid
from .convolutions import Plainly, cropped, select_backward, slice_backward
from .simple import without_expand, without_made_zeros

_OPSET = 18
#: Operators of a trace that circuits are known to compute: moves, products and sums, comparisons, two functions.
_MOVES = (
    "_unsafe_view alias cat clone constant_pad_nd detach expand lift_fresh_copy permute reshape "
    "select slice new_zeros squeeze stack t transpose unsqueeze view"
)
_SUMS = "add addmm bmm div mm mul neg sub sum"
_OTHERS = "_to_copy gt le relu sigmoid sigmoid_backward"
OPERATORS = frozenset(f"{_MOVES} {_SUMS} {_OTHERS}".split())


def exported(
    function: Callable[..., torch.Tensor],
    samples: Sequence[torch.Tensor],
    inputs: Sequence[str],
    output: str,
    entry: str,
) -> onnx.ModelProto:
    """`function` as ONNX, its shapes those of `samples`. Raises PlanInvalid naming operators that are not known.

    It is traced first, since the exporter does not see through torch.func, and a second time by the exporter.
    """
    try:
        with warnings.catch_warnings(), Plainly():
            warnings.simplefilter("ignore")  # torch's own, about itself
            traced = make_fx(function, _DECOMPOSED, tracing_mode="real")(*samples)
    except (RuntimeError, NotImplementedError, TypeError, ValueError) as error:
        raise _refused(entry, f"cannot be differentiated sample by sample: {error}", str(error)) from error
    others = sorted({_named(node.target) for node in traced.graph.nodes if node.op == "call_function"} - OPERATORS)
    if others:
        raise _refused(entry, f"takes operators that no circuit is known for: {', '.join(others)}", others)
    return to_onnx(traced.eval(), tuple(samples), inputs, output)


def to_onnx(
    module: torch.nn.Module, samples: tuple[torch.Tensor, ...], inputs: Sequence[str], output: str
) -> onnx.ModelProto:
    """A module as ONNX, its shapes those of `samples`."""
    exporter = logging.getLogger("torch.onnx")
    level = exporter.level
    exporter.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                module,
                samples,
                dynamo=True,
                input_names=list(inputs),
                output_names=[output],
                opset_version=_OPSET,
                external_data=False,
                verbose=False,
            )
    finally:
        exporter.setLevel(level)
    assert program is not None
    return without_expand(without_made_zeros(_cleaned(program.model_proto, output)))


def _cleaned(model: onnx.ModelProto, output: str) -> onnx.ModelProto:
    """The model without what the exporter tells of the machine: the digest of a circuit is of what it computes."""
    plain = onnx.ModelProto()
    plain.CopyFrom(model)
    plain.producer_name, plain.producer_version, plain.doc_string = "zkchain", "", ""
    del plain.metadata_props[:]
    graph = plain.graph
    graph.name, graph.doc_string = output, ""
    del graph.metadata_props[:]
    del graph.value_info[:]
    for part in (*graph.node, *graph.input, *graph.output, *graph.initializer):
        part.doc_string = ""
        del part.metadata_props[:]
    onnx.checker.check_model(plain)
    return plain


def _threshold_backward(gradient: torch.Tensor, answer: torch.Tensor, threshold: float) -> torch.Tensor:
    """ReLU's gradient as a product with 0 or 1: a choice would compare as much, and choose besides."""
    return gradient * (answer > threshold).to(gradient.dtype)


_DECOMPOSED: dict[Any, Callable[..., Any]] = {
    torch.ops.aten.threshold_backward.default: _threshold_backward,
    torch.ops.aten.constant_pad_nd.default: cropped,
    torch.ops.aten.slice_backward.default: slice_backward,
    torch.ops.aten.select_backward.default: select_backward,
}


def _named(target: Any) -> str:
    """An operator's name without its overload."""
    return str(target).removeprefix("aten.").partition(".")[0]


def _refused(entry: str, what: str, found: Any) -> PlanInvalid:
    return PlanInvalid(
        f"model.torch: the step of {entry} {what}; allowed are {', '.join(sorted(OPERATORS))}",
        remedy="make the module of Linear, Conv2d, ReLU, AvgPool2d, Flatten and arithmetic",
        found=found,
        allowed=sorted(OPERATORS),
    )
