"""Train the credit model: six figures of an application to a score; above zero, the loan is expected to be repaid.

Data: generated here with a fixed seed (README.md says why). 4,000 applications; whether a loan is repaid is drawn
with a chance that is a logistic function of the figures below, so that no model can be perfect.
"""

import sys
from pathlib import Path

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(Path(__file__).parents[1]))
from networks import held_out_accuracy, network_to_onnx, write_example

INPUTS, OUTPUT = "application", "score"
THRESHOLD = 0.0
FIELDS = ("income_k", "debt_to_income", "years_employed", "missed_payments", "card_utilisation", "years_of_credit")


def generate(count: int, seed: int):
    """Applications (count, 6) and labels; 1 means that the loan was repaid."""
    random = np.random.default_rng(seed)
    income = random.lognormal(3.7, 0.45, count)
    debt = random.beta(2, 4, count)
    employed = random.gamma(2.0, 3.0, count)
    missed = random.poisson(0.7, count).astype(float)
    utilisation = random.beta(2, 3, count)
    history = employed * 0.6 + random.gamma(3.0, 2.0, count)
    logit = 1.8 + 0.02 * (income - 40) - 4.0 * debt + 0.12 * employed
    logit += 0.05 * history - 1.1 * missed - 2.0 * utilisation
    repaid = random.random(count) < 1 / (1 + np.exp(-2.2 * (logit + 0.6)))
    return np.column_stack([income, debt, employed, missed, utilisation, history]).round(3), repaid.astype(int)


def data():
    """Training and held-out applications, then their labels."""
    return train_test_split(*generate(4000, 11), test_size=0.3, random_state=0)


def main(folder: Path) -> float:
    """Train, write the example to `folder`, and return the held-out accuracy."""
    train, held_out, train_labels, held_out_labels = data()
    scaler = StandardScaler().fit(train)
    network = MLPClassifier((6,), alpha=0.1, max_iter=2000, random_state=0)
    network.fit(scaler.transform(train), train_labels)
    model = network_to_onnx(network, scaler, name="credit_score", inputs=INPUTS, output=OUTPUT)
    accuracy = held_out_accuracy(model, held_out, held_out_labels, THRESHOLD)
    about = {
        "name": "CreditScore",
        "title": "Credit scoring: a proved score above zero opens a line, the application stays private",
        "data": "4,000 generated applications, seed 11 (see train.py)",
        "inputs": ", ".join(FIELDS),
        "output": "score: a logit; above 0 means expected to be repaid",
        "threshold": THRESHOLD,
        "held_out": len(held_out_labels),
        "held_out_accuracy": round(accuracy, 4),
    }
    good = held_out[held_out_labels == 1][0]
    write_example(folder, model, INPUTS, train[:48], good, about)
    return accuracy


if __name__ == "__main__":
    print(f"held-out accuracy {main(Path(__file__).parent):.4f}")
