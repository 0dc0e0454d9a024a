"""Express operators that have no circuit by operators that have one, where that is exact.

A lowering fills a patch and says whether the patch replaces the node; a node that stays is refused later, by
name. Tests compare every lowering with onnxruntime on the original.
"""

from collections import Counter
from collections.abc import Mapping
from math import prod

import onnx
from onnx import helper

from .definitions import expand_definitions
from .facts import Facts, facts_of
from .fold import fold_constants
from .lower_linear import LINEAR_LOWERINGS
from .lower_norms import NORM_LOWERINGS
from .lower_shapes import SHAPE_LOWERINGS
from .lower_trees import TREE_LOWERINGS
from .lower_values import VALUE_LOWERINGS
from .lower_windows import WINDOW_LOWERINGS
from .operators import qualified
from .patch import MAIN_OPSET, MAX_REWRITTEN, Lowering, Patch
from .structure import opset_of

LOWERINGS: dict[str, Lowering] = {
    **LINEAR_LOWERINGS,
    **NORM_LOWERINGS,
    **SHAPE_LOWERINGS,
    **TREE_LOWERINGS,
    **VALUE_LOWERINGS,
    **WINDOW_LOWERINGS,
}


def lower(model: onnx.ModelProto) -> tuple[onnx.ModelProto, tuple[str, ...]]:
    """The model with lowered nodes, and notes that say which. Raises ModelInvalid, ModelTooLarge."""
    done: Counter[str] = Counter()
    if not opset_of(model):
        model.opset_import.append(helper.make_opsetid("", MAIN_OPSET))
    fold_constants(model)
    own = replace_nodes(model, LOWERINGS, done)
    model, expanded = expand_definitions(model, LOWERINGS)
    if expanded:
        replace_nodes(model, LOWERINGS, done, own)
    fold_constants(model)
    return model, (
        *(f"{name} is computed as ONNX defines it" for name in expanded),
        *(f"{name} x{count} is computed by simpler operators" for name, count in done.items()),
    )


def replace_nodes(
    model: onnx.ModelProto,
    lowerings: Mapping[str, Lowering],
    done: Counter[str],
    own: frozenset[str] = frozenset(),
) -> frozenset[str]:
    """Lower the nodes of the main graph in place, except those whose outputs are in `own`; what that adds to `own`."""
    facts = facts_of(model)
    nodes: list[onnx.NodeProto] = []
    added: set[str] = set()
    taken = {name for node in model.graph.node for name in (*node.input, *node.output)}
    for index, node in enumerate(model.graph.node):
        patch = Patch(model, f"zkchain_{index}_", node.name, taken)
        lowering = lowerings.get(qualified(node))
        if lowering is None or own & set(node.output) or _too_large(node, facts) or not lowering(node, facts, patch):
            nodes.append(node)
            continue
        done[qualified(node)] += 1
        patch.commit()
        nodes += patch.nodes
        added |= {output for new in patch.nodes for output in new.output}
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return own | added


def _too_large(node: onnx.NodeProto, facts: Facts) -> bool:
    """A zero or wrapped size counts as too large: such a shape is refused later."""
    shapes = [facts.shapes[name] for name in (*node.input, *node.output) if name in facts.shapes]
    return any(prod(shape) > MAX_REWRITTEN or any(size < 1 for size in shape) for shape in shapes)
