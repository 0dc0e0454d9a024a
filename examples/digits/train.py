"""Train the digit reader: 64 grey pixels of a written digit to ten scores, the largest of which is the digit.

Data: Optical Recognition of Handwritten Digits, 1,797 images of 8 by 8 pixels from 0 to 16, as scikit-learn ships it.
"""

import sys
from pathlib import Path

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

sys.path.insert(0, str(Path(__file__).parents[1]))
from networks import held_out_accuracy, network_to_onnx, write_example

INPUTS, OUTPUT = "pixels", "scores"
MIDDLE = 8.0


def data():
    """Training and held-out images (count, 64), then their digits."""
    images, digits = load_digits(return_X_y=True)
    return train_test_split(images, digits, test_size=0.3, random_state=0, stratify=digits)


def main(folder: Path) -> float:
    """Train, write the example to `folder`, and return the held-out accuracy."""
    train, held_out, train_digits, held_out_digits = data()
    network = MLPClassifier((16,), alpha=1.0, max_iter=3000, random_state=0)
    network.fit((train - MIDDLE) / MIDDLE, train_digits)
    # All pixels have one scale, so it goes into the first layer without loss, and the circuit is a third of the size.
    network.intercepts_[0] -= network.coefs_[0].sum(axis=0)
    network.coefs_[0] /= MIDDLE
    model = network_to_onnx(network, None, name="digit_reader", inputs=INPUTS, output=OUTPUT)
    accuracy = held_out_accuracy(model, held_out, held_out_digits, None)
    about = {
        "name": "DigitReader",
        "title": "Digits: the digit in an image that nobody sees",
        "data": "Optical Recognition of Handwritten Digits, 1,797 images, shipped with scikit-learn",
        "inputs": "64 pixels from 0 to 16, row by row",
        "output": "scores: ten logits; the largest names the digit",
        "threshold": None,
        "held_out": len(held_out_digits),
        "held_out_accuracy": round(accuracy, 4),
    }
    write_example(folder, model, INPUTS, train[:48], held_out[0], about)
    return accuracy


if __name__ == "__main__":
    print(f"held-out accuracy {main(Path(__file__).parent):.4f}")
