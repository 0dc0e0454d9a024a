import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkchain.errors import OffGrid
from zkchain.training.grid import EXACT_BITS, MOST_CLIENTS, from_grid, salt_limbs, summed_bits, to_grid


@given(st.lists(st.integers(-(2**EXACT_BITS) + 1, 2**EXACT_BITS - 1), max_size=30), st.integers(0, 14))
def test_whole_numbers_come_back_to_the_bit(values: list[int], scale: int) -> None:
    assert list(to_grid(from_grid(values, scale), scale, "values")) == values


@given(st.integers(-(2**EXACT_BITS) + 1, 2**EXACT_BITS - 1), st.integers(0, 14))
def test_a_32_bit_float_holds_what_a_circuit_is_given(value: int, scale: int) -> None:
    (given_value,) = from_grid([value], scale)
    assert float(np.float32(given_value)) == given_value


def test_the_sum_of_the_most_limbs_is_exact() -> None:
    for clients in range(1, MOST_CLIENTS + 1):
        assert 18 <= summed_bits(clients) <= EXACT_BITS
        assert (2 ** summed_bits(clients) - 1) * clients < 2**EXACT_BITS <= (2 ** (summed_bits(clients) + 1)) * clients


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_what_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(OffGrid, match="not finite"):
        to_grid([0.0, value], 10, "the data")


def test_a_number_beyond_the_grid_is_refused_without_naming_it() -> None:
    with pytest.raises(OffGrid) as caught:
        to_grid([16384.25], 10, "the data")
    assert "16384.25" not in str(caught.value)
    assert caught.value.facts["most"] == 2.0 ** (EXACT_BITS - 10)


def test_salt_outlasts_every_opening() -> None:
    for proofs in range(1, 20):
        assert salt_limbs(proofs) * EXACT_BITS >= 254 * proofs + 256
        assert salt_limbs(proofs, 3, 18) * 18 >= 254 * (proofs + 2) + 256
