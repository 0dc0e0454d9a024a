"""What the training scripts share: a small scikit-learn network to ONNX, its held-out accuracy, the files written.

Standardising inside the model means that the circuit takes raw measurements: nobody has to be trusted to have
prepared them in the right way. It stays a step of its own where the inputs differ in scale: folded into the first
layer's weights it would halve the triage circuit, and make its fixed-point error ten times as large.
"""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

Floats = NDArray[np.floating]
OPSET, IR_VERSION = 18, 9


def network_to_onnx(
    network: MLPClassifier, scaler: StandardScaler | None, *, name: str, inputs: str, output: str
) -> bytes:
    """ONNX bytes: `inputs` (1, features) raw, `output` (1, outputs) as logits, ReLU between the layers.

    Without a `scaler` the inputs go into the first layer as they are.
    """
    nodes, weights, layer = [], {}, inputs
    if scaler is not None:
        weights = {"mean": scaler.mean_, "inverse": 1.0 / scaler.scale_}
        nodes.append(helper.make_node("Sub", [inputs, "mean"], ["centred"], name="centre"))
        nodes.append(helper.make_node("Mul", ["centred", "inverse"], ["layer0"], name="scale"))
        layer = "layer0"
    last = len(network.coefs_) - 1
    for index, (matrix, bias) in enumerate(zip(network.coefs_, network.intercepts_, strict=True)):
        weights |= {f"w{index}": matrix, f"b{index}": bias}
        total = output if index == last else f"sum{index}"
        nodes.append(helper.make_node("MatMul", [layer, f"w{index}"], [f"product{index}"], name=f"mul{index}"))
        nodes.append(helper.make_node("Add", [f"product{index}", f"b{index}"], [total], name=f"add{index}"))
        if index != last:
            layer = f"layer{index + 1}"
            nodes.append(helper.make_node("Relu", [total], [layer], name=f"relu{index}"))
    sizes = (len(network.coefs_[0]), len(network.intercepts_[-1]))
    return to_onnx(nodes, weights, name=name, inputs=inputs, output=output, sizes=sizes)


def to_onnx(
    nodes: list[onnx.NodeProto], weights: dict[str, Floats], *, name: str, inputs: str, output: str, sizes: tuple
) -> bytes:
    """Checked ONNX bytes of `nodes`; one input and one output, of (1, size) floats each."""
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info(inputs, TensorProto.FLOAT, [1, sizes[0]])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, [1, sizes[1]])],
        [numpy_helper.from_array(np.asarray(value, dtype=np.float32), key) for key, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def answers(model: bytes, rows: Floats) -> Floats:
    """What the ONNX model says to each row (count, features), as (count, outputs)."""
    session = onnxruntime.InferenceSession(model)
    (tensor,) = session.get_inputs()
    return np.vstack([session.run(None, {tensor.name: row[None].astype(np.float32)})[0] for row in rows])


def decide(outputs: Floats, threshold: float | None) -> NDArray[np.integer]:
    """The rule of the consumer contracts: 1 from the threshold on; without one, the largest output's index."""
    return outputs.argmax(axis=1) if threshold is None else (outputs[:, 0] >= threshold).astype(int)


def held_out_accuracy(model: bytes, rows: Floats, labels: NDArray[np.integer], threshold: float | None) -> float:
    """Share of rows on which the exported model, not the trainer's object, decides as the labels say."""
    return float((decide(answers(model, rows), threshold) == labels).mean())


def write_example(
    folder: Path, model: bytes, inputs: str, samples: Floats, one: Floats, about: dict[str, object]
) -> None:
    """Write model.onnx, samples.json, input.json and about.json to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(model)
    for name, rows in (("samples.json", samples), ("input.json", one[None, :])):
        (folder / name).write_text(json.dumps({inputs: np.round(rows.astype(float), 6).tolist()}) + "\n")
    (folder / "about.json").write_text(json.dumps(about, indent=2) + "\n")
