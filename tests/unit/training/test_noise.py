from statistics import fmean, stdev

from zkchain.training.grid import EXACT_BITS
from zkchain.training.noise import noise_vector, secrets_hash, seed_of
from zkchain.values import keccak_of

BEACON = b"b" * 32


def drawn(secret: bytes, *, length: int = 8, salt: int = 4, deviation: float = 100.0) -> tuple[int, ...]:
    return noise_vector(seed_of(secret, BEACON), length=length, salt=salt, deviation=deviation)


def test_the_same_secret_and_beacon_give_the_same_noise_on_every_machine() -> None:
    assert drawn(b"s" * 32) == (105, -108, -167, -122, 21, 73, 75, 65, 8559850, 12122437, 2185927, 11558141)


def test_another_secret_or_beacon_gives_other_noise() -> None:
    other = noise_vector(seed_of(b"s" * 32, b"c" * 32), length=8, salt=4, deviation=100.0)
    assert len({drawn(b"s" * 32), drawn(b"t" * 32), other}) == 3


def test_noise_has_the_deviation_that_was_asked_for() -> None:
    values = drawn(b"s" * 32, length=20_000, salt=0, deviation=250.0)
    assert abs(fmean(values)) < 8
    assert abs(stdev(values) / 250.0 - 1) < 0.02


def test_salt_takes_the_whole_range_of_a_limb() -> None:
    salt = drawn(b"s" * 32, length=0, salt=20_000)
    assert 0 <= min(salt) < 2**14
    assert 2**EXACT_BITS - 2**14 < max(salt) < 2**EXACT_BITS


def test_secrets_are_hashed_one_by_one_so_that_some_can_be_opened() -> None:
    first, second = b"1" * 32, b"2" * 32
    hashes = bytes.fromhex(keccak_of(first)[2:]) + bytes.fromhex(keccak_of(second)[2:])
    assert secrets_hash([first, second]) == keccak_of(hashes)
