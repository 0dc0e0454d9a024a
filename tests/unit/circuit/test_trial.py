"""The trial's input is made up: inside the samples' range, and none of them."""

from hypothesis import given
from hypothesis import strategies as st

from zkchain.circuit.bounds import bounds_of
from zkchain.circuit.trial import synthetic_inputs

rows_of_floats = st.integers(1, 6).flatmap(
    lambda size: st.lists(st.lists(st.floats(-1e6, 1e6), min_size=size, max_size=size), min_size=1, max_size=12)
)


@given(rows_of_floats)
def test_made_up_inputs_lie_within_the_calibrated_range_but_for_rounding(rows):
    samples = [[row] for row in rows]
    ((low, high),) = bounds_of(samples)
    slack = 0.01 * max(abs(low), abs(high))
    for (made_up,) in synthetic_inputs(samples):
        assert len(made_up) == len(rows[0])
        assert all(low - slack <= value <= high + slack for value in made_up)


def test_the_only_sample_is_not_repeated():
    sample = [[0.123456, 7.654321, -3.333333], [0.987654]]
    for made_up in synthetic_inputs([sample]):
        assert not {value for tensor in made_up for value in tensor} & {value for tensor in sample for value in tensor}


def test_columns_of_different_scale_are_blended_each_in_its_own_range():
    samples = [[[1000.0 + index, 0.001 * index]] for index in range(8)]
    (first, second) = synthetic_inputs(samples)[0][0]
    assert 1000 <= first <= 1007
    assert 0 < second < 0.007


@given(st.lists(st.integers(-100, 100), min_size=1, max_size=5))
def test_whole_numbers_stay_whole_and_exact_in_range(row):
    for (made_up,) in synthetic_inputs([[row]]):
        assert all(isinstance(value, int) and min(row) <= value <= max(row) for value in made_up)
