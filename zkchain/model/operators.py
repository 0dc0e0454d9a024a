"""Which operators have a circuit: a measured table, not a guess (scripts/measure_operators.py)."""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import onnx

from ..errors import UnsupportedOperator
from ..record import Record
from ..records import Model
from .conditions import why_not
from .facts import facts_of
from .structure import label
from .tensors import all_nodes

#: Operators that run a subgraph: circuits have no control flow.
_CONTROL_FLOW = frozenset({"If", "Loop", "Scan", "SequenceMap"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsupported(Record):
    """One node that has no circuit."""

    operator: str
    node: str
    why: str


def qualified(node: onnx.NodeProto) -> str:
    """The operator's name, with its domain unless that is ONNX's own."""
    return str(node.op_type if node.domain in ("", "ai.onnx") else f"{node.domain}.{node.op_type}")


@cache
def _table() -> dict[str, Any]:
    return dict(json.loads(resources.files(__package__).joinpath("operators.json").read_text(encoding="utf-8")))


def has_circuit(operator: str) -> bool:
    """True when the engine takes the operator by its `qualified` name, at least with some attributes."""
    return operator in _table()["supported"]


def unsupported_nodes(proto: onnx.ModelProto) -> tuple[Unsupported, ...]:
    """Every node that has no circuit, in graph order; nodes of subgraphs come after those of the main graph."""
    facts = facts_of(proto)
    nodes = all_nodes(proto)
    used = frozenset(name for node in nodes for name in node.input) | {value.name for value in proto.graph.output}
    found = []
    for node in nodes:
        why = why_not(node, facts, used) if has_circuit(qualified(node)) else _missing(qualified(node))
        if why:
            found.append(Unsupported(operator=qualified(node), node=label(node), why=why))
    return tuple(found)


def _missing(name: str) -> str:
    return "circuits have no control flow" if name in _CONTROL_FLOW else f"{_table()['engine']} has no circuit for it"


def check_operators(model: Model) -> None:
    """Raise UnsupportedOperator naming the first operator and node without a circuit, and how many there are."""
    found = unsupported_nodes(onnx.load_from_string(model.onnx))
    if found:
        first = found[0]
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise UnsupportedOperator(
            f"operator {first.operator} (node {first.node}) cannot be proved: {first.why}{more}",
            operator=first.operator,
            node=first.node,
            count=len(found),
        )
