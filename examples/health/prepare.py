"""Cut the breast cancer set (UCI, CC BY 4.0) into four hospitals' samples and a test set that no hospital has.

Features are standardised, cut off at three deviations and shrunk so that a sample's norm is about three: agreed on
in public, by numbers of the whole set, before anybody commits to anything.
"""

import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from federation import write_owners

HOSPITALS = ("north", "east", "south", "west")
NORM, TEST, SEED = 3.0, 143, 7


def main() -> None:
    x, benign = load_breast_cancer(return_X_y=True)
    order = np.random.default_rng(SEED).permutation(len(x))
    train = x[order[: len(x) - TEST]]
    scaled = np.clip((x - train.mean(axis=0)) / train.std(axis=0), -3, 3) * NORM / np.sqrt(x.shape[1])
    write_owners(HERE / "data", scaled[order], 1 - benign[order], HOSPITALS, TEST, 4)


if __name__ == "__main__":
    main()
