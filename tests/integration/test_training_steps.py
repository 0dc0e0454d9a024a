"""What the step's circuit computes, beside gradients in floating point: every loss, depth and bound, and who cheats."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from tests.support.federations import small_layout
from tests.support.witnesses import computed
from zkchain.halo2 import Engine
from zkchain.training.circuits import TrainingCircuits, build_circuits, commit_vectors, prove_vectors
from zkchain.training.curve import add, negative
from zkchain.training.dataset import fresh_salt
from zkchain.training.factors import clip_factors
from zkchain.training.gradients import clipped_sum, sample_gradients
from zkchain.training.grid import from_grid, to_grid
from zkchain.training.layout import Layout
from zkchain.training.plan_rules import expect_lengths

#: Logistic regression, linear regression, a network of yes-or-no answers with a hidden layer, and one of numbers.
NETWORKS = [((3, 1), "logistic"), ((3, 1), "squared"), ((3, 4, 2), "logistic"), ((3, 4, 1), "squared")]


class Step:
    """One made-up step: its committed vectors, and what the circuit makes of them."""

    def __init__(self, layout: Layout, seed: int) -> None:
        self.layout, net, rng = layout, layout.architecture, np.random.default_rng(seed)
        x = rng.normal(size=(layout.batch, net.features)) / np.sqrt(net.features)
        y = rng.integers(0, 2, (layout.batch, net.targets)).astype(float)
        weights = 0.5 * rng.normal(size=net.parameters)
        scale = layout.scale
        self.data = (*to_grid(np.r_[x.ravel(), y.ravel()], scale, "data"), *fresh_salt(layout.data_salt))
        self.weights = (*to_grid(weights, scale, "weights"), *fresh_salt(layout.weights_salt, layout.limb_bits))
        drawn = tuple(int(n) for n in rng.integers(-900, 900, net.parameters)) if layout.noisy else ()
        self.noise = (*drawn, *fresh_salt(layout.noise_salt))
        self.salts = fresh_salt(layout.factor_length - layout.batch, layout.limb_bits)
        self.factors = clip_factors(layout, self.data, self.weights, layout.batch)
        self.drawn = np.array(drawn or [0] * net.parameters)

    @property
    def vectors(self) -> list[tuple[int, ...]]:
        return [self.data, self.weights, self.noise, (*self.factors, *self.salts)]

    def gradients(self) -> np.ndarray:
        """Of each sample, on what was committed, times its factor."""
        net, n = self.layout.architecture, self.layout.batch
        values = np.array(from_grid(self.data, self.layout.scale))
        x = values[: n * net.features].reshape(n, -1)
        y = values[n * net.features : n * (net.features + net.targets)].reshape(n, -1)
        weights = np.array(from_grid(self.weights[: net.parameters], self.layout.scale))
        factors = np.array(from_grid(self.factors, self.layout.scale))
        return sample_gradients(net, weights, x, y) * factors[:, None]

    def update(self, prover: Engine, folder: Path) -> np.ndarray:
        """The circuit's sum of gradients, without the noise, in floating point."""
        found = computed("step", self.layout, self.vectors, prover, folder)
        d = self.layout.architecture.parameters
        assert found[d:] == self.salts[self.layout.factor_salt :]
        return (np.array(found[:d]) - self.drawn) / 2**self.layout.scale


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("steps")


def built(prover: Engine, layout: Layout, folder: Path) -> TrainingCircuits:
    return build_circuits(layout, prover=prover, home=folder)


def close(found: np.ndarray, expected: np.ndarray) -> bool:
    """Within what rounding in several layers can add up to."""
    return bool(np.abs(found - expected).max() < 12 / 1024)


@pytest.mark.parametrize(("sizes", "loss"), NETWORKS)
def test_a_step_is_the_sum_of_clipped_gradients(
    prover: Engine, folder: Path, sizes: tuple[int, ...], loss: str
) -> None:
    step = Step(small_layout(sizes=sizes, loss=loss), seed=3)  # type: ignore[arg-type]
    assert close(step.update(prover, folder), clipped_sum(step.gradients(), 1.0))


def test_a_gradient_longer_than_the_clip_counts_for_nothing(prover: Engine, folder: Path) -> None:
    layout = small_layout(sizes=(3, 1), loss="squared")
    step = Step(layout, seed=6)
    net, scale = layout.architecture, layout.scale
    far = list(step.data)
    far[layout.batch * net.features] = 5 * 2**scale  # the first sample's answer, far from any that the model gives
    step.data, step.factors = tuple(far), (2**scale,) * layout.batch
    gradients = step.gradients()
    lengths = np.linalg.norm(gradients, axis=1)
    assert lengths[0] > 1.5
    kept = gradients[(lengths < 0.95)].sum(axis=0)
    assert ((lengths < 0.95) | (lengths > 1.05)).all()
    assert close(step.update(prover, folder), kept)


@pytest.mark.parametrize("factor", [-1, -512, -1024, -5000])
def test_a_negative_factor_is_none(prover: Engine, folder: Path, factor: int) -> None:
    """Else an owner could have the model unlearn its samples."""
    step = Step(small_layout(), seed=5)
    step.factors = (factor, *step.factors[1:])
    found = step.update(prover, folder)
    step.factors = (0, *step.factors[1:])
    assert close(found, clipped_sum(step.gradients(), 1.0))


def test_a_factor_above_one_is_one(prover: Engine, folder: Path) -> None:
    step = Step(small_layout(), seed=5)
    honest = step.update(prover, folder)
    step.factors = tuple(2**11 if factor == 2**10 else factor for factor in step.factors)
    assert 2**11 in step.factors
    assert close(step.update(prover, folder), honest)


