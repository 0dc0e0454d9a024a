"""The end of a model that the client computes in the clear: from the decrypted scores to the model's outputs."""

from collections.abc import Sequence
from dataclasses import dataclass

import onnx
from onnx import helper

from ...model.facts import Facts

#: Operators without weights: what turns scores into probabilities and labels.
_CLOSING = frozenset(
    {"Sigmoid", "Softmax", "LogSoftmax", "Softplus", "Exp", "Log", "Relu", "Tanh", "Clip", "Abs", "Sqrt", "Sign"}
    | {
        "ArgMax",
        "ArgMin",
        "Gather",
        "TopK",
        "Where",
        "Not",
        "Equal",
        "Greater",
        "GreaterOrEqual",
        "Less",
        "LessOrEqual",
    }
    | {"ReduceMax", "ReduceSum", "ReduceL1", "ReduceL2", "ReduceMean", "Max", "Min", "Pow"}
    | {"Add", "Sub", "Mul", "Div", "Neg", "Cast", "Identity", "Concat", "Constant"}
    | {"Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Slice", "Split"}
)


@dataclass(frozen=True, slots=True)
class Cut:
    """A tensor at which the client takes over."""

    name: str
    shape: tuple[int, ...]


def closing_nodes(proto: onnx.ModelProto) -> frozenset[str]:
    """The outputs of all nodes from which on, to the model's outputs, there are no operators but closing ones."""
    users: dict[str, list[onnx.NodeProto]] = {}
    for node in proto.graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    closing: set[str] = set()
    for node in reversed(proto.graph.node):  # in topological order
        after = [user for name in node.output for user in users.get(name, ())]
        known = node.op_type in _CLOSING and node.domain in ("", "ai.onnx")
        if known and all(set(user.output) <= closing for user in after):
            closing.update(node.output)
    return frozenset(closing)


def make_tail(proto: onnx.ModelProto, facts: Facts, nodes: Sequence[onnx.NodeProto], cuts: Sequence[Cut]) -> bytes:
    """ONNX of the nodes that are left; a cut that is an output itself is passed on."""
    needed = {name for node in nodes for name in node.input}
    taken = {value.name for value in proto.graph.output} & {cut.name for cut in cuts}
    renamed = {name: f"{name}/score" for name in taken}
    copies = [_renamed(node, renamed) for node in nodes]
    copies += [helper.make_node("Identity", [renamed[name]], [name]) for name in sorted(taken)]
    inputs = [
        helper.make_tensor_value_info(renamed.get(cut.name, cut.name), facts.types[cut.name], cut.shape) for cut in cuts
    ]
    weights = []
    for name in sorted(needed & set(facts.constants)):
        tensor = onnx.TensorProto()
        tensor.CopyFrom(facts.constants[name])
        tensor.name = name
        weights.append(tensor)
    graph = helper.make_graph(copies, "tail", inputs, list(proto.graph.output), weights)
    made = helper.make_model(graph, opset_imports=list(proto.opset_import), ir_version=proto.ir_version)
    return bytes(made.SerializeToString(deterministic=True))


def _renamed(node: onnx.NodeProto, names: dict[str, str]) -> onnx.NodeProto:
    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    del copy.input[:]
    copy.input.extend(names.get(name, name) for name in node.input)
    return copy
