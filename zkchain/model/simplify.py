"""The same model for a smaller circuit, by rewrites that always pay."""

from collections import Counter

import onnx

from ..records import Model
from .averages import sum_windows
from .describe import seal
from .extremes import COMPARED, compare_for_places
from .linear import fold_scales
from .lower import replace_nodes
from .pools import max_pool, pool_before_relu
from .shapes import infer_shapes


def simplified(model: Model) -> Model:
    """`model` with scales folded into products and maxima found by comparing; itself where there is nothing to do."""
    proto = onnx.ModelProto.FromString(model.onnx)
    del proto.graph.value_info[:]
    notes = []
    if count := fold_scales(proto):
        notes.append(f"{count} scales and shifts are folded into matrix products")
    if count := sum_windows(proto):
        notes.append(f"AveragePool x{count} is computed as a sum, its division by the weights behind it")
    if count := pool_before_relu(proto):
        notes.append(f"Relu x{count} is computed after the maximum")
    done: Counter[str] = Counter()
    replace_nodes(proto, {"MaxPool": max_pool, **COMPARED}, done)
    done["ArgMax"] += compare_for_places(proto)
    notes += [f"{name} x{count} is computed by comparing" for name, count in done.items() if count]
    if not notes:
        return model
    return seal(infer_shapes(proto), model.spec.name, (*model.spec.notes, *notes))
