"""An honest client's factors, against gradients computed here in floating point."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.federations import small_layout
from zkchain.training.factors import clip_factors
from zkchain.training.grid import from_grid, to_grid
from zkchain.training.layout import Layout
from zkchain.training.logistic import BENDS, KNOTS, LEAST


def norms(layout: Layout, data: tuple[int, ...], weights: tuple[int, ...]) -> np.ndarray:
    """Euclidean norms of each sample's gradient, by numerical differentiation of its loss."""
    net, n = layout.architecture, layout.batch
    values = np.array(from_grid(data, layout.scale))
    x = values[: n * net.features].reshape(n, -1)
    y = values[n * net.features : n * (net.features + net.targets)].reshape(n, -1)
    plain = replace(net, loss="squared")  # whose answers are the last layer's values
    at, found = np.array(from_grid(weights, layout.scale)), []
    for sample, answer in zip(x, y, strict=True):

        def loss(w: np.ndarray, sample: np.ndarray = sample, answer: np.ndarray = answer) -> float:
            z = plain.forward(w, sample[None])[0]
            if net.loss == "squared":
                return float(((z - answer) ** 2).sum() / 2)
            bent = (np.maximum(z[:, None] - KNOTS, 0.0) ** 2 @ BENDS) / 2  # the logistic function's integral
            return float((LEAST * z + bent - answer * z).sum())

        steps = np.eye(net.parameters) * 1e-5
        found.append(np.linalg.norm([(loss(at + step) - loss(at - step)) / 2e-5 for step in steps]))
    return np.array(found)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([(3, 1), (3, 4, 2)]), st.sampled_from(["logistic", "squared"]))
def test_no_clipped_gradient_is_longer_than_the_clip_and_short_ones_are_left_alone(
    seed: int, sizes: tuple[int, ...], loss: str
) -> None:
    layout = small_layout(sizes=sizes, loss=loss)  # type: ignore[arg-type]
    net, rng = layout.architecture, np.random.default_rng(seed)
    x = rng.normal(size=layout.batch * net.features)
    y = rng.integers(0, 2, layout.batch * net.targets).astype(float)
    data, weights = to_grid(np.r_[x, y], 10, "data"), to_grid(rng.normal(size=net.parameters), 10, "weights")
    factors = np.array(clip_factors(layout, data, weights, layout.batch)) / 1024
    lengths = norms(layout, data, weights)
    assert (factors * lengths <= layout.clip).all()
    assert (factors[lengths < 0.9] > 0.99).all()


def test_the_zeros_that_fill_the_last_batch_count_for_nothing() -> None:
    layout = small_layout()
    data, weights = (0,) * layout.data_length, (0,) * layout.weights_length
    assert clip_factors(layout, data, weights, 1)[1:] == (0, 0, 0)
