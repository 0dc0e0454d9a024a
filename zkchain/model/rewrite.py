"""Changes to the graph that make a proof say more."""

import onnx
from onnx import TensorProto, helper

from ..errors import ModelInvalid
from ..records import Model
from .describe import seal

BINDING_INPUT = "zkchain_binding"
BINDING_OUTPUT = "zkchain_binding_out"
BINDING_SHAPE = (1, 9)
_NODE = "zkchain_binding_identity"


def with_binding(model: Model) -> Model:
    """`model` with an int64 input of shape (1, 9) that passes unchanged to an output, both appended last.

    Whatever is written there becomes part of every proof. Raises ModelInvalid when a name is taken.
    """
    proto = onnx.ModelProto.FromString(model.onnx)
    graph = proto.graph
    taken = {name for node in graph.node for name in (node.name, *node.input, *node.output)}
    taken |= {item.name for item in (*graph.input, *graph.output, *graph.initializer)}
    for name in (BINDING_INPUT, BINDING_OUTPUT, _NODE):
        if name in taken:
            raise ModelInvalid(f"the model uses the reserved name {name!r}", name=name, remedy="rename that tensor")
    graph.input.append(helper.make_tensor_value_info(BINDING_INPUT, TensorProto.INT64, BINDING_SHAPE))
    graph.output.append(helper.make_tensor_value_info(BINDING_OUTPUT, TensorProto.INT64, BINDING_SHAPE))
    graph.node.append(helper.make_node("Identity", [BINDING_INPUT], [BINDING_OUTPUT], name=_NODE))
    return seal(proto, model.spec.name, model.spec.notes)


def without_binding(bound: bytes, name: str) -> Model:
    """The model that `with_binding` was given, from the bytes that it made. Raises ModelInvalid for any others."""
    proto = onnx.ModelProto.FromString(bound)
    graph = proto.graph
    last = [items[-1].name if len(items) else "" for items in (graph.input, graph.output, graph.node)]
    if last != [BINDING_INPUT, BINDING_OUTPUT, _NODE]:
        raise ModelInvalid(f"the model {name!r} does not end with the binding's tensors", name=name)
    for items in (graph.input, graph.output, graph.node):
        del items[-1]
    return seal(proto, name, ())
