"""When the engine refuses to lay out a model: find the node it stumbles over and say so."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import EngineAborted, EngineCrashed, EnginePanicked, EngineRefused, UnsupportedOperator
from ..halo2 import Prover
from ..halo2.engine import InputData
from ..model import first_nodes, node_count, node_label
from ..records import Model

#: A wide layout at the smallest scale: what does not fit here fits nowhere.
_RUN_ARGS = {"input_scale": 7, "param_scale": 7, "decomp_base": 128, "decomp_legs": 5, "num_inner_cols": 1}
_CALIBRATION = {
    "lookup_safety_margin": 2.0,
    "scales": [7],
    "scale_rebase_multiplier": [1],
    "max_logrows": None,
}

#: What the engine does when an operator has no circuit. Lack of memory, time or disk is not the model's fault.
_REFUSALS = (EngineRefused, EnginePanicked, EngineAborted, EngineCrashed)


@contextmanager
def blaming(model: Model, data: InputData, prover: Prover) -> Iterator[None]:
    """Turn a refusal of the whole model into UnsupportedOperator with operator and node, when a node is to blame.

    `data` holds samples of the model's inputs: a node is also to blame when its values fit no lookup table.
    """
    try:
        yield
    except _REFUSALS as error:
        index = _culprit(model, data, prover)
        if index is None:
            raise
        operator, node = node_label(model, index)
        raise UnsupportedOperator(
            f"operator {operator} at node {node!r} cannot be proved as it is used here: {error.message}",
            operator=operator,
            node=node,
        ) from error


def _culprit(model: Model, data: InputData, prover: Prover) -> int | None:
    """The first node without which the nodes before it can be laid out; None when the whole model can be."""
    total = node_count(model)
    if _lays_out(model, total, data, prover):
        return None
    low, high = 0, total  # the first `low` nodes can be laid out, the first `high` cannot
    while high - low > 1:
        middle = (low + high) // 2
        if _lays_out(model, middle, data, prover):
            low = middle
        else:
            high = middle
    return high - 1


def _lays_out(model: Model, count: int, data: InputData, prover: Prover) -> bool:
    with tempfile.TemporaryDirectory(prefix="zkchain-") as folder:
        path = Path(folder) / "part.onnx"
        path.write_bytes(first_nodes(model, count))
        try:
            prover.make_settings(path, _RUN_ARGS, data, _CALIBRATION)
        except _REFUSALS:
            return False
    return True
