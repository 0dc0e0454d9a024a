"""The smallest useful models, made in code."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def tiny_onnx(*, seed: int = 0, inputs: int = 2, outputs: int = 1) -> bytes:
    """One dense layer and a ReLU: `x` (1, inputs) to `y` (1, outputs)."""
    weights = np.random.default_rng(seed).normal(size=(inputs, outputs)).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["x", "w"], ["h"], name="dense"),
            helper.make_node("Relu", ["h"], ["y"], name="relu"),
        ],
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, inputs])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, outputs])],
        [numpy_helper.from_array(weights, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()
