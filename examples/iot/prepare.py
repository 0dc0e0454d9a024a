"""Cut generated readings (examples/sensor_anomaly/train.py says how they are made) into four plants' samples.

What three factors explain is taken away first, by a thousand healthy readings that all agree on; how far the rest is
from usual is what the detector sees.
"""

import sys
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "sensor_anomaly")]
from federation import write_owners
from train import FACTORS, generate

PLANTS = ("harbour", "mill", "quarry", "works")
NORM, TEST, EACH = 2.0, 400, 160


def main() -> None:
    agreed = generate(1000, 31, faulty=False)
    scaler = StandardScaler().fit(agreed)
    factors = PCA(FACTORS).fit(scaler.transform(agreed))

    def distance(readings: np.ndarray) -> np.ndarray:
        scaled = scaler.transform(readings)
        return np.abs(scaled - factors.inverse_transform(factors.transform(scaled)))

    usual = distance(agreed).mean(axis=0)
    count = 4 * EACH + TEST
    readings = np.vstack([generate(count // 2, 32, faulty=False), generate(count // 2, 33, faulty=True)])
    faulty = np.repeat([0, 1], count // 2)
    order = np.random.default_rng(0).permutation(count)
    scaled = np.clip(distance(readings) / usual - 1, -3, 6)[order] * NORM / np.sqrt(readings.shape[1]) / 2
    write_owners(HERE / "data", scaled, faulty[order], PLANTS, TEST, 4)


if __name__ == "__main__":
    main()
