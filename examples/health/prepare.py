"""Cut the breast cancer set (UCI, CC BY 4.0) into four hospitals' samples and a test set that no hospital has.

Features are standardised, cut off at three deviations and shrunk so that a sample's norm is about three: agreed on
in public, by numbers of the whole set, before anybody commits to anything.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer

HOSPITALS = ("north", "east", "south", "west")
NORM = 3.0
TRAIN = 426
SEED = 7


def main() -> None:
    x, benign = load_breast_cancer(return_X_y=True)
    order = np.random.default_rng(SEED).permutation(len(x))
    mean, deviation = x[order[:TRAIN]].mean(axis=0), x[order[:TRAIN]].std(axis=0)
    scaled = np.clip((x - mean) / deviation, -3, 3) * NORM / np.sqrt(x.shape[1])
    folder = Path(__file__).with_name("data")
    parts = dict(zip(HOSPITALS, np.array_split(order[:TRAIN], len(HOSPITALS)), strict=True))
    for name, rows in {**parts, "test": order[TRAIN:]}.items():
        table = np.column_stack([scaled[rows], 1 - benign[rows]])
        header = ",".join([*(f"f{n}" for n in range(x.shape[1])), "malignant"])
        np.savetxt(folder / f"{name}.csv", table, delimiter=",", header=header, comments="", fmt="%.4f")


if __name__ == "__main__":
    main()
