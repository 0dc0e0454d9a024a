"""What counts as another answer, and how decided the float model was."""

import numpy as np
import pytest

from zkchain.circuit.labels import flips, labels, margins


def array(*rows):
    return np.asarray(rows, dtype=float)


def test_several_elements_are_judged_by_the_first_largest():
    assert labels(array([[1, 3, 3]], [[5, 4, 3]]), whole=False).tolist() == [[1], [0]]


def test_a_single_element_is_judged_by_its_sign_and_zero_is_not_positive():
    assert labels(array([[0.5]], [[0.0]], [[-1.0]]), whole=False).tolist() == [[True], [False], [False]]


def test_whole_numbers_are_their_own_labels():
    assert labels(array([3, 4]), whole=True).tolist() == [[3, 4]]


def test_every_position_of_a_longer_tensor_has_a_label_of_its_own():
    assert labels(np.zeros((2, 5, 3)), whole=False).shape == (2, 5)
    assert labels(np.zeros((2, 5, 1)), whole=False).shape == (2, 5)
    assert labels(np.zeros(2), whole=False).shape == (2, 1)


def test_a_margin_is_the_distance_to_the_nearest_other_label():
    assert margins(array([1.0, 4.0, 2.5]), whole=False).tolist() == [1.5]
    assert margins(array([[1.0, 4.0], [0.25, 0.0]]), whole=False).tolist() == [0.25]
    assert margins(array([[-0.125]]), whole=False).tolist() == [0.125]
    assert margins(array([7]), whole=True).tolist() == [np.inf]


def test_a_gap_is_the_float_models_preference_over_the_circuits_choice():
    flipped, gaps = flips(array([3.0, 2.0, 0.0], [3.0, 2.0, 0.0]), array([1.0, 2.0, 9.0], [3.0, 2.9, 0.0]), whole=False)
    assert flipped.tolist() == [True, False]
    assert gaps.tolist() == [3.0, 0.0]


def test_a_flip_at_an_exact_tie_has_no_gap():
    flipped, gaps = flips(array([1.0, 1.0]), array([0.0, 1.0]), whole=False)
    assert flipped.tolist() == [True]
    assert gaps.tolist() == [0.0]


def test_a_changed_sign_and_a_changed_whole_number():
    flipped, gaps = flips(array([[0.5]], [[0.5]]), array([[-0.1]], [[9.0]]), whole=False)
    assert flipped.tolist() == [True, False]
    assert gaps.tolist() == [0.5, 0.0]
    flipped, gaps = flips(array([3], [3]), array([4], [3]), whole=True)
    assert flipped.tolist() == [True, False]
    assert gaps.tolist() == [np.inf, 0.0]


@pytest.mark.parametrize("shape", [(3,), (4, 3), (1,), (2, 5, 3)])
def test_errors_below_half_the_margin_flip_nothing(shape):
    random = np.random.default_rng(0)
    floats = random.normal(size=(200, *shape))
    errors = (
        random.uniform(-1, 1, size=floats.shape) * 0.499 * margins(floats, whole=False).reshape(-1, *[1] * len(shape))
    )
    flipped, gaps = flips(floats, floats + errors, whole=False)
    assert not flipped.any()
    assert not gaps.any()


@pytest.mark.parametrize("shape", [(3,), (4, 3), (1,)])
def test_no_gap_is_wider_than_twice_the_error(shape):
    random = np.random.default_rng(1)
    floats = random.normal(size=(200, *shape))
    errors = random.uniform(-0.5, 0.5, size=floats.shape)
    flipped, gaps = flips(floats, floats + errors, whole=False)
    assert flipped.any()
    assert gaps.max() <= 2 * np.abs(errors).max()


def test_no_samples_are_no_trouble():
    flipped, gaps = flips(np.zeros((0, 3)), np.zeros((0, 3)), whole=False)
    assert flipped.shape == gaps.shape == (0,)
