"""Random vectors through all that has to agree to the bit: a mode's sum, commitments, the ledger's check, the model."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.extras import need_training
from tests.support.federations import small_layout
from tests.support.homes import furnished
from tests.support.updates import column_sums, write_updates
from tests.support.witnesses import computed
from zkchain.halo2 import Engine
from zkchain.training.aggregate import aggregator
from zkchain.training.attribution import blank_of, sum_matches
from zkchain.training.circuits import TrainingCircuits, build_circuits, commit_vectors
from zkchain.training.grid import EXACT_BITS

need_training()

LAYOUT = small_layout()
#: The most of any client's number: the sum of three is still on the grid.
MOST = 2 ** (EXACT_BITS - 2) - 1


@dataclass(frozen=True)
class Built:
    circuits: TrainingCircuits
    blank: bytes
    folder: Path


@pytest.fixture(scope="module")
def built(prover: Engine, tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder: Path = tmp_path_factory.mktemp("exact")
    circuits = build_circuits(LAYOUT, prover=prover, home=furnished(folder / "home"))
    return Built(circuits, blank_of(circuits, prover), folder)


@pytest.mark.parametrize("mode", ["clear", "mpc", "he", "secagg"])
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), extreme=st.sampled_from([-MOST, -1, 0, MOST]))
def test_a_sum_is_what_the_ledger_takes_and_the_model_is_made_of(
    prover: Engine, built: Built, mode: str, seed: int, extreme: int
) -> None:
    rng, d = np.random.default_rng(seed), LAYOUT.architecture.parameters
    drawn = rng.integers(-MOST, MOST + 1, (3, LAYOUT.update_length))
    drawn[:, 0] = extreme
    drawn[:, d:] = np.abs(drawn[:, d:])  # salt
    updates = [tuple(map(int, row)) for row in drawn]
    with TemporaryDirectory() as root:
        paths = write_updates(Path(root), updates)
        summing = aggregator(mode, scratch=Path(root) / "scratch")  # type: ignore[arg-type]
        total = summing.total(paths, length=LAYOUT.update_length, bound=MOST)
    assert total == column_sums(updates)

    *points, point = commit_vectors(built.circuits, [*updates, total], prover)
    assert sum_matches(point, built.blank, points)
    other = (total[0] - 1 if extreme > 0 else total[0] + 1, *total[1:])
    assert not sum_matches(commit_vectors(built.circuits, [other], prover)[0], built.blank, points)

    weights = tuple(map(int, rng.integers(-(2**12), 2**12, LAYOUT.weights_length)))
    after = computed("server", LAYOUT, [weights, total], prover, built.folder)
    exact = np.array(weights[:d]) + np.array(total[:d]) / LAYOUT.divisor
    assert np.abs(np.array(after[:d]) - exact).max() < 1, "rounded up or down"
    assert after[d:] == total[d + LAYOUT.update_salt :]
