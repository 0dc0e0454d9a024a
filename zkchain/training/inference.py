"""The trained network as a model to be compiled: its parameters stand in the order in which the ledger hashes them."""

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .architecture import Architecture
from .grid import from_grid
from .network import Network


def inference_model(net: Network, parameters: Sequence[int], scale: int) -> onnx.ModelProto:
    """Input x [1, features], output answer [1, targets]: the last layer's sums.

    For yes-or-no answers these are log-odds, yes above zero. Their logistic function is left to whoever reads them: a
    table of it would be most of the circuit.
    """
    assert isinstance(net, Architecture)
    values = np.array(from_grid(parameters, scale), dtype=np.float32)
    nodes, constants, current = [], [], "x"
    layers = net.split(values)
    for number, (matrix, bias) in enumerate(layers):
        constants += [numpy_helper.from_array(matrix, f"w{number}"), numpy_helper.from_array(bias, f"b{number}")]
        nodes.append(helper.make_node("MatMul", [current, f"w{number}"], [f"product{number}"]))
        nodes.append(helper.make_node("Add", [f"product{number}", f"b{number}"], [f"sum{number}"]))
        current = f"sum{number}"
        if number + 1 < len(layers):
            nodes.append(helper.make_node("Relu", [current], [f"active{number}"]))
            current = f"active{number}"
    nodes.append(helper.make_node("Identity", [current], ["answer"]))
    graph = helper.make_graph(
        nodes,
        "trained",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, net.features])],
        [helper.make_tensor_value_info("answer", TensorProto.FLOAT, [1, net.targets])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="zkchain")
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


def pins_of(scale: int) -> dict[str, object]:
    """Run arguments under which the compiled model hashes its parameters as the ledger does: at the same scale."""
    return {
        "input_scale": scale,
        "param_scale": scale,
        "scale_rebase_multiplier": 1,
        "decomp_base": 2**7,
        "decomp_legs": -(-(2 * scale + 8) // 7),
        "num_inner_cols": 2,
    }
