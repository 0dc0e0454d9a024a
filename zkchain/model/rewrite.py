"""Rewrite models: the binding tensors that tie a proof to a chain and a sender."""

import onnx
from onnx import TensorProto, helper

from ..errors import ModelInvalid
from ..records import Model
from .load import normalise

#: Nine 28-bit limbs pass through the graph untouched and so become part of what is proved.
BINDING_INPUT, BINDING_OUTPUT, BINDING_SHAPE = "zkchain_binding", "zkchain_binding_out", (1, 9)


def with_binding(model: Model) -> Model:
    """The model with an extra integer input that is passed to an extra output, both last.

    Raises ModelInvalid when the model uses one of the names itself.
    """
    proto = onnx.load_from_string(model.onnx)
    taken = {name for node in proto.graph.node for name in (*node.input, *node.output)}
    taken |= {tensor.name for tensor in (*proto.graph.input, *proto.graph.output)}
    for name in (BINDING_INPUT, BINDING_OUTPUT):
        if name in taken:
            raise ModelInvalid(f"the model has a tensor called {name!r}, a name that zkchain needs", name=name)
    proto.graph.input.append(helper.make_tensor_value_info(BINDING_INPUT, TensorProto.INT64, BINDING_SHAPE))
    proto.graph.output.append(helper.make_tensor_value_info(BINDING_OUTPUT, TensorProto.INT64, BINDING_SHAPE))
    proto.graph.node.append(helper.make_node("Identity", [BINDING_INPUT], [BINDING_OUTPUT], name="zkchain_bind"))
    return normalise(proto, model.spec.name, {})
