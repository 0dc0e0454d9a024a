"""The first nodes of a model as a model of their own: to find out which node stands in the way."""

import onnx
from onnx import helper

from ..records import Model


def node_count(model: Model) -> int:
    """Number of nodes in the model's graph."""
    return len(onnx.load_from_string(model.onnx).graph.node)


def node_label(model: Model, index: int) -> tuple[str, str]:
    """Operator and name of the node at `index`."""
    node = onnx.load_from_string(model.onnx).graph.node[index]
    return node.op_type, node.name or f"node {index}"


def first_nodes(model: Model, count: int) -> bytes:
    """ONNX bytes of the first `count` nodes; what they make and none of them uses becomes the outputs."""
    proto = onnx.shape_inference.infer_shapes(onnx.load_from_string(model.onnx))
    graph = proto.graph
    known = {value.name: value for value in (*graph.value_info, *graph.output)}
    kept = list(graph.node)[:count]
    used = {name for node in kept for name in node.input}
    loose = [name for node in kept for name in node.output if name and name not in used]
    needed = used | set(loose)
    part = helper.make_graph(
        kept,
        graph.name,
        list(graph.input),
        [known.get(name, onnx.ValueInfoProto(name=name)) for name in loose],
        [tensor for tensor in graph.initializer if tensor.name in needed],
    )
    made = helper.make_model(part, opset_imports=list(proto.opset_import), ir_version=proto.ir_version)
    return bytes(made.SerializeToString())
