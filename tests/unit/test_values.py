"""Field elements, digests and addresses: what they accept, what they refuse, and that nothing is lost."""

import hashlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkchain.values import (
    MODULUS,
    ZERO_ADDRESS,
    ZERO_DIGEST,
    FieldElement,
    address,
    canonical_json,
    digest,
    keccak_of,
    sha256_of,
)

elements = st.integers(min_value=0, max_value=MODULUS - 1).map(FieldElement)
signed = st.integers(min_value=-(MODULUS // 4), max_value=MODULUS // 4)

#: EIP-55's own examples.
CHECKSUMMED = [
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]


@given(elements)
def test_a_field_element_comes_back_from_its_word(element):
    assert FieldElement.from_word(element.word) == element


@given(elements)
def test_a_field_element_comes_back_from_little_endian_hex(element):
    assert FieldElement.from_le_hex(int(element).to_bytes(32, "little").hex()) == element


@given(signed)
def test_a_signed_integer_comes_back(value):
    assert FieldElement.from_int(value).signed == value


@given(st.integers(min_value=-(2**40), max_value=2**40), st.integers(min_value=0, max_value=20))
def test_a_fixed_point_value_is_the_integer_over_the_scale(value, scale):
    assert FieldElement.from_int(value).to_float(scale=scale) == value / 2**scale


def test_a_negative_scale_multiplies():
    assert FieldElement.from_int(-3).to_float(scale=-4) == -48.0


def test_the_largest_signed_value_overflows_to_no_infinity():
    assert math.isfinite(FieldElement.from_int(MODULUS // 4).to_float(scale=0))


@pytest.mark.parametrize("value", [-1, MODULUS, MODULUS + 1, 2**256 - 1])
def test_a_value_outside_the_field_is_refused(value):
    with pytest.raises(ValueError, match="outside the scalar field"):
        FieldElement(value)


@pytest.mark.parametrize("value", [MODULUS // 4 + 1, -(MODULUS // 4) - 1])
def test_a_signed_value_that_could_be_read_as_its_negative_is_refused(value):
    with pytest.raises(ValueError, match="signed range"):
        FieldElement.from_int(value)


@pytest.mark.parametrize(
    "text",
    ["", "0x", "00" * 32, "0x" + "0" * 63, "0x" + "0" * 65, "0x" + "G" * 64, "0x" + "A" * 64, f"0x{'0' * 64}\n"],
)
def test_what_is_not_a_word_is_refused(text):
    with pytest.raises(ValueError, match="32-byte word"):
        FieldElement.from_word(text)


def test_a_word_beyond_the_field_is_refused():
    with pytest.raises(ValueError, match="outside"):
        FieldElement.from_word(f"0x{MODULUS:064x}")


@pytest.mark.parametrize("text", ["", "00" * 31, "00" * 33, "zz" * 32, "0x" + "00" * 31])
def test_what_is_not_32_bytes_of_hex_is_refused(text):
    with pytest.raises(ValueError, match=r"32 bytes|hexadecimal"):
        FieldElement.from_le_hex(text)


@pytest.mark.parametrize("text", CHECKSUMMED)
def test_an_address_is_checksummed(text):
    assert address(text) == address(text.lower()) == address("0x" + text[2:].upper()) == text


@pytest.mark.parametrize("text", CHECKSUMMED)
def test_a_wrong_checksum_is_refused(text):
    with pytest.raises(ValueError, match="EIP-55"):
        address("0x" + text[2:].swapcase())


@pytest.mark.parametrize(
    "text", ["", "0x", "5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "0x" + "0" * 39, f"{ZERO_ADDRESS}\n"]
)
def test_what_is_not_an_address_is_refused(text):
    with pytest.raises(ValueError, match="40 hex digits"):
        address(text)


@given(st.binary(max_size=200))
def test_hashes_are_digests(data):
    assert digest(sha256_of(data)) == "0x" + hashlib.sha256(data).hexdigest()
    assert digest(keccak_of(data)) != sha256_of(data)


def test_keccak_is_ethereums_and_not_sha3():
    assert keccak_of(b"") == "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


@pytest.mark.parametrize(
    "text", ["", "0x" + "A" * 64, "0x" + "0" * 63, "0" * 66, ZERO_DIGEST + "\n", " " + ZERO_DIGEST]
)
def test_what_is_not_a_digest_is_refused(text):
    with pytest.raises(ValueError, match="64 lowercase hex digits"):
        digest(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), json_values))
def test_canonical_json_does_not_depend_on_the_order_of_keys(value):
    assert canonical_json(dict(reversed(list(value.items())))) == canonical_json(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_canonical_json_has_no_nan(value):
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical_json([value])
