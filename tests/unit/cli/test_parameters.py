"""Arguments that click hands over as text."""

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkchain.cli.parameters import parse_beneficiary, parse_dims
from zkchain.values import ZERO_ADDRESS, ZERO_DIGEST, address

CONTEXT, OPTION = click.Context(click.Command("x")), click.Option(["--x"])
names = st.text(min_size=1, max_size=20)


@given(st.dictionaries(names, st.integers(min_value=0, max_value=2**63)))
def test_dims_are_read_as_given_whatever_their_names(dims):
    assert parse_dims(CONTEXT, OPTION, [f"{name}={size}" for name, size in dims.items()]) == dims


@pytest.mark.parametrize(
    "text", ["", "batch", "batch=", "=1", "batch=-1", "batch=1.0", "batch=0x10", "batch=²", "batch= 1"]
)
def test_what_is_not_a_name_and_a_size_is_refused(text):
    with pytest.raises(click.BadParameter, match="NAME=SIZE"):
        parse_dims(CONTEXT, OPTION, [text])


def test_a_dim_given_twice_is_refused():
    with pytest.raises(click.BadParameter, match="twice"):
        parse_dims(CONTEXT, OPTION, ["a=1", "a=1"])


@given(st.binary(min_size=20, max_size=20).filter(any))
def test_an_address_is_an_account_in_its_checksummed_form(raw):
    plain = "0x" + raw.hex()
    assert parse_beneficiary(CONTEXT, OPTION, plain) == (address(plain), None)
    assert parse_beneficiary(CONTEXT, OPTION, address(plain)) == (address(plain), None)


@given(st.binary(min_size=32, max_size=32).filter(any))
def test_a_request_is_named_by_its_32_bytes(raw):
    assert parse_beneficiary(CONTEXT, OPTION, "request:0x" + raw.hex()) == (None, "0x" + raw.hex())


def test_nobody_named_is_nobody_chosen():
    assert parse_beneficiary(CONTEXT, OPTION, None) == (None, None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "vitalik.eth",
        "0x12",
        "0x" + "zz" * 20,
        "request:",
        "request:7",
        "0x" + "ab" * 32,
        "request:0x" + "AB" * 32,
        "account:0x" + "ab" * 20,
        ZERO_ADDRESS,
        f"request:{ZERO_DIGEST}",
    ],
)
def test_what_is_neither_an_address_nor_a_request_is_refused(text):
    with pytest.raises(click.BadParameter):
        parse_beneficiary(CONTEXT, OPTION, text)
