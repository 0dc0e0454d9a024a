"""Turn a small scikit-learn network into ONNX, with the standardisation of its inputs as its first step.

Standardising inside the model means that the circuit takes raw measurements: nobody has to be trusted to have
prepared them in the right way.
"""

import json
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

Floats = NDArray[np.floating]


def network_to_onnx(scaler: StandardScaler, network: MLPClassifier, *, name: str, inputs: str, output: str) -> bytes:
    """ONNX bytes: `inputs` (1, features) raw, `output` (1, outputs) as logits, ReLU between the layers."""
    weights = {"mean": scaler.mean_, "inverse": 1.0 / scaler.scale_}
    nodes = [
        helper.make_node("Sub", [inputs, "mean"], ["centred"], name="centre"),
        helper.make_node("Mul", ["centred", "inverse"], ["layer0"], name="scale"),
    ]
    last = len(network.coefs_) - 1
    for index, (matrix, bias) in enumerate(zip(network.coefs_, network.intercepts_, strict=True)):
        weights |= {f"w{index}": matrix, f"b{index}": bias}
        total = output if index == last else f"sum{index}"
        nodes.append(
            helper.make_node("MatMul", [f"layer{index}", f"w{index}"], [f"product{index}"], name=f"mul{index}")
        )
        nodes.append(helper.make_node("Add", [f"product{index}", f"b{index}"], [total], name=f"add{index}"))
        if index != last:
            nodes.append(helper.make_node("Relu", [total], [f"layer{index + 1}"], name=f"relu{index}"))
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info(inputs, TensorProto.FLOAT, [1, len(scaler.mean_)])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, [1, len(network.intercepts_[-1])])],
        [numpy_helper.from_array(np.asarray(value, dtype=np.float32), key) for key, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def write_example(
    folder: Path, model: bytes, inputs: str, samples: Floats, one: Floats, about: dict[str, object]
) -> None:
    """Write model.onnx, samples.json, input.json and about.json to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(model)
    for name, rows in (("samples.json", samples), ("input.json", one[None, :])):
        (folder / name).write_text(json.dumps({inputs: np.round(rows.astype(float), 6).tolist()}) + "\n")
    (folder / "about.json").write_text(json.dumps(about, indent=2) + "\n")
