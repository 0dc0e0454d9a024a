"""Torch modules in the step's circuit: beside gradients in floating point, beside the graph by hand, and proved."""

from pathlib import Path

import numpy as np
import pytest

from tests.support.extras import need_training
from tests.support.federations import small_layout
from tests.support.modules import MODULES, small_module
from tests.support.witnesses import computed
from zkchain.halo2 import Engine
from zkchain.training.architecture import Architecture
from zkchain.training.circuits import build_circuits, commit_vectors, prove_vectors
from zkchain.training.dataset import fresh_salt
from zkchain.training.gradients import clipped_sum
from zkchain.training.grid import from_grid, to_grid
from zkchain.training.layout import Layout
from zkchain.training.methods import method_of
from zkchain.training.network import Network

need_training()


class Step:
    """One made-up step of a network: its committed vectors, and its gradients in floating point."""

    def __init__(self, layout: Layout, weights: np.ndarray, seed: int = 3) -> None:
        self.layout, net, rng = layout, layout.architecture, np.random.default_rng(seed)
        scale = layout.scale
        self.x = rng.normal(size=(layout.batch, net.features)) / np.sqrt(net.features)
        self.y = rng.integers(0, 2, (layout.batch, net.targets)).astype(float)
        self.at = to_grid(weights, scale, "weights")
        self.weights = (*self.at, *fresh_salt(layout.weights_salt, layout.limb_bits))
        self.drawn = tuple(int(n) for n in rng.integers(-900, 900, net.parameters))
        self.noise = (*self.drawn, *fresh_salt(layout.noise_salt))
        self.salts = fresh_salt(layout.factor_length - layout.batch, layout.limb_bits)
        self.factors = method_of(net).factors(layout, self.data, self.weights, layout.batch)

    @property
    def data(self) -> tuple[int, ...]:
        put = to_grid(np.r_[self.x.ravel(), self.y.ravel()], self.layout.scale, "data")
        return (*put, *(7 for _ in range(self.layout.data_salt)))

    @property
    def vectors(self) -> list[tuple[int, ...]]:
        return [self.data, self.weights, self.noise, (*self.factors, *self.salts)]

    def gradients(self) -> np.ndarray:
        """Of each sample on the grid, times its factor."""
        net, unit = self.layout.architecture, 2.0**-self.layout.scale
        x, y = np.rint(self.x / unit) * unit, np.rint(self.y / unit) * unit
        found = method_of(net).gradients(net, np.array(self.at) * unit, x, y)
        return found * np.array(self.factors)[:, None] * unit

    def update(self, prover: Engine, folder: Path) -> np.ndarray:
        """The circuit's sum of gradients without the noise, in units of the grid."""
        found = computed("step", self.layout, self.vectors, prover, folder)
        d = self.layout.architecture.parameters
        assert found[d:] == self.salts[self.layout.factor_salt :]
        return np.array(found[:d]) - np.array(self.drawn)


def step_of(network: Network, weights: np.ndarray | None = None) -> Step:
    return Step(small_layout(network=network), network.initial(1) if weights is None else weights)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("modules")


@pytest.mark.parametrize("name", MODULES)
def test_a_modules_step_is_the_sum_of_its_clipped_gradients(prover: Engine, folder: Path, name: str) -> None:
    step = step_of(small_module(folder, name))
    assert np.linalg.norm(step.gradients(), axis=1).max() < 1
    expected = 1024 * clipped_sum(step.gradients(), 1.0)
    assert np.abs(expected).max() > 100
    assert np.abs(step.update(prover, folder) - expected).max() < 12


@pytest.mark.parametrize("name", ["linear", "pictures"])
def test_a_sample_whose_factor_is_too_large_counts_for_nothing(prover: Engine, folder: Path, name: str) -> None:
    step = step_of(small_module(folder, name))
    step.y[0] += 7  # far from any answer that the model gives
    step.factors = (2**10,) * step.layout.batch
    lengths = np.linalg.norm(step.gradients(), axis=1)
    assert lengths[0] > 1.5
    assert ((lengths < 0.95) | (lengths > 1.05)).all()
    kept = 1024 * step.gradients()[lengths < 0.95].sum(axis=0)
    assert np.abs(step.update(prover, folder) - kept).max() < 12


def test_the_step_by_hand_and_the_traced_one_of_the_same_network_agree(prover: Engine, folder: Path) -> None:
    """Torch's matrices are the transposes of ours: weights go in and updates come out in another order."""
    dense, module = Architecture(sizes=(3, 4, 2), loss="logistic"), small_module(folder, "layers")
    weights = 0.5 * np.random.default_rng(5).normal(size=dense.parameters)
    order = np.concatenate([np.arange(12).reshape(3, 4).T.ravel(), range(12, 16)])
    order = np.concatenate([order, 16 + np.arange(8).reshape(4, 2).T.ravel(), range(24, 26)])
    by_hand, traced = step_of(dense, weights), step_of(module, weights[order])
    traced.factors = by_hand.factors = tuple(map(min, by_hand.factors, traced.factors))
    assert np.abs(by_hand.gradients()[:, order] - traced.gradients()).max() < 1e-5
    assert np.abs(by_hand.update(prover, folder)[order] - traced.update(prover, folder)).max() < 6


@pytest.mark.slow
def test_a_convolutions_proof_commits_to_exactly_what_was_registered(prover: Engine, folder: Path) -> None:
    step = Step(
        small_layout(network=small_module(folder, "pictures"), batch=2), small_module(folder, "pictures").initial(1)
    )
    circuits = build_circuits(step.layout, prover=prover, home=folder)
    vectors = step.vectors
    proof, instances, update = prove_vectors(circuits.step, [from_grid(v, 10) for v in vectors], prover)
    points = commit_vectors(circuits, [*vectors, update], prover)
    assert instances == ()
    assert [proof[64 * at : 64 * at + 64] for at in range(5)] == list(points)
    assert prover.verify(circuits.step.files, (), proof)


def test_the_published_module_answers_as_the_trained_one(folder: Path) -> None:
    import onnxruntime

    network = small_module(folder, "pictures")
    weights = to_grid(network.initial(2), 10, "weights")
    model = method_of(network).inference(network, weights, 10)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    x = np.random.default_rng(1).normal(size=(1, network.features)).astype(np.float32)
    (log_odds,) = session.run(None, {"x": x})
    expected = network.forward(np.array(from_grid(weights, 10)), x)
    assert np.abs(1 / (1 + np.exp(-log_odds)) - expected).max() < 1e-5


def test_a_step_is_the_same_to_the_byte_however_often_it_is_traced(folder: Path) -> None:
    layout = small_layout(network=small_module(folder, "logistic"))
    first, again = (method_of(layout.architecture).step(layout).SerializeToString() for _ in range(2))
    assert first == again