def test_each_coordinate_is_clipped_to_the_bound(prover: Engine, folder: Path) -> None:
    step = Step(small_layout(bound="coordinate", limit=0.125), seed=3)
    whole = step.gradients().sum(axis=0)
    assert np.abs(whole).max() > 0.2
    assert close(step.update(prover, folder), np.clip(whole, -0.125, 0.125))


@pytest.mark.parametrize(("limit", "kept"), [(0.1, 0.0), (4.0, 1.0)])
def test_an_update_longer_than_the_bound_is_nothing(prover: Engine, folder: Path, limit: float, kept: float) -> None:
    step = Step(small_layout(bound="length", limit=limit), seed=3)
    whole = step.gradients().sum(axis=0)
    assert 0.15 < np.linalg.norm(whole) < 3.9
    assert close(step.update(prover, folder), kept * whole)


@pytest.mark.parametrize("bound", ["none", "length"])
def test_the_longest_clip_and_bound_of_a_plan_are_on_the_grid(
    prover: Engine, folder: Path, bound: Literal["none", "length"]
) -> None:
    longest = 255.99
    expect_lengths(10, longest, 1.0, bound, longest if bound == "length" else 0.0)
    layout = replace(small_layout(bound=bound, limit=longest), clip=longest)
    step = Step(layout, seed=3)
    assert close(step.update(prover, folder), step.gradients().sum(axis=0))


@pytest.mark.parametrize("divisor", [1.0, 4.0, 1024.0])
def test_the_servers_step_is_the_sum_over_the_divisor(prover: Engine, folder: Path, divisor: float) -> None:
    layout = small_layout(divisor=divisor)
    d, rng = layout.architecture.parameters, np.random.default_rng(1)
    weights = (*map(int, rng.integers(-999, 999, d)), *fresh_salt(layout.weights_salt, layout.limb_bits))
    total = (*map(int, rng.integers(-9999, 9999, d)), *fresh_salt(layout.salts_length, layout.limb_bits))
    found = computed("server", layout, [weights, total], prover, folder)
    assert np.abs(np.array(found[:d]) - (np.array(weights[:d]) + np.array(total[:d]) / divisor)).max() < 1
    assert found[d:] == total[d + layout.update_salt :]


def test_a_networks_proof_commits_to_exactly_what_was_registered(prover: Engine, folder: Path) -> None:
    """A hidden layer, proved for real: every tensor's commitment is that of the vector, to the bit."""
    step = Step(small_layout(sizes=(3, 4, 2)), seed=3)
    circuits, vectors = built(prover, step.layout, folder), step.vectors
    proof, instances, update = prove_vectors(circuits.step, [from_grid(v, step.layout.scale) for v in vectors], prover)
    points: Sequence[bytes] = commit_vectors(circuits, [*vectors, update], prover)
    assert instances == ()
    assert [proof[64 * at : 64 * at + 64] for at in range(5)] == list(points)
    assert prover.verify(circuits.step.files, (), proof)
    assert not prover.verify(circuits.step.files, (), proof[:64] + points[1] + proof[128:-1] + bytes([proof[-1] ^ 1]))
    settings = json.loads(circuits.step.files.settings.read_text())
    assert settings["model_instance_shapes"] == []
    for other in (circuits.server, circuits.weights):
        assert prover.commit(other.files, [step.weights, update], lambda *_: None) == (points[1], points[4])


def test_no_difference_of_commitments_is_one_to_the_bare_gradients(prover: Engine, folder: Path) -> None:
    """Whoever can guess a data set could compute that one, and see whether it is this."""
    step = Step(small_layout(), seed=9)
    circuits, d = built(prover, step.layout, folder), step.layout.architecture.parameters
    proof, _, update = prove_vectors(circuits.step, [from_grid(v, step.layout.scale) for v in step.vectors], prover)
    bare = tuple(value - drawn for value, drawn in zip(update[:d], step.drawn.tolist(), strict=True))
    blank, known = commit_vectors(circuits, [(0,), bare], prover)
    shown = [proof[64 * number : 64 * number + 64] for number in range(5)]
    guessed = {add(known, negative(blank)), known}
    assert not guessed & {add(shown[4], negative(other)) for other in shown[:4]}
    same_salt = (*step.drawn.tolist(), *update[d:])
    assert add(shown[4], negative(commit_vectors(circuits, [same_salt], prover)[0])) in guessed, "as it would be"


@pytest.mark.slow
@pytest.mark.parametrize(("sizes", "parameters"), [((999, 1), 1000), ((30, 31, 1), 993), ((30, 60, 1), 1921)])
def test_thousands_of_parameters_are_one_vector(
    prover: Engine, folder: Path, sizes: tuple[int, ...], parameters: int
) -> None:
    """The step and the server's after it, both proved: the server's answer is the exact one, rounded up or down."""
    step = Step(small_layout(sizes=sizes), seed=8)
    layout, scale = step.layout, step.layout.scale
    circuits, d = built(prover, layout, folder), layout.architecture.parameters
    assert d == parameters
    proof, _, update = prove_vectors(circuits.step, [from_grid(v, scale) for v in step.vectors], prover)
    assert proof[4 * 64 : 5 * 64] == commit_vectors(circuits, [update], prover)[0]
    found = (np.array(update[:d]) - step.drawn) / 2**scale
    assert close(found, clipped_sum(step.gradients(), 1.0))
    _, _, after = prove_vectors(circuits.server, [from_grid(v, scale) for v in (step.weights, update)], prover)
    exact = np.array(step.weights[:d]) + np.array(update[:d]) / layout.divisor
    assert np.abs(np.array(after[:d]) - exact).max() < 1
