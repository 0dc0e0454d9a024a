"""The guard by itself: stand-ins that say true to whatever passes it, so that nothing else refuses a layout.

With a real verifier behind it most layouts fail for another reason too; here each condition has to do its work.
"""

from collections.abc import Sequence

import pytest
from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from tests.support.evm import Evm
from tests.support.layouts import bad_layouts, canonical
from tests.unit.solidity.sources import OWN, SHARED
from zkchain.solidity.compile import compile_verifier
from zkchain.solidity.guard import guard_shared_verifier, guard_verifier
from zkchain.solidity.solc import Compiler, find_compiler

HEAD = "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.0;\n"
#: Every word names its own place, so that a shifted view never looks like the right one.
PROOF = b"".join((0xA0 + index).to_bytes(32, "big") for index in range(4))
#: Also reads as a proof of 128 bytes (from the first word on) and as a key of 3 words (from the second).
INSTANCES = [128, 3, 7, 8, 9]
KEY = tuple(bytes([index + 1]) * 32 for index in range(3))

OWN_CONDITIONS = (
    "xor(proof.offset, 0x64)",
    "xor(instances.offset, add(0x84, proof.length))",
    "xor(calldatasize(), add(instances.offset, mul(0x20, instances.length)))",
)
#: The shared guard's place of the instances is not among them: the generated length check says it a second time.
SHARED_CONDITIONS = (
    "xor(proof.offset, 0x84)",
    "xor(add(calldataload(0x44), 0x04), vka_head)",
    "xor(calldatasize(), add(add(vka_head, 0x20), mul(0x20, mload(vka))))",
)
END_CHECK = "success := and(success, eq(proof_cptr, add(proof.offset, proof.length)))"


@pytest.fixture(scope="module")
def compiler() -> Compiler:
    return find_compiler()


def accepted(source: str, key: Sequence[bytes] | None, compiler: Compiler) -> dict[str, bytes]:
    """Calls that the stand-in accepts, by name, the honest one included."""
    evm = Evm()
    address = evm.deploy(compile_verifier(HEAD + source, compiler).bytecode)
    calls = {"honest": canonical(PROOF, INSTANCES, key).data, **dict(bad_layouts(PROOF, INSTANCES, key))}
    return {name: data for name, data in calls.items() if evm.call(address, data).ok}


def is_canonical(data: bytes, key: Sequence[bytes] | None) -> bool:
    types = ["bytes", "uint256[]"] + ([] if key is None else ["bytes32[]"])
    try:
        values = decode(types, data[4:])
    except (DecodingError, OverflowError):
        return False
    return data == canonical(values[0], values[1], None if key is None else values[2]).data


@pytest.mark.parametrize(
    ("source", "key"), [(guard_verifier(OWN), None), (guard_shared_verifier(SHARED), KEY)], ids=["own", "shared"]
)
def test_whatever_passes_the_guard_is_canonical(source: str, key, compiler: Compiler) -> None:
    found = accepted(source, key, compiler)
    assert "honest" in found
    assert [name for name, data in found.items() if not is_canonical(data, key)] == []


@pytest.mark.parametrize("condition", OWN_CONDITIONS)
def test_each_condition_of_the_own_guard_is_needed(condition: str, compiler: Compiler) -> None:
    source = guard_verifier(OWN)
    assert source.count(condition) == 1
    found = accepted(source.replace(condition, "0"), None, compiler)
    assert [name for name, data in found.items() if not is_canonical(data, None)] != []


@pytest.mark.parametrize("condition", SHARED_CONDITIONS)
def test_each_condition_of_the_shared_guard_is_needed(condition: str, compiler: Compiler) -> None:
    source = guard_shared_verifier(SHARED)
    assert source.count(condition) == 1
    found = accepted(source.replace(condition, "0"), KEY, compiler)
    assert [name for name, data in found.items() if not is_canonical(data, KEY)] != []


def test_the_shared_guard_refuses_a_proof_longer_than_the_key_reads(compiler: Compiler) -> None:
    source = guard_shared_verifier(SHARED)
    assert source.count(END_CHECK) == 1
    assert "proof a word longer" not in accepted(source, KEY, compiler)
    assert "proof a word longer" in accepted(source.replace(END_CHECK, ""), KEY, compiler)
