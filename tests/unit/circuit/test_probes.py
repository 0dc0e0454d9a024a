"""Probes stay where they say they are, are reproducible, and reach the boundary."""

import numpy as np
import pytest

from zkchain.circuit.probes import OUTSIDE, RANDOM_INPUTS, make_probes
from zkchain.errors import ModelInvalid, ValueOutOfRange

BOUNDS = [(-1.0, 2.0)]


def samples(count=20, size=3, kind=np.float32):
    values = np.random.default_rng(3).uniform(-1, 2, size=(count, 1, size))
    return [(row.astype(kind),) for row in values]


def two_logits(inputs):
    """Two logits whose sum is 0: the first is the sum of the input less one."""
    return [(np.stack([sample[0].sum(axis=1) - 1, 1 - sample[0].sum(axis=1)], axis=1),) for sample in inputs]


def by_name(*arguments, **options):
    return {probes.name: probes for probes in make_probes(*arguments, **options)}


def test_there_is_a_section_of_each_kind_with_an_answer_for_each_input():
    found = by_name(samples(), BOUNDS, two_logits)
    assert list(found) == ["data", "ties", "random", "corners", "outside"]
    for probes in found.values():
        assert len(probes.inputs) == len(probes.references) > 0
        assert all(sample[0].dtype == np.float32 and sample[0].shape == (1, 3) for sample in probes.inputs)


@pytest.mark.parametrize("name", ["ties", "random", "corners"])
def test_all_but_the_outside_stay_within_the_bounds(name):
    values = np.stack([sample[0] for sample in by_name(samples(), BOUNDS, two_logits)[name].inputs])
    assert values.min() >= -1
    assert values.max() <= 2


def test_random_inputs_fill_the_bounds_and_differ():
    values = np.stack([sample[0] for sample in by_name(samples(), BOUNDS, two_logits)["random"].inputs])
    assert len(np.unique(values, axis=0)) == RANDOM_INPUTS
    assert values.min() < -0.8
    assert values.max() > 1.8


def test_corners_are_at_the_ends_of_the_bounds_or_of_an_elements_own_range():
    given = samples()
    own = np.stack([sample[0] for sample in given])
    for sample in by_name(given, BOUNDS, two_logits)["corners"].inputs:
        at_bounds = np.isin(sample[0], np.asarray(BOUNDS, dtype=np.float32))
        at_own = (sample[0] == own.min(axis=0)) | (sample[0] == own.max(axis=0))
        assert at_bounds.all() or at_own.all()


def test_the_outside_is_half_as_wide_again():
    values = np.stack([sample[0] for sample in by_name(samples(), BOUNDS, two_logits)["outside"].inputs])
    assert np.unique(values).tolist() == [-1.75, 2.75]


def test_ties_lie_on_both_sides_of_the_boundary_and_very_near():
    ties = by_name(samples(), BOUNDS, two_logits)["ties"]
    differences = np.asarray([answer[0][0, 0] - answer[0][0, 1] for answer in ties.references])
    near = differences[np.abs(differences) < 1e-4]
    assert len(near) >= 16
    assert (near > 0).any()
    assert (near <= 0).any()


def test_beside_a_jump_both_of_its_answers_are_known_and_elsewhere_none():
    def stepped(inputs):
        return [(np.asarray([[float(sample[0].sum() > 1)]], dtype=np.float32),) for sample in inputs]

    ties = by_name(samples(), BOUNDS, stepped)["ties"]
    assert len(ties.neighbours) == len(ties.inputs) == 8 + 2 * 16
    assert ties.neighbours[:8] == ((),) * 8, "the samples themselves have one right answer"
    for beside in ties.neighbours[8:]:
        assert {float(answer[0][0, 0]) for answer in beside} == {0.0, 1.0}


def test_random_inputs_give_ties_where_all_data_have_one_label():
    given = [(np.full((1, 3), 1.5, dtype=np.float32),)] * 4
    ties = by_name(given, BOUNDS, two_logits)["ties"]
    assert min(abs(answer[0][0, 0]) for answer in ties.references) < 1e-4


def test_a_model_that_always_says_the_same_has_no_boundary_to_reach():
    ties = by_name(samples(), BOUNDS, lambda inputs: [(np.ones((1, 1), dtype=np.float32),) for _ in inputs])["ties"]
    assert len(ties.inputs) == 8


def test_the_same_data_give_the_same_probes_and_another_seed_others():
    one, again, other = (by_name(samples(), BOUNDS, two_logits, seed=seed)["random"].inputs for seed in (1, 1, 2))
    assert all(np.array_equal(a[0], b[0]) for a, b in zip(one, again, strict=True))
    assert not any(np.array_equal(a[0], b[0]) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(("kind", "low", "high"), [(np.int64, 0, 9), (np.uint8, 0, 9), (np.bool_, 0, 1)])
def test_whole_inputs_stay_whole_and_within_what_the_data_hold(kind, low, high):
    values = np.random.default_rng(0).integers(low, high + 1, size=(30, 1, 4)).astype(kind)
    given = [(row,) for row in values]
    found = by_name(given, [(float(low), high + 1.0)], lambda inputs: [(s[0].astype(np.float32),) for s in inputs])
    for name in ("ties", "random", "corners"):
        for (sample,) in found[name].inputs:
            assert sample.dtype == kind
            assert low <= sample.astype(int).min() <= sample.astype(int).max() <= high
    assert all(sample.dtype == kind for (sample,) in found["outside"].inputs)


def test_the_outside_of_a_type_stays_in_the_type():
    given = [(np.full((1, 2), value, dtype=np.float16),) for value in (-60000, 60000)]
    found = by_name(given, [(-60000.0, 60000.0)], lambda inputs: [(sample[0],) for sample in inputs])
    assert all(np.isfinite(sample).all() for (sample,) in found["outside"].inputs)


def test_several_inputs_and_outputs_are_taken_together():
    values = np.random.default_rng(5).uniform(size=(6, 2)).astype(np.float32)
    given = [(row[:1], row[1:].reshape(1, 1)) for row in values]

    def answer(inputs):
        return [(one, np.asarray(other.ravel() > 0.5)) for one, other in inputs]

    found = by_name(given, [(0.0, 1.0), (0.0, 1.0)], answer)
    for probes in found.values():
        assert all([part.shape for part in sample] == [(1,), (1, 1)] for sample in probes.inputs)


@pytest.mark.parametrize("error", [ModelInvalid, ValueOutOfRange])
def test_made_up_inputs_without_an_answer_are_left_out(error):
    def narrow(inputs):
        if any(sample[0].max() > 2 for sample in inputs):
            raise error("no")
        return two_logits(inputs)

    found = by_name(samples(), BOUNDS, narrow)
    assert len(found["outside"].inputs) == len(found["outside"].references) < OUTSIDE
    assert all(sample.max() == -1.75 for (sample,) in found["outside"].inputs)
    assert len(found["random"].inputs) == RANDOM_INPUTS


def test_data_without_an_answer_are_an_error():
    def none(inputs):
        raise ModelInvalid("no")

    with pytest.raises(ModelInvalid):
        make_probes(samples(), BOUNDS, none)
