"""Layouts: digits hold their bits, sizes hold their rows, tables hold their margin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkchain.circuit.tune.layouts import (
    INNER,
    LEGS,
    WIDEST_BASE,
    layouts,
    least_base,
    lookup_range,
    probes,
    single_block,
    widest_base,
)


def measured(assignments, inner, legs, instances=1, hashes=0):
    return {
        "run_args": {"num_inner_cols": inner, "decomp_legs": legs, "lookup_range": [-9, 9], "logrows": 17},
        "required_range_checks": [[-1, 1], [0, 127]],
        "required_lookups": [],
        "total_assignments": assignments,
        "num_rows": assignments // inner,
        "model_instance_shapes": [[1, instances]],
        "module_sizes": {"poseidon": [hashes, [0]], "polycommit": []},
        "total_shuffle_col_size": 0,
        "total_dynamic_col_size": 0,
        "max_dynamic_input_len": 0,
        "einsum_params": {"equations": [], "total_einsum_col_size": 0},
    }


@given(st.sampled_from(LEGS), st.integers(2, 120).map(lambda half: half / 2))
def test_the_smallest_base_that_holds_the_bits(legs, bits):
    base = least_base(legs, bits)
    assert base**legs >= 2**bits
    assert base == 2 or (base - 1) ** legs < 2**bits


@given(st.integers(2, WIDEST_BASE), st.integers(6, 20))
def test_a_wider_base_takes_no_more_columns(least, logrows):
    column = 2**logrows - 8
    widest = widest_base(least, logrows)
    assert least <= widest <= WIDEST_BASE
    assert -(-widest // column) == -(-least // column)
    assert widest == WIDEST_BASE or widest % column == 0


@given(st.integers(-(10**9), 10**9), st.integers(0, 10**9))
def test_a_table_holds_twice_what_was_seen_on_both_sides_of_zero(low, width):
    first, last = lookup_range((low, low + width))
    for seen in (low, low + width):
        assert first < 2 * seen < last or first < 0 < last
    assert first <= min(2 * low, 0)
    assert last >= max(2 * (low + width), 0)


@pytest.mark.parametrize("kind", ["instances", "hashes"])
def test_every_layout_holds_what_cannot_be_split_and_names_its_own_table(kind):
    probed = [measured(1000 * inner, inner, legs, **{kind: 500}) for inner in INNER for legs in (2, 8)]
    found = list(layouts(probed, (True,), 30, (0, 0)))
    assert found
    for layout, settings in found:
        assert 2**layout.logrows - 6 >= 500
        assert layout.base**layout.legs >= 2**30
        assert settings["required_range_checks"] == [[-1, 1], [0, layout.base - 1]]
        assert settings["run_args"]["logrows"] == layout.logrows


def test_rows_between_two_probes_grow_evenly_with_legs():
    probed = [measured(size, inner, legs) for inner in INNER for legs, size in ((2, 1000), (8, 7000))]
    sizes = {layout.legs: settings["total_assignments"] for layout, settings in layouts(probed, (True,), 28, (0, 0))}
    assert sizes == {legs: 1000 + 1000 * (legs - 2) for legs in sizes}


def test_the_digits_that_a_products_check_reduces_are_the_layouts_and_not_the_probes():
    """Taken for the probe's two, they hid a second block of columns, and 1.3 GB of a key."""
    digits, product = ["abc,abc->ab", {"a": 1, "b": 40, "c": 2}], ["mk,kn->mn", {"m": 2, "k": 2, "n": 2}]
    probed = [measured(1000, inner, legs) for inner in INNER for legs in (2, 8)]
    for one in probed:
        one["einsum_params"]["equations"] = [digits, product]
    for layout, settings in layouts(probed, (True,), 28, (0, 0)):
        found = settings["einsum_params"]["equations"]
        assert found == [["abc,abc->ab", {"a": 1, "b": 40, "c": layout.legs}], product]
    assert digits[1]["c"] == 2


def test_probes_measure_each_column_count_at_two_leg_counts():
    assert len(probes((True,))) == 2 * len(INNER)
    assert len(probes((True, False))) == 4 * len(INNER)


def test_a_single_block_holds_rows_and_tables():
    settings = measured(5000, 1, 4)
    assert single_block(settings) == 13
    assert single_block({**settings, "required_range_checks": [[0, 16383]]}) == 15
