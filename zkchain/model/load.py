"""From an ONNX file to a `Model`: parsed, checked, self-contained, with every dimension known."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto, checker, defs, inliner, shape_inference

from ..errors import ModelInvalid, ModelUnreadable
from ..records import Model, ModelSpec
from ..values import sha256_of
from .dims import fix_dims, tensor_spec
from .files import inline_external_data, read_model_file
from .weights import count_parameters, refuse_bad_weights
from .wire import scan_model

#: Operators that run a subgraph; circuits have no control flow.
_MIN_OPSET = 7


def load_model(path: Path, *, dims: Mapping[str, int] | None = None) -> Model:
    """Read, check and normalise the model at `path`.

    Unknown dimensions take their size from `dims` by symbol, or become 1, which the spec's notes say. Raises
    ModelNotFound, ModelUnreadable, ModelTooLarge, ModelInvalid, ExternalDataRefused, BadDimension, BadWeights.
    """
    data = read_model_file(path)
    scan_model(data)
    proto = _parse(data, path)
    inline_external_data(proto, path.absolute().parent)
    return normalise(proto, path.stem, dims or {})


def normalise(proto: onnx.ModelProto, name: str, dims: Mapping[str, int]) -> Model:
    """A checked model from a parsed one whose tensors are all inside. Raises as `load_model` does."""
    _check_header(proto)
    proto = _without_functions(proto)
    initializers = {tensor.name for tensor in proto.graph.initializer}
    inputs = [value for value in proto.graph.input if value.name not in initializers]
    notes = [
        f"initializer {value.name} was also listed as an input"
        for value in proto.graph.input
        if value.name in initializers
    ]
    del proto.graph.input[:]
    proto.graph.input.extend(inputs)
    _check_graph(proto)
    refuse_bad_weights(proto)
    notes += fix_dims(proto, dims)
    proto = _inferred(proto)
    _strip(proto)
    raw = proto.SerializeToString(deterministic=True)
    operators = Counter(node.op_type for node in proto.graph.node)
    spec = ModelSpec(
        name=name,
        digest=sha256_of(raw),
        inputs=tuple(tensor_spec(value) for value in proto.graph.input),
        outputs=tuple(tensor_spec(value) for value in proto.graph.output),
        opset=opset_of(proto),
        operators=tuple(sorted(operators.items())),
        parameters=count_parameters(proto),
        notes=tuple(notes),
    )
    return Model(spec=spec, onnx=raw)


def opset_of(proto: onnx.ModelProto) -> int:
    """Version of the default operator set; 1 when only other domains are imported."""
    return next((entry.version for entry in proto.opset_import if entry.domain in ("", "ai.onnx")), 1)


def _parse(data: bytes, path: Path) -> onnx.ModelProto:
    proto = onnx.ModelProto()
    try:
        proto.ParseFromString(data)
    except DecodeError as error:
        raise ModelUnreadable(f"{path} is no ONNX model: {error}", path=path) from error
    if not proto.HasField("graph") or not proto.graph.node:
        raise ModelUnreadable(f"{path} holds no graph with nodes", path=path)
    return proto


def _check_header(proto: onnx.ModelProto) -> None:
    version, newest = opset_of(proto), defs.onnx_opset_version()
    if any(entry.domain in ("", "ai.onnx") for entry in proto.opset_import) and not _MIN_OPSET <= version <= newest:
        raise ModelInvalid(f"opset {version} is outside {_MIN_OPSET}..{newest}", opset=version)
    for what, values in (("input", proto.graph.input), ("output", proto.graph.output)):
        names = Counter(value.name for value in values)
        doubled = [name for name, count in names.items() if count > 1 or not name]
        if doubled:
            raise ModelInvalid(f"{what} name {doubled[0]!r} is empty or occurs more than once", name=doubled[0])
    if not proto.graph.output:
        raise ModelInvalid("the model has no output")


def _without_functions(proto: onnx.ModelProto) -> onnx.ModelProto:
    """Local functions replaced by their bodies: ezkl knows operators only."""
    if not proto.functions:
        return proto
    try:
        return inliner.inline_local_functions(proto)
    except Exception as error:
        raise ModelInvalid(f"the model's functions cannot be inlined: {_first_line(error)}") from error


def _check_graph(proto: onnx.ModelProto) -> None:
    if not proto.graph.input:
        raise ModelInvalid("the model has no input: there is nothing to prove an answer for")
    if proto.graph.sparse_initializer:
        raise ModelInvalid("sparse initializers have no circuit", remedy="store the weights as dense tensors")
    try:
        checker.check_model(proto, full_check=False)
    except (checker.ValidationError, ValueError, RuntimeError) as error:
        raise ModelInvalid(f"onnx.checker: {_first_line(error)}") from error


def _inferred(proto: onnx.ModelProto) -> onnx.ModelProto:
    """The model with inferred shapes where they were missing, most of all on its outputs."""
    del proto.graph.value_info[:]
    try:
        return shape_inference.infer_shapes(proto, check_type=True, strict_mode=True, data_prop=True)
    except (shape_inference.InferenceError, ValueError, RuntimeError) as error:
        raise ModelInvalid(f"shapes do not fit together: {_first_line(error)}") from error


def _strip(proto: onnx.ModelProto) -> None:
    """Drop what does not change the model's answers, so that it does not change its digest either."""
    proto.doc_string = proto.producer_name = proto.producer_version = ""
    del proto.metadata_props[:]
    proto.graph.doc_string = ""
    del proto.graph.metadata_props[:]
    for node in proto.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for tensor in proto.graph.initializer:
        assert tensor.data_location != TensorProto.EXTERNAL
        tensor.doc_string = ""


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:500]
