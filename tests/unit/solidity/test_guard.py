"""The guard goes into exactly the sources it was made for."""

import pytest

from tests.unit.solidity.sources import OWN, SHARED
from zkchain.errors import GuardFailed
from zkchain.solidity.guard import guard_shared_verifier, guard_verifier

MODULUS_LINE = "            // Modulus\n"
OWN_HEAD = OWN[OWN.index("    function") : OWN.index("        assembly")]
SHARED_HEAD = SHARED[SHARED.index("    function") : SHARED.index("        assembly")]
LENGTH_CHECK = "                success := and(success, eq(sub(instance_cptr, 0xa4), proof.length))\n"
SUCCESS_LINE = "            // Initialize success as true\n"
LAST_POINT = next(line for line in SHARED.splitlines(keepends=True) if "// W'" in line)


def test_the_own_guard_comes_before_anything_is_read() -> None:
    guarded = guard_verifier(OWN)
    assert guarded.index("xor(proof.offset, 0x64)") < guarded.index("calldataload(0x64)")
    assert guarded.index("xor(calldatasize(), add(instances.offset") < guarded.index("calldataload(0x64)")


def test_the_own_guard_changes_nothing_else() -> None:
    before, _, after = guard_verifier(OWN).partition("            // Refuse calldata")
    assert before + after[after.index(MODULUS_LINE) :] == OWN


def test_the_shared_guard_pins_proof_instances_key_and_size_and_the_end_of_the_proof() -> None:
    guarded = guard_shared_verifier(SHARED)
    first_read = guarded.index("let instance_cptr")
    for part in ("xor(proof.offset, 0x84)", "add(0xa4, proof.length)", "calldataload(0x44)", "xor(calldatasize()"):
        assert guarded.index(part) < first_read
    assert guarded.index("eq(proof_cptr, add(proof.offset, proof.length))") > guarded.index(LAST_POINT)


@pytest.mark.parametrize("anchor", [MODULUS_LINE, OWN_HEAD], ids=["modulus", "signature"])
@pytest.mark.parametrize("times", [0, 2, 3])
def test_an_own_source_with_an_anchor_missing_or_repeated_is_refused(anchor: str, times: int) -> None:
    with pytest.raises(GuardFailed, match=f"occurs {times} times, expected once"):
        guard_verifier(OWN.replace(anchor, anchor * times))


@pytest.mark.parametrize(
    "anchor",
    [SUCCESS_LINE, SHARED_HEAD, LENGTH_CHECK, LAST_POINT],
    ids=["success", "signature", "length check", "last point"],
)
@pytest.mark.parametrize("times", [0, 2, 3])
def test_a_shared_source_with_an_anchor_missing_or_repeated_is_refused(anchor: str, times: int) -> None:
    with pytest.raises(GuardFailed, match=f"occurs {times} times, expected once"):
        guard_shared_verifier(SHARED.replace(anchor, anchor * times))


@pytest.mark.parametrize("position", ["0x44", "0x60", "0x63", "96", "0"])
def test_an_own_source_that_reads_before_the_proof_is_refused(position: str) -> None:
    with pytest.raises(GuardFailed, match="lowest fixed calldata read"):
        guard_verifier(OWN.replace("calldataload(0x0164)", f"calldataload({position})"))


@pytest.mark.parametrize("position", ["0x84", "0x65"])
def test_an_own_source_whose_proof_starts_elsewhere_is_refused(position: str) -> None:
    with pytest.raises(GuardFailed, match="expected 0x64"):
        guard_verifier(OWN.replace("calldataload(0x64)", f"calldataload({position})"))


def test_an_own_source_that_copies_from_before_the_proof_is_refused() -> None:
    with pytest.raises(GuardFailed, match="lowest fixed calldata read is 0x24"):
        guard_verifier(OWN.replace("calldatacopy(0x00, 0x84,", "calldatacopy(0x00, 0x24,"))


def test_an_own_source_without_fixed_reads_is_not_the_kind_the_guard_knows() -> None:
    text = OWN.replace("calldataload(0x64)", "0").replace("calldataload(0x0164)", "0")
    with pytest.raises(GuardFailed, match="lowest fixed calldata read is none"):
        guard_verifier(text.replace("calldatacopy(0x00, 0x84, 0x20)", ""))


@pytest.mark.parametrize("position", ["0x64", "0x84", "0x0164"])
def test_a_shared_source_with_a_fixed_read_is_refused(position: str) -> None:
    with pytest.raises(GuardFailed, match="fixed calldata read"):
        guard_shared_verifier(SHARED.replace("calldataload(mload(0x03a0))", f"calldataload({position})"))


def test_a_shared_source_whose_proof_starts_elsewhere_is_refused() -> None:
    with pytest.raises(GuardFailed, match="expected once"):
        guard_shared_verifier(SHARED.replace("0xa4", "0x84"))


def test_the_two_kinds_are_not_taken_for_each_other() -> None:
    with pytest.raises(GuardFailed):
        guard_verifier(SHARED)
    with pytest.raises(GuardFailed):
        guard_shared_verifier(OWN)


@pytest.mark.parametrize(("guard", "source"), [(guard_verifier, OWN), (guard_shared_verifier, SHARED)])
def test_a_guarded_source_is_not_guarded_again(guard, source: str) -> None:
    with pytest.raises(GuardFailed, match="guarded already"):
        guard(guard(source))
