"""Replace operators without a circuit by the body with which ONNX itself defines them, such as Gelu's."""

from collections.abc import Collection
from typing import Any

import onnx
from onnx import defs, helper, inliner

from ..errors import ModelTooLarge
from .facts import inferred
from .fold import fold_constants
from .operators import has_circuit, qualified
from .structure import opset_of
from .wire import MAX_NODES

#: Definitions that call definitions.
_ROUNDS = 4
#: onnx takes time by the square of the nodes that it expands: this many take it seconds.
_MAX_EXPANDED = 200
#: Operators whose definition loops, though the engine computes them before the circuit when their inputs are constant.
_FOLDED = frozenset({"Range", "Constant", "ConstantOfShape"})


def expand_definitions(model: onnx.ModelProto, lowered: Collection[str]) -> tuple[onnx.ModelProto, tuple[str, ...]]:
    """The expanded model, and the names of what was expanded.

    An operator stays, to be refused by its own name, where its definition needs operators that have neither a
    circuit, nor a lowering (`lowered`), nor a definition. Raises ModelTooLarge.
    """
    expanded: dict[str, None] = {}
    hopeless: set[str] = set()
    for _ in range(_ROUNDS):
        found = [node.op_type for node in model.graph.node if _expandable(model, node)]
        names = set(found) - hopeless
        if not names or len(found) > _MAX_EXPANDED:
            break
        for name in sorted(names):
            candidate = _without(model, name)
            if candidate is None or not all(_acceptable(candidate, node, lowered) for node in _new(candidate, model)):
                hopeless.add(name)
                continue
            model = candidate
            expanded[name] = None
    return model, tuple(expanded)


def _without(model: onnx.ModelProto, name: str) -> onnx.ModelProto | None:
    """The model with one operator replaced by its definition; None where onnx cannot do it."""
    typed = inferred(model)
    for tensor in typed.graph.initializer:
        typed.graph.value_info.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    try:
        result: onnx.ModelProto = inliner.inline_selected_functions(typed, [("", name)], inline_schema_functions=True)
    except (RuntimeError, ValueError):
        return None
    if len(result.graph.node) > MAX_NODES:
        raise ModelTooLarge(f"with {name} expanded, the model has more than {MAX_NODES:,} nodes", limit=MAX_NODES)
    del result.graph.value_info[:]
    fold_constants(result)  # definitions compute with shapes, which are known here
    return result


def _new(candidate: onnx.ModelProto, model: onnx.ModelProto) -> list[onnx.NodeProto]:
    known = {output for node in model.graph.node for output in node.output if output}
    before = {(node.op_type, *node.output) for node in model.graph.node}
    return [
        node
        for node in candidate.graph.node
        if not known.issuperset(node.output) or (node.op_type, *node.output) not in before
    ]


def _acceptable(model: onnx.ModelProto, node: onnx.NodeProto, lowered: Collection[str]) -> bool:
    return (
        has_circuit(qualified(node)) or node.op_type in _FOLDED or node.op_type in lowered or _expandable(model, node)
    )


def _expandable(model: onnx.ModelProto, node: onnx.NodeProto) -> bool:
    if node.domain not in ("", "ai.onnx") or has_circuit(qualified(node)):
        return False
    if node.op_type in _FOLDED:
        return False
    schema: Any = defs.get_schema(node.op_type, opset_of(model), "")
    return bool(schema.has_function or schema.has_context_dependent_function)
