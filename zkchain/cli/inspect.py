"""`zkchain inspect`."""

from collections.abc import Sequence
from pathlib import Path

import click

from ..model import Inspection, inspect_model
from ..records import TensorSpec
from .answer import Answer, Line
from .command import command
from .output import Screen
from .parameters import PATH, dims_option


@command("inspect", examples=["zkchain inspect model.onnx", "zkchain inspect model.onnx --dim batch=1 --json"])
@click.argument("model", type=PATH)
@dims_option
def entry(screen: Screen, *, model: Path, dims: dict[str, int]) -> Answer:
    """Say what the ONNX file MODEL consists of and whether it can be proved; exit code 1 when it cannot."""
    found = inspect_model(model, dims)
    spec, size = found.spec, {"rows": found.predicted_rows, "logrows": found.predicted_logrows}
    facts: dict[str, object] = {
        **spec.to_json(),
        "operators": dict(spec.operators),
        "unsupported": [node.to_json() for node in found.unsupported],
        "dims_to_fix": list(found.dims_to_fix),
        "multiplications": found.multiplications,
        "predicted": size,
    }
    return Answer(facts=facts, lines=_lines(found), good=not found.unsupported)


def _lines(found: Inspection) -> list[Line]:
    spec = found.spec
    lines: list[Line] = [
        ("model", f"{spec.name}, opset {spec.opset}, {spec.parameters:,} parameters"),
        ("digest", spec.digest),
        *_tensor_lines("input", spec.inputs),
        *_tensor_lines("output", spec.outputs),
        ("operators", ", ".join(f"{name} x{count}" if count > 1 else name for name, count in spec.operators)),
        *(("note", note) for note in spec.notes),
        ("size", f"about {found.predicted_rows:,} rows, 2^{found.predicted_logrows}"),
    ]
    if not found.unsupported:
        return [*lines, ("verdict", "every operator has a circuit")]
    lines += [("no circuit", f"{node.operator} at {node.node}: {node.why}") for node in found.unsupported]
    return [*lines, ("verdict", "CANNOT be proved as it is")]


def _tensor_lines(what: str, tensors: Sequence[TensorSpec]) -> list[Line]:
    return [
        (f"{what} {tensor.name}", f"{tensor.onnx_type} {' x '.join(map(str, tensor.shape)) or 'scalar'}")
        for tensor in tensors
    ]
