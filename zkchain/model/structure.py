"""The rules of ONNX that must hold before anything else looks at a graph: versions, names, known operators, order."""

import onnx
from onnx import checker, defs, inliner

from ..errors import ModelInvalid, ModelTooLarge, ModelUnreadable, UnsupportedOperator
from .tensors import all_graphs, all_nodes
from .wire import MAX_NODES

MAX_NAME = 512


def check_header(model: onnx.ModelProto) -> None:
    """Raise ModelUnreadable when there is no graph, ModelInvalid for versions newer than onnx knows."""
    if not model.HasField("graph") or not model.opset_import:
        raise ModelUnreadable("the file holds no ONNX graph with an opset")
    if model.training_info:
        raise ModelInvalid("the model carries training information; export it for inference")
    if not 3 <= model.ir_version <= onnx.IR_VERSION:
        raise ModelInvalid(f"IR version {model.ir_version} is outside 3..{onnx.IR_VERSION}")
    versions: dict[str, int] = {}
    for entry in model.opset_import:
        domain = "" if entry.domain == "ai.onnx" else entry.domain
        if versions.setdefault(domain, entry.version) != entry.version:
            raise ModelInvalid(f"opset {entry.domain or 'ai.onnx'!r} is imported with two versions")
        if not 1 <= entry.version < 2**31:
            raise ModelInvalid(f"opset {entry.version} of {entry.domain or 'ai.onnx'} is no version")
    newest = defs.onnx_opset_version()
    if not 1 <= versions.get("", newest) <= newest:
        raise ModelInvalid(f"opset {versions['']} of ai.onnx is outside 1..{newest}", opset=versions[""])


def opset_of(model: onnx.ModelProto, domain: str = "") -> int:
    """The imported version of a domain; 0 when it is not imported."""
    aliases = {"", "ai.onnx"} if domain in ("", "ai.onnx") else {domain}
    return next((entry.version for entry in model.opset_import if entry.domain in aliases), 0)


def check_names(model: onnx.ModelProto) -> None:
    """Raise ModelInvalid unless every name that something is looked up by is unique, printable and short."""
    graph = model.graph
    if not graph.input or not graph.output:
        raise ModelInvalid("the model has no input" if not graph.input else "the model has no output")
    for what, items in (("inputs", graph.input), ("outputs", graph.output)):
        names = [item.name for item in items]
        _unique(names, what)
        for name in names:
            if not name or len(name) > MAX_NAME or not name.isprintable():
                raise ModelInvalid(f"{name[:40]!r} among the {what} is no printable name of 1..{MAX_NAME} characters")
    passed = {value.name for value in graph.input} & {value.name for value in graph.output}
    if passed:
        raise ModelInvalid(
            f"{min(passed)!r} is an input and an output at once", remedy="pass it through Identity to an output"
        )
    for inner in all_graphs(model):
        _unique([tensor.name for tensor in inner.initializer], "weights")


def inline_functions(model: onnx.ModelProto) -> onnx.ModelProto:
    """Replace calls of the model's own functions by their bodies. Raises ModelInvalid, ModelTooLarge."""
    if not model.functions:
        return model
    _check_expansion(model)
    try:
        return inliner.inline_local_functions(model)
    except (RuntimeError, ValueError, checker.ValidationError) as error:
        raise ModelInvalid(f"the model's functions cannot be inlined: {_first_line(error)}") from None


def refuse_unknown_operators(model: onnx.ModelProto) -> None:
    """Raise UnsupportedOperator for an operator that ONNX does not have in the model's opset."""
    unknown = [node for node in all_nodes(model) if not _known(model, node)]
    if unknown:
        node = unknown[0]
        domain = f"{node.domain}." if node.domain else ""
        raise UnsupportedOperator(
            f"operator {domain}{node.op_type} (node {label(node)}) is not in opset "
            f"{opset_of(model, node.domain)} of {node.domain or 'ai.onnx'}; {len(unknown)} such nodes",
            operator=f"{domain}{node.op_type}",
            node=label(node),
        )


def check_rules(model: onnx.ModelProto) -> None:
    """onnx's own checker: order, cycles, single assignment, attributes. Raises ModelInvalid."""
    for node in all_nodes(model):
        if any(attribute.ref_attr_name for attribute in node.attribute):
            raise ModelInvalid(f"node {label(node)} refers to an attribute of a function that it is not in")
    shapeless = [value for value in model.graph.output if not value.type.tensor_type.HasField("shape")]
    for value in shapeless:  # the checker wants a shape even where it is about to be inferred
        value.type.tensor_type.shape.SetInParent()
    try:
        checker.check_model(model)
    except (checker.ValidationError, ValueError) as error:
        raise ModelInvalid(f"onnx refuses the model: {_first_line(error)}") from None
    for value in shapeless:
        value.type.tensor_type.ClearField("shape")


def label(node: onnx.NodeProto) -> str:
    """The node's name, or its first output where it has none."""
    return str(node.name or f"-> {next(iter(node.output), '?')}")


def _known(model: onnx.ModelProto, node: onnx.NodeProto) -> bool:
    domain = "" if node.domain == "ai.onnx" else node.domain
    try:
        return not defs.get_schema(node.op_type, opset_of(model, domain), domain).deprecated
    except defs.SchemaError:
        return False


def _unique(names: list[str], what: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ModelInvalid(f"two of the {what} are named {name!r}", name=name)
        seen.add(name)


def _check_expansion(model: onnx.ModelProto) -> None:
    """Functions that call functions can stand for more nodes than any machine holds, or for no end of them."""
    bodies = {(function.domain, function.name): _calls(function.node) for function in model.functions}
    sizes: dict[tuple[str, str], int] = {}
    pending = [(name, False) for name in bodies]
    open_calls: set[tuple[str, str]] = set()
    while pending:
        name, finished = pending.pop()
        if finished:
            open_calls.discard(name)
            sizes[name] = sum(sizes.get(call, 1) for call in bodies[name])
        elif name in open_calls:
            raise ModelInvalid(f"function {name[1]!r} calls itself")
        elif name not in sizes:
            open_calls.add(name)
            pending.append((name, True))
            pending += [(call, False) for call in set(bodies[name]) if call in bodies and call not in sizes]
    total = sum(sizes.get(call, 1) for call in _calls(model.graph.node))
    if total > MAX_NODES:
        raise ModelTooLarge(f"the model's functions stand for {total:,} nodes; the limit is {MAX_NODES:,}", nodes=total)


def _calls(nodes: "list[onnx.NodeProto]") -> list[tuple[str, str]]:
    """Domain and name of every operator in `nodes` and their subgraphs."""
    found, pending = [], list(nodes)
    while pending:
        node = pending.pop()
        found.append((node.domain, node.op_type))
        for attribute in node.attribute:
            for graph in [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]:
                pending += graph.node
    return found


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__
