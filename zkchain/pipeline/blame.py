"""When the engine refuses to lay out a model: find the node it stumbles over and say so."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import EngineAborted, EngineCrashed, EnginePanicked, EngineRefused, UnsupportedOperator
from ..halo2 import Prover
from ..model import first_nodes, node_count, node_label
from ..records import Model

#: What the engine does when an operator has no circuit. Lack of memory, time or disk is not the model's fault.
_REFUSALS = (EngineRefused, EnginePanicked, EngineAborted, EngineCrashed)


@contextmanager
def blaming(model: Model, prover: Prover) -> Iterator[None]:
    """Turn a refusal of the whole model into UnsupportedOperator with operator and node, when a node is to blame."""
    try:
        yield
    except _REFUSALS as error:
        index = _culprit(model, prover)
        if index is None:
            raise
        operator, node = node_label(model, index)
        raise UnsupportedOperator(
            f"operator {operator} at node {node!r} cannot be proved as it is used here: {error.message}",
            operator=operator,
            node=node,
        ) from error


def _culprit(model: Model, prover: Prover) -> int | None:
    """The first node without which the nodes before it can be laid out; None when the whole model can be."""
    total = node_count(model)
    if _lays_out(model, total, prover):
        return None
    low, high = 0, total  # the first `low` nodes can be laid out, the first `high` cannot
    while high - low > 1:
        middle = (low + high) // 2
        if _lays_out(model, middle, prover):
            low = middle
        else:
            high = middle
    return high - 1


def _lays_out(model: Model, count: int, prover: Prover) -> bool:
    with tempfile.TemporaryDirectory(prefix="zkchain-") as folder:
        path = Path(folder) / "part.onnx"
        path.write_bytes(first_nodes(model, count))
        try:
            prover.make_settings(path, {}, None, None)
        except _REFUSALS:
            return False
    return True
