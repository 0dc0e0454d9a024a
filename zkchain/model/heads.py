"""A last activation that keeps the order of its inputs can be left out: labels stay, and an exponential is saved."""

import onnx
from onnx import helper

from ..errors import UsageError

#: Each keeps the order of what it is given, along its axis.
MONOTONE = ("Softmax", "LogSoftmax", "Sigmoid")


def drop_last_activation(model: onnx.ModelProto) -> tuple[str, ...]:
    """Let outputs that come from a Softmax, LogSoftmax or Sigmoid have its input instead, in place; notes of it.

    The largest score keeps its place, and a probability above one half becomes a score above zero. Raises UsageError
    when no output ends like that.
    """
    notes = []
    for node in model.graph.node:
        if node.op_type not in MONOTONE or node.domain not in ("", "ai.onnx"):
            continue
        names = _leaving(node.output[0], model.graph)
        if names:
            notes.append(f"the last {node.op_type} is left out: {names} holds what it was given, in the same order")
            node.CopyFrom(helper.make_node("Identity", list(node.input), list(node.output), name=node.name))
    if not notes:
        raise UsageError(
            f"no output of the model comes from {', '.join(MONOTONE[:-1])} or {MONOTONE[-1]} alone",
            remedy="compile without --logits",
        )
    return tuple(notes)


def _leaving(name: str, graph: onnx.GraphProto) -> str:
    """Under which names the tensor leaves the model; empty when anything but a copy is made of it."""
    copies = {name}
    for node in graph.node:  # in topological order
        if copies & set(node.input):
            if node.op_type != "Identity":
                return ""
            copies.add(node.output[0])
    return " and ".join(value.name for value in graph.output if value.name in copies)
