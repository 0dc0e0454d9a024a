"""The BFV parameters hold every sum that is allowed."""

import pytest

from tests.support.extras import need_training
from zkchain.training.aggregate import MAX_BOUND, MAX_CLIENTS
from zkchain.training.aggregate.bfv import DEGREE, PLAIN_MODULUS, piece_count, pieces

need_training()

import tenseal  # noqa: E402 - after the skip


def is_prime(number: int) -> bool:
    """Miller-Rabin with the bases that decide every number below 3.3e24."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41):
        power = pow(base, odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


def test_the_plain_modulus_batches_and_holds_the_largest_sum_with_its_sign():
    assert is_prime(PLAIN_MODULUS)
    assert PLAIN_MODULUS % (2 * DEGREE) == 1
    assert MAX_CLIENTS * MAX_BOUND <= (PLAIN_MODULUS - 1) // 2


def test_a_composite_is_not_taken_for_a_prime():
    assert not is_prime(PLAIN_MODULUS * 3)
    assert not is_prime(3215031751)  # a strong pseudoprime to the bases 2, 3, 5 and 7


def test_the_noise_of_the_most_additions_of_extremes_leaves_the_sum_exact():
    context = tenseal.context(tenseal.SCHEME_TYPE.BFV, DEGREE, plain_modulus=PLAIN_MODULUS, n_threads=1)
    values = [MAX_BOUND, -MAX_BOUND, 1, -1] * (DEGREE // 4)
    total = tenseal.bfv_vector(context, values)
    for _ in range(MAX_CLIENTS - 1):
        total = total + tenseal.bfv_vector(context, values)
    assert total.decrypt() == [value * MAX_CLIENTS for value in values]


@pytest.mark.parametrize("length", [1, DEGREE - 1, DEGREE, DEGREE + 1, 3 * DEGREE])
def test_a_vector_is_cut_into_as_many_pieces_as_are_counted(length):
    cut = pieces(range(length))
    assert len(cut) == piece_count(length)
    assert [value for piece in cut for value in piece] == list(range(length))
    assert all(1 <= len(piece) <= DEGREE for piece in cut)
