"""Polynomials, ranges and parameters: what is promised of errors holds, and what has no promise is refused."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zkchain.errors import TooDeep, ValueOutOfRange
from zkchain.training.he.activations import DEGREES, Stand, levels_of, polynomial, stand_for
from zkchain.training.he.network import KINDS, Layer, Network, activation
from zkchain.training.he.parameters import Parameters, choose_parameters
from zkchain.training.he.plan import MAX_WIDTH, Plan, approximate, make_plan, steps, worst_error
from zkchain.values import ZERO_DIGEST

#: Bits of the modulus at 128 bits of classical security: the standard's table 1.
SECURE = {8192: 218, 16384: 438, 32768: 881}


def net(kinds, *, width=4, seed=0):
    drawn = np.random.default_rng(seed)
    sizes = [width] * (len(kinds) + 1) + [2]
    layers = [
        Layer(drawn.normal(size=(left, right)) / 2, drawn.normal(size=right) / 4, kind)
        for left, right, kind in zip(sizes, sizes[1:], (*kinds, None), strict=False)
    ]
    return Network(tuple(layers), (), b"")


def planned(network, *, degree=7, rows=None, seed=0):
    rows = np.random.default_rng(seed).normal(size=(40, 4)) if rows is None else rows
    return make_plan(network, ZERO_DIGEST, rows, degree, made_up=False), rows


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("degree", DEGREES)
@given(radius=st.floats(0.1, 30.0), place=st.floats(-1.0, 1.0))
@settings(max_examples=15, deadline=None)
def test_a_polynomial_is_as_close_as_it_says_everywhere_in_its_range(kind, degree, radius, place):
    stand = stand_for(kind, np.array([radius, radius / 2]), degree)
    for neuron in (0, 1):
        z = np.array([place * stand.radius[neuron]])
        got = stand.gain[neuron] * polynomial(stand.coefficients, z / stand.radius[neuron])
        # Between the points where the error was looked for it can be a little larger, at the kink of Relu most.
        assert abs(got - activation(kind, z))[0] <= stand.error * stand.gain[neuron] * 1.01 + 1e-9 * radius**2


@pytest.mark.parametrize("kind", ["Relu", "Sigmoid", "Tanh"])
def test_a_higher_degree_is_closer(kind):
    errors = [stand_for(kind, np.array([3.0]), degree).error for degree in DEGREES]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < errors[0] / 2


def test_a_square_is_exact():
    stand = stand_for("Square", np.array([3.0]), 7)
    assert stand.error == 0
    assert stand.levels == 1
    assert stand.gain == (9.0,)


@pytest.mark.parametrize(("degree", "levels"), [(1, 1), (2, 2), (3, 2), (4, 3), (7, 3), (8, 4), (15, 4)])
def test_levels_are_those_of_the_highest_power_and_its_coefficient(degree, levels):
    assert levels_of(degree) == levels


@pytest.mark.parametrize(
    "wrong",
    [
        {"radius": (0.0,)},
        {"radius": (-1.0,)},
        {"gain": (math.inf,)},
        {"coefficients": (math.nan, 1.0)},
        {"coefficients": (1.0,)},
        {"coefficients": (1.0,) * 17},
        {"kind": "Erf"},
        {"error": -1.0},
        {"radius": ()},
    ],
)
def test_a_stand_without_sense_is_refused(wrong):
    good = {"kind": "Relu", "radius": (1.0,), "gain": (1.0,), "coefficients": (0.0, 1.0), "error": 0.1}
    assert Stand(**good).levels == 1
    with pytest.raises(ValueError, match=r"range|no such"):
        Stand(**{**good, **wrong})


@given(
    kinds=st.lists(st.sampled_from(KINDS), max_size=2),
    seed=st.integers(0, 1000),
    degree=st.sampled_from(DEGREES[:2]),
)
@settings(max_examples=40, deadline=None)
def test_scores_are_never_further_off_than_the_worst_case(kinds, seed, degree):
    network = net(kinds, seed=seed)
    plan, rows = planned(network, degree=degree, seed=seed)
    others = np.random.default_rng(seed + 1).normal(size=(50, 4)) * 0.8
    worst = worst_error(network, plan)
    for row in (*rows, *others):
        try:
            near = approximate(network, plan, row[None])
        except ValueOutOfRange:
            continue
        *_, exact = network.pre_activations(row[None])
        assert (np.abs(near - exact)[0] <= worst * 1.01 + 1e-9).all()


@given(kinds=st.lists(st.sampled_from(KINDS), max_size=2), seed=st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_folded_steps_are_the_same_computation(kinds, seed):
    network = net(kinds, seed=seed)
    plan, rows = planned(network, seed=seed)
    values = rows / np.asarray(plan.inputs)
    for step in steps(network, plan):
        values = values @ step.matrix + step.bias
        assert np.abs(values).max() <= 1.0 + 1e-9, "all numbers under encryption are about one"
        values = values if step.coefficients is None else polynomial(step.coefficients, values)
        assert step.square == (step.coefficients == (0.0, 0.0, 1.0))
    assert np.allclose(values * np.asarray(plan.scores), approximate(network, plan, rows))


@pytest.mark.parametrize("place", [0, 3])
def test_an_input_out_of_range_is_refused_and_not_shown(place):
    network = net(["Relu"])
    plan, rows = planned(network)
    row = rows[:1].copy()
    row[0, place] = 12345.678
    with pytest.raises(ValueOutOfRange, match=f"inputs, position {place}") as refused:
        approximate(network, plan, row)
    assert "12345" not in str(refused.value.to_json())


def test_what_leaves_the_range_inside_is_refused():
    network = net(["Relu"])
    plan, rows = planned(network)
    with pytest.raises(ValueOutOfRange, match="layer 1"):
        approximate(network, plan, rows * 3)


def test_scores_out_of_range_are_refused():
    network = net([])
    plan, rows = planned(network, rows=np.eye(4))
    narrow = replace(plan, scores=tuple(score / 100 for score in plan.scores))
    with pytest.raises(ValueOutOfRange, match="scores"):
        approximate(network, narrow, rows)


def test_a_plan_for_another_network_is_refused():
    plan, _ = planned(net(["Relu"]))
    for other in (net(["Tanh"]), net([]), net(["Relu", "Relu"]), net(["Relu"], width=5)):
        with pytest.raises(ValueError, match="another network"):
            list(steps(other, plan))


def test_inputs_that_are_always_zero_get_a_range():
    plan, _ = planned(net(["Relu"]), rows=np.zeros((3, 4)))
    assert min(plan.inputs) > 0


def test_a_plan_survives_its_json():
    plan, _ = planned(net(["Relu", "Square"]))
    assert Plan.from_json(plan.to_json()) == plan
    with pytest.raises(ValueError, match="positive"):
        Plan.from_json({**plan.to_json(), "scores": [0.0]})


def test_layers_too_wide_are_refused():
    layer = Layer(np.zeros((MAX_WIDTH + 1, 1)), np.zeros(1), None)
    with pytest.raises(TooDeep, match=f"takes {MAX_WIDTH}"):
        make_plan(Network((layer,), (), b""), ZERO_DIGEST, np.ones((1, MAX_WIDTH + 1)), 7, made_up=False)


@pytest.mark.parametrize("levels", range(1, 20))
def test_parameters_are_secure_and_deep_enough(levels):
    chosen = choose_parameters(levels)
    assert sum(chosen.modulus_bits) <= SECURE[chosen.ring]
    assert len(chosen.modulus_bits) == levels + 2
    assert set(chosen.modulus_bits[1:-1]) == {chosen.scale_bits}
    assert 40 <= chosen.scale_bits <= 50
    assert chosen.rows == chosen.ring // 2
    assert Parameters.from_json(chosen.to_json()) == chosen


def test_more_levels_than_a_ciphertext_bears_are_refused():
    with pytest.raises(TooDeep, match="20 multiplications"):
        choose_parameters(20)
