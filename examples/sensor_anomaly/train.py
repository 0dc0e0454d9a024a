"""Train the sensor model: eight readings of a pump to an anomaly score, the part that three factors cannot explain.

Data: generated here with a fixed seed. A healthy pump has three hidden causes (load, speed, ambient temperature) that
move all eight readings together; a fault breaks one reading away from the others.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(Path(__file__).parents[1]))
from networks import write_example

INPUTS, OUTPUT, READINGS, FACTORS = "readings", "anomaly", 8, 3


def generate(count: int, seed: int, *, faulty: bool):
    """Readings (count, 8) of a healthy pump, or of one with a fault in one reading."""
    mixing = np.random.default_rng(1).normal(size=(FACTORS, READINGS))
    random = np.random.default_rng(seed)
    readings = random.normal(size=(count, FACTORS)) @ mixing + random.normal(scale=0.15, size=(count, READINGS))
    if faulty:
        which = random.integers(READINGS, size=count)
        readings[np.arange(count), which] += random.choice([-1.0, 1.0], count) * random.uniform(1.0, 3.0, count)
    return (20.0 + 5.0 * readings).round(3)


def to_onnx(scaler: StandardScaler, pca: PCA) -> bytes:
    """Standardise, project on the factors and back, and add up the squared differences."""
    weights = {
        "mean": scaler.mean_,
        "inverse": 1 / scaler.scale_,
        "kept": pca.components_.T @ pca.components_,
        "ones": np.ones((READINGS, 1)),
    }
    nodes = [
        helper.make_node("Sub", [INPUTS, "mean"], ["centred"], name="centre"),
        helper.make_node("Mul", ["centred", "inverse"], ["standard"], name="scale"),
        helper.make_node("MatMul", ["standard", "kept"], ["explained"], name="project"),
        helper.make_node("Sub", ["standard", "explained"], ["rest"], name="rest"),
        helper.make_node("Mul", ["rest", "rest"], ["squared"], name="square"),
        helper.make_node("MatMul", ["squared", "ones"], [OUTPUT], name="sum"),
    ]
    graph = helper.make_graph(
        nodes,
        "pump_anomaly",
        [helper.make_tensor_value_info(INPUTS, TensorProto.FLOAT, [1, READINGS])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [1, 1])],
        [numpy_helper.from_array(value.astype(np.float32), key) for key, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def main(folder: Path) -> float:
    """Train, write the example to `folder`, and return the held-out balanced accuracy."""
    healthy = generate(2000, 21, faulty=False)
    scaler = StandardScaler().fit(healthy)
    pca = PCA(FACTORS).fit(scaler.transform(healthy))

    def score(readings):
        standard = scaler.transform(readings)
        return ((standard - pca.inverse_transform(pca.transform(standard))) ** 2).sum(axis=1)

    threshold = float(np.quantile(score(healthy), 0.99).round(3))
    held_out, faults = generate(1000, 22, faulty=False), generate(1000, 23, faulty=True)
    accuracy = float(((score(held_out) < threshold).mean() + (score(faults) >= threshold).mean()) / 2)
    about = {
        "name": "PumpAnomaly",
        "title": "Sensor anomaly: a proved anomaly trips the device's switch, the readings stay with it",
        "data": "generated readings of a pump, seeds 21 to 23 (see train.py)",
        "inputs": "8 readings, raw",
        "output": "anomaly: squared distance from what three factors explain",
        "threshold": threshold,
        "held_out": 2000,
        "held_out_accuracy": round(accuracy, 4),
    }
    samples = np.vstack([healthy[:32], generate(16, 24, faulty=True)])
    write_example(folder, to_onnx(scaler, pca), INPUTS, samples, faults[int(np.argmax(score(faults[:50])))], about)
    return accuracy


if __name__ == "__main__":
    print(f"held-out balanced accuracy {main(Path(__file__).parent):.4f}")
