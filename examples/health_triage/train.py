"""Train the triage model: cell measurements of a biopsy to a score for malignancy.

Data: Breast Cancer Wisconsin (Diagnostic), 569 biopsies with 30 measurements, as scikit-learn ships it.
"""

import sys
from pathlib import Path

from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(Path(__file__).parents[1]))
from networks import held_out_accuracy, network_to_onnx, write_example

INPUTS, OUTPUT = "measurements", "malignancy"
THRESHOLD = 0.0


def data():
    """Training and held-out biopsies, then their labels: 1 for malignant."""
    features, benign = load_breast_cancer(return_X_y=True)
    return train_test_split(features, 1 - benign, test_size=0.3, random_state=0, stratify=benign)


def main(folder: Path) -> float:
    """Train, write the example to `folder`, and return the held-out accuracy."""
    train, held_out, train_labels, held_out_labels = data()
    scaler = StandardScaler().fit(train)
    network = MLPClassifier((8,), alpha=1.0, max_iter=3000, random_state=0)
    network.fit(scaler.transform(train), train_labels)
    model = network_to_onnx(network, scaler, name="breast_cancer_triage", inputs=INPUTS, output=OUTPUT)
    accuracy = held_out_accuracy(model, held_out, held_out_labels, THRESHOLD)
    about = {
        "name": "BreastCancerTriage",
        "title": "Breast-cancer triage: a positive score sends a biopsy to a pathologist first",
        "data": "Breast Cancer Wisconsin (Diagnostic), 569 biopsies, shipped with scikit-learn",
        "inputs": "30 measurements of cell nuclei, raw",
        "output": "malignancy: a logit; above 0 means malignant",
        "threshold": THRESHOLD,
        "held_out": len(held_out_labels),
        "held_out_accuracy": round(accuracy, 4),
    }
    write_example(folder, model, INPUTS, train[:48], held_out[0], about)
    return accuracy


if __name__ == "__main__":
    print(f"held-out accuracy {main(Path(__file__).parent):.4f}")
