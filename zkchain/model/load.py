"""From a file to a normalised model: one that says everything about itself in one byte string."""

from collections.abc import Mapping
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError

from ..errors import ModelUnreadable
from ..records import Model
from .describe import seal
from .files import inline_external_data, read_model_file
from .heads import drop_last_activation
from .lower import lower
from .shapes import fix_dimensions, infer_shapes
from .structure import check_header, check_names, check_rules, inline_functions, refuse_unknown_operators
from .tensors import all_graphs, all_nodes, check_weights
from .wire import scan_model

#: The first IR version in which a weight need not be listed as an input.
_IR_FREE_WEIGHTS = 4


def load_model(path: Path, *, dims: Mapping[str, int] | None = None, logits: bool = False) -> Model:
    """The model at `path`, checked and normalised.

    Normalised: external data inside, functions inlined, weights not listed as inputs, every shape fixed, no
    documentation or metadata. `dims` gives sizes to open input dimensions by their symbol, or as "input.axis"
    where they have none; those not given become 1, and a note in the spec says so. With `logits` a last Softmax,
    LogSoftmax or Sigmoid is left out.

    Raises a subclass of ModelError: ModelNotFound, ModelUnreadable, ModelTooLarge, ModelInvalid, BadDimension,
    BadWeights, ExternalDataRefused, UnsupportedType, UnsupportedOperator (for operators ONNX itself does not know);
    UsageError when there is no such activation to leave out.
    """
    return normalise(parse_model(path), path.stem, dims or {}, logits=logits)


def parse_model(path: Path) -> onnx.ModelProto:
    """The model as it is in the file, with external data inside. Raises as `load_model`."""
    data = read_model_file(path)
    scan_model(data)
    try:
        model: onnx.ModelProto = onnx.ModelProto.FromString(data)
    except DecodeError as error:
        raise ModelUnreadable(f"{path} is not an ONNX model: {error}", path=path) from None
    model.DiscardUnknownFields()
    check_header(model)
    inline_external_data(model, path.absolute().parent, len(data))
    return model


def normalise(
    model: onnx.ModelProto, name: str, dims: Mapping[str, int], *, lowering: bool = True, logits: bool = False
) -> Model:
    """Check and normalise a parsed model, whose tensors are all inside. Raises as `load_model`.

    Without `lowering`, operators stay as they are: for measuring which of them the engine takes.
    """
    check_header(model)
    check_names(model)
    model = inline_functions(model)
    check_weights(model)
    _strip(model)
    _tell_nodes_apart(model)
    notes = (*_free_weights(model), *fix_dimensions(model, dims))
    refuse_unknown_operators(model)
    check_rules(model)
    if logits:
        notes = (*notes, *drop_last_activation(model))
    model, lowered = lower(model) if lowering else (model, ())
    model = infer_shapes(model)
    return seal(model, name, (*notes, *lowered))


def _free_weights(model: onnx.ModelProto) -> tuple[str, ...]:
    """Take the weights out of the inputs: a weight that may be replaced at run time has no fixed circuit."""
    weights = {tensor.name for tensor in model.graph.initializer}
    listed = [value for value in model.graph.input if value.name in weights]
    for value in listed:
        model.graph.input.remove(value)
    model.ir_version = max(model.ir_version, _IR_FREE_WEIGHTS)
    return tuple(f"weight {value.name} was listed as an input and is fixed now" for value in listed)


def _tell_nodes_apart(model: onnx.ModelProto) -> None:
    """Number nodes that share a name: ONNX allows that, the engine fails on it."""
    taken = {node.name for node in model.graph.node}
    seen: set[str] = set()
    for node in model.graph.node:
        name, number = node.name, 1
        while node.name and node.name in seen:
            number += 1
            candidate = f"{name}_{number}"
            node.name = candidate if candidate not in taken else node.name
        seen.add(node.name)


def _strip(model: onnx.ModelProto) -> None:
    """Drop everything that does not change what the model computes, so that it does not change the digest."""
    for field in ("doc_string", "producer_name", "producer_version", "model_version", "domain"):
        model.ClearField(field)
    del model.metadata_props[:]
    del model.configuration[:]
    for graph in all_graphs(model):
        graph.ClearField("doc_string")
        del graph.quantization_annotation[:]
        for item in (graph, *graph.input, *graph.output, *graph.initializer):
            item.ClearField("doc_string")
            del item.metadata_props[:]
    for node in all_nodes(model):
        node.ClearField("doc_string")
        del node.metadata_props[:]
        del node.device_configurations[:]
        for attribute in node.attribute:
            attribute.ClearField("doc_string")
