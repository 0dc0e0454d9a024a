"""Choices about a circuit."""

import pytest

from zkchain.circuit.options import CompileOptions, parse_visibility, refuse_empty_statements
from zkchain.errors import UsageError, VisibilityRefused
from zkchain.records import Visibility


def test_parts_left_out_keep_the_default():
    assert parse_visibility("input=public", Visibility()) == Visibility(input="public")
    assert parse_visibility("", Visibility()) == Visibility()


@pytest.mark.parametrize("text", ["input", "input=", "weights=fixed", "input=secret", "params=public", "input=fixed"])
def test_what_is_no_visibility_is_refused_by_name(text):
    with pytest.raises(UsageError):
        parse_visibility(text, Visibility())


@pytest.mark.parametrize(
    "options",
    [
        CompileOptions(visibility=Visibility(output="private")),
        CompileOptions(visibility=Visibility(params="private")),
        CompileOptions(visibility=Visibility(output="hashed")),
        CompileOptions(visibility=Visibility(output="hashed", input="hashed")),
        CompileOptions(visibility=Visibility(output="hashed", input="public")),
    ],
    ids=str,
)
def test_a_statement_that_says_nothing_is_refused(options):
    with pytest.raises(VisibilityRefused) as caught:
        refuse_empty_statements(options)
    assert caught.value.remedy


@pytest.mark.parametrize(
    "options",
    [
        CompileOptions(),
        CompileOptions(visibility=Visibility(params="private"), unbound_model_accepted=True),
        CompileOptions(visibility=Visibility(output="hashed"), binding=False),
        CompileOptions(visibility=Visibility(params="hashed")),
    ],
    ids=str,
)
def test_a_statement_that_says_something_is_accepted(options):
    refuse_empty_statements(options)
