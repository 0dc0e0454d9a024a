"""Train the sensor model: eight readings of a pump to an anomaly score, the part that three factors cannot explain.

Data: generated here with fixed seeds. Load, speed and ambient temperature move the readings of a healthy pump together,
each by the amounts in `SENSORS`, and each sensor adds noise. A fault moves some readings without the others, as
`FAULTS` says, by three to ten times their noise.
"""

import sys
from pathlib import Path

import numpy as np
from onnx import helper
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(Path(__file__).parents[1]))
from networks import answers, held_out_accuracy, to_onnx, write_example

INPUTS, OUTPUT, FACTORS = "readings", "anomaly", 3
#: Reading: usual value, what one unit of load, speed and ambient temperature adds, noise.
SENSORS = {
    "motor_current_a": (12.0, 2.4, 1.0, 0.0, 0.25),
    "flow_m3h": (42.0, -2.0, 5.0, 0.0, 0.5),
    "pressure_bar": (5.2, 0.5, 0.6, 0.0, 0.08),
    "vibration_radial_mm_s": (2.1, 0.15, 0.35, 0.0, 0.05),
    "vibration_axial_mm_s": (1.3, 0.12, 0.2, 0.0, 0.04),
    "bearing_c": (55.0, 2.0, 2.5, 5.0, 0.6),
    "winding_c": (72.0, 6.0, 1.5, 5.5, 0.7),
    "casing_c": (34.0, 0.8, 0.6, 6.0, 0.5),
}
#: Fault: which way it pushes each of the readings.
FAULTS = {
    "worn bearing": (0, 0, 0, 1, 1, 1, 0, 0),
    "cavitation": (0, -1, -1, 1, 0, 0, 0, 0),
    "shorted winding": (1, 0, 0, 0, 0, 0, 1, 0),
    "drifting sensor": (0, 0, 1, 0, 0, 0, 0, 0),
}


def generate(count: int, seed: int, *, faulty: bool):
    """Readings (count, 8) of a healthy pump, or of one with one of the faults."""
    usual, load, speed, ambient, noise = np.array(list(SENSORS.values())).T
    random = np.random.default_rng(seed)
    causes = random.normal(size=(count, FACTORS)) @ np.array([load, speed, ambient])
    readings = usual + causes + noise * random.normal(size=(count, len(SENSORS)))
    if faulty:
        pushes = np.array(list(FAULTS.values()))[random.integers(len(FAULTS), size=count)]
        readings += pushes * noise * random.uniform(3.0, 10.0, (count, 1))
    return readings.round(3)


def data():
    """Healthy training readings and held-out readings, half of them faulty, then their labels: 1 for a fault."""
    held_out = np.vstack([generate(1000, 22, faulty=False), generate(1000, 23, faulty=True)])
    return generate(2000, 21, faulty=False), held_out, np.zeros(2000, dtype=int), np.repeat([0, 1], 1000)


def build(healthy) -> bytes:
    """Standardise, take away what the factors explain, count the rest in units of its usual size, add up squares."""
    scaler = StandardScaler().fit(healthy)
    standard = scaler.transform(healthy)
    factors = PCA(FACTORS).fit(standard).components_
    unexplained = np.eye(len(SENSORS)) - factors.T @ factors
    usual_rest = (standard @ unexplained).std(axis=0)
    weights = {
        "mean": scaler.mean_,
        "inverse": 1 / scaler.scale_,
        "unexplained": unexplained / usual_rest,
        "ones": np.ones((len(SENSORS), 1)),
    }
    nodes = [
        helper.make_node("Sub", [INPUTS, "mean"], ["centred"], name="centre"),
        helper.make_node("Mul", ["centred", "inverse"], ["standard"], name="scale"),
        helper.make_node("MatMul", ["standard", "unexplained"], ["rest"], name="rest"),
        helper.make_node("Mul", ["rest", "rest"], ["squared"], name="square"),
        helper.make_node("MatMul", ["squared", "ones"], [OUTPUT], name="sum"),
    ]
    return to_onnx(nodes, weights, name="pump_anomaly", inputs=INPUTS, output=OUTPUT, sizes=(len(SENSORS), 1))


def main(folder: Path) -> float:
    """Train, write the example to `folder`, and return the held-out accuracy."""
    healthy, held_out, _, held_out_labels = data()
    model = build(healthy)
    threshold = round(float(np.quantile(answers(model, healthy), 0.99)), 2)
    accuracy = held_out_accuracy(model, held_out, held_out_labels, threshold)
    about = {
        "name": "PumpAnomaly",
        "title": "Sensor anomaly: a proved anomaly trips the device's switch, the readings stay with it",
        "data": "generated readings of a pump, seeds 21 to 24 (see train.py)",
        "inputs": ", ".join(SENSORS),
        "output": "anomaly: squares of what three factors leave unexplained, in units of a healthy pump's, added up",
        "threshold": threshold,
        "held_out": len(held_out_labels),
        "held_out_accuracy": round(accuracy, 4),
    }
    samples = np.vstack([healthy[:32], generate(16, 24, faulty=True)])
    write_example(folder, model, INPUTS, samples, held_out[held_out_labels == 1][0], about)
    return accuracy


if __name__ == "__main__":
    print(f"held-out accuracy {main(Path(__file__).parent):.4f}")
