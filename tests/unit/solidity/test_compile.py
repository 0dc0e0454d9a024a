"""Standard JSON in, artefact out."""

import json
from pathlib import Path

import pytest

from zkchain.errors import CompileFailed, ContractTooLarge
from zkchain.records import ContractArtifact
from zkchain.solidity.compile import SETTINGS, compile_contract, compile_request, compile_verifier
from zkchain.solidity.solc import Compiler, find_compiler

ROOT = Path(__file__).resolve().parents[3]
HEAD = "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.0;\n"
SMALL = HEAD + "contract A { uint256 public immutable x; constructor(uint256 y) { x = y; } }\n"


@pytest.fixture(scope="module")
def compiler() -> Compiler:
    return find_compiler(cwd=ROOT)


def test_an_artefact_rebuilds_itself_byte_for_byte(compiler: Compiler) -> None:
    first = compile_verifier(SMALL, compiler)
    assert compile_request("A", json.loads(first.solc_input), compiler) == first
    assert ContractArtifact.from_json(json.loads(json.dumps(first.to_json()))) == first


def test_an_artefact_says_how_it_was_made(compiler: Compiler) -> None:
    artifact = compile_verifier(SMALL, compiler)
    assert artifact.name == "A"
    assert artifact.compiler == "0.8.30+commit.73712a01"
    assert json.loads(artifact.solc_input)["settings"] == SETTINGS
    assert {entry["type"] for entry in artifact.abi} == {"constructor", "function"}
    assert artifact.deployed_bytecode in artifact.bytecode or len(artifact.deployed_bytecode) < len(artifact.bytecode)


def test_the_order_of_sources_does_not_matter(compiler: Compiler) -> None:
    one = {"B.sol": HEAD + "library B {}\n", "A.sol": SMALL}
    two = dict(reversed(one.items()))
    assert compile_contract("A", one, compiler) == compile_contract("A", two, compiler)


def test_a_contract_over_the_limit_is_refused_with_its_size(compiler: Compiler) -> None:
    source = HEAD + f'contract Big {{ bytes public constant X = hex"{"a5" * 25_000}"; }}\n'
    with pytest.raises(ContractTooLarge, match=r"25,\d{3} bytes of runtime code; the limit is 24,576"):
        compile_verifier(source, compiler)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (HEAD, "found 0"),
        (HEAD + "contract A {}\ncontract B {}\n", "found 2"),
        (HEAD + "abstract contract A { function f() external virtual; }\n", "abstract or needs linking"),
        (HEAD + "library L { function f() external {} }\ncontract A { function g() external { L.f(); } }\n", "linking"),
        ("contract A { function f( }", "ParserError"),
    ],
    ids=["no contract", "two contracts", "abstract", "unlinked", "syntax"],
)
def test_what_cannot_be_deployed_is_refused(compiler: Compiler, source: str, reason: str) -> None:
    with pytest.raises(CompileFailed, match=reason):
        compile_verifier(source, compiler)


def test_a_name_that_is_not_there_or_there_twice_is_refused(compiler: Compiler) -> None:
    with pytest.raises(CompileFailed, match="occurs 0 times"):
        compile_contract("Z", {"A.sol": SMALL}, compiler)
    with pytest.raises(CompileFailed, match="occurs 2 times"):
        compile_contract("A", {"A.sol": SMALL, "B.sol": SMALL}, compiler)
