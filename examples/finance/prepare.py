"""Cut generated applications (examples/credit_scoring/train.py says how they are made) into four banks' samples.

Figures are standardised by agreed numbers, those of a thousand other applications, and shrunk so that a sample's norm
is about two.
"""

import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "credit_scoring")]
from federation import write_owners
from train import generate

BANKS = ("alder", "birch", "cedar", "maple")
NORM, TEST = 2.0, 400


def main() -> None:
    agreed, _ = generate(1000, 5)
    x, repaid = generate(4 * 240 + TEST, 12)
    scaled = np.clip((x - agreed.mean(axis=0)) / agreed.std(axis=0), -3, 3) * NORM / np.sqrt(x.shape[1])
    write_owners(HERE / "data", scaled, repaid, BANKS, TEST, 4)


if __name__ == "__main__":
    main()
