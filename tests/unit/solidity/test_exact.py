"""Deployed code against an artifact: every byte counts, and immutables by their values."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkchain.records import ContractArtifact
from zkchain.solidity.artifacts import ARTIFACTS, load_artifact
from zkchain.solidity.exact import difference

ONE, TWO = b"\x11" * 32, b"\x22" * 32
#: Ten bytes, an immutable, a byte, the same immutable, another one, ten zeros.
ARTIFACT = ContractArtifact(
    name="Any",
    abi=(),
    bytecode=b"",
    deployed_bytecode=b"\xab" * 10 + bytes(32) + b"\xcd" + bytes(64) + bytes(10),
    compiler="none",
    solc_input="",
    immutables=((10, 43), (75,)),
)
GOOD = b"\xab" * 10 + ONE + b"\xcd" + ONE + TWO + bytes(10)


def test_the_right_code_has_no_difference():
    assert ARTIFACT.differs_at(GOOD) is None
    assert difference(GOOD, ARTIFACT, [ONE, TWO]) == ""


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_one_changed_byte_is_found_wherever_it_is(at, change):
    code = bytearray(GOOD)
    code[at] ^= change
    assert difference(bytes(code), ARTIFACT, [ONE, TWO]) != ""
    inside = 10 <= at < 42 or 43 <= at < 107
    assert ARTIFACT.differs_at(bytes(code)) == (None if inside else at)


@pytest.mark.parametrize(("code", "words"), [(b"", "no code"), (GOOD[:-1], "bytes"), (GOOD + b"\0", "bytes")])
def test_code_of_another_length_is_another_code(code, words):
    assert words in difference(code, ARTIFACT, [ONE, TWO])
    assert ARTIFACT.differs_at(code) is not None


def test_every_value_has_to_be_held_and_no_other():
    assert "no immutable is" in difference(GOOD, ARTIFACT, [ONE, TWO, b"\x33" * 32])
    assert "should not be" in difference(GOOD, ARTIFACT, [ONE])
    twice = replace(ARTIFACT, immutables=((10, 43, 75),))
    assert "should not be" in difference(GOOD, twice, [ONE, TWO])


@pytest.mark.parametrize("name", ARTIFACTS)
def test_what_ships_knows_its_immutables(name):
    artifact = load_artifact(name)
    for places in artifact.immutables:
        assert places
        assert all(artifact.deployed_bytecode[at : at + 32] == bytes(32) for at in places)
    assert artifact.differs_at(artifact.deployed_bytecode) is None


def test_adapters_and_the_gateway_have_immutables_and_the_registry_has_none():
    counts = {name: len(load_artifact(name).immutables) for name in ARTIFACTS}
    assert (counts["Halo2Adapter"], counts["ReusableHalo2Adapter"], counts["ModelRegistry"]) == (3, 6, 0)
    assert counts["InferenceGateway"] > 1
