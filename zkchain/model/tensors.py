"""Element types we know, and weights we can trust."""

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, numpy_helper

from ..errors import BadDimension, BadWeights, ModelInvalid, UnsupportedType
from ..records import DType

#: Largest number of elements in one tensor, or in all intermediate tensors together.
MAX_ELEMENTS = 2**28
#: Largest magnitude of a float weight. The field would hold more; no scale would hold both this and its neighbours.
MAX_WEIGHT = 1e9

_KINDS: dict[str, DType] = {
    "FLOAT": "float",
    "FLOAT16": "float",
    "DOUBLE": "float",
    "INT8": "int",
    "INT16": "int",
    "INT32": "int",
    "INT64": "int",
    "UINT8": "int",
    "UINT16": "int",
    "UINT32": "int",
    "UINT64": "int",
    "BOOL": "bool",
}


def type_name(element: int) -> str:
    """ONNX's name of an element type, e.g. "FLOAT"; "type 99" when it has none."""
    try:
        return str(TensorProto.DataType.Name(element))
    except ValueError:
        return f"type {element}"


def kind_of(element: int, owner: str) -> DType:
    """float, int or bool. Raises UnsupportedType, naming `owner`, for strings, complex, float8 and the like."""
    name = type_name(element)
    if name not in _KINDS:
        raise UnsupportedType(
            f"{owner} has element type {name}; known are {', '.join(_KINDS)}", owner=owner, element_type=name
        )
    return _KINDS[name]


def is_float(element: int) -> bool:
    """True for the floating-point types that a circuit takes."""
    return _KINDS.get(type_name(element)) == "float"


def numpy_type(onnx_type: str) -> np.dtype[np.generic]:
    """The NumPy type of an ONNX type name that `kind_of` accepted."""
    return np.dtype(onnx.helper.tensor_dtype_to_np_dtype(TensorProto.DataType.Value(onnx_type)))


def check_weights(model: onnx.ModelProto) -> None:
    """Check every stored tensor and float attribute. Raises BadWeights, BadDimension, UnsupportedType, ModelInvalid."""
    for graph in all_graphs(model):
        if graph.sparse_initializer:
            name = graph.sparse_initializer[0].values.name
            raise UnsupportedType(f"weight {name!r} is sparse; only dense tensors have a circuit", owner=name)
        for tensor in graph.initializer:
            _check_tensor(tensor, f"weight {tensor.name!r}")
    for node in all_nodes(model):
        for attribute in node.attribute:
            _check_attribute(attribute, f"attribute {attribute.name!r} of {node.op_type} node {node.name!r}")


def all_graphs(model: onnx.ModelProto) -> list[onnx.GraphProto]:
    """The main graph and every graph in an attribute of a node, of functions too."""
    found = [model.graph]
    for node in all_nodes(model):
        found += [graph for attribute in node.attribute for graph in _graphs(attribute)]
    return found


def all_nodes(model: onnx.ModelProto) -> list[onnx.NodeProto]:
    """Every node of the main graph, of functions and of subgraphs; outer nodes come first."""
    found = [*model.graph.node, *(node for function in model.functions for node in function.node)]
    for node in found:  # grows while it is walked: subgraphs are appended behind their owner
        found += [inner for attribute in node.attribute for graph in _graphs(attribute) for inner in graph.node]
    return found


def all_tensors(model: onnx.ModelProto) -> list[TensorProto]:
    """Every stored tensor of the model: dense and sparse initializers and attributes."""
    found: list[TensorProto] = []
    sparse: list[onnx.SparseTensorProto] = []
    for graph in all_graphs(model):
        found += graph.initializer
        sparse += graph.sparse_initializer
    for node in all_nodes(model):
        for attribute in node.attribute:
            found += [attribute.t] if attribute.HasField("t") else []
            found += attribute.tensors
            sparse += [attribute.sparse_tensor] if attribute.HasField("sparse_tensor") else []
            sparse += attribute.sparse_tensors
    return found + [part for item in sparse for part in (item.values, item.indices)]


def _graphs(attribute: onnx.AttributeProto) -> list[onnx.GraphProto]:
    return [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]


def _check_attribute(attribute: onnx.AttributeProto, owner: str) -> None:
    if attribute.HasField("sparse_tensor") or attribute.sparse_tensors:
        raise UnsupportedType(f"{owner} is sparse; only dense tensors have a circuit", owner=owner)
    for tensor in [*([attribute.t] if attribute.HasField("t") else []), *attribute.tensors]:
        _check_tensor(tensor, owner)
    if attribute.type in (onnx.AttributeProto.FLOAT, onnx.AttributeProto.FLOATS):
        _check_values(np.asarray([attribute.f, *attribute.floats]), owner)


def _check_tensor(tensor: TensorProto, owner: str) -> None:
    kind = kind_of(tensor.data_type, owner)
    count = 1
    for size in tensor.dims:
        if size < 0:
            raise BadDimension(f"{owner} has the negative dimension {size}", owner=owner)
        count *= size
    if count > MAX_ELEMENTS:
        raise BadDimension(f"{owner} claims {count:,} elements; the limit is {MAX_ELEMENTS:,}", owner=owner)
    try:
        values = numpy_helper.to_array(tensor)
    except (ValueError, TypeError) as error:
        raise ModelInvalid(f"{owner} holds other data than its shape {list(tensor.dims)} says: {error}") from None
    if kind == "float":
        _check_values(values, owner)


def _check_values(values: npt.NDArray[np.generic], owner: str) -> None:
    bad = np.flatnonzero(~(np.abs(values.astype(np.float64)) <= MAX_WEIGHT))
    if not bad.size:
        return
    index = tuple(int(part) for part in np.unravel_index(bad[0], values.shape))
    value = float(values[index])
    raise BadWeights(
        f"{owner} is {value} at index {list(index)} ({bad.size} bad of {values.size}); "
        f"weights must be finite and at most {MAX_WEIGHT:g}",
        owner=owner,
        index=list(index),
    )
