"""Compile contracts by standard JSON, reproducibly."""

import re
from collections.abc import Mapping
from typing import Any

from ..errors import CompileFailed, ContractTooLarge
from ..records import ContractArtifact
from ..values import canonical_json
from .limits import MAX_RUNTIME_BYTES
from .solc import Compiler

#: Part of every artefact: with the same sources and these settings the bytecode is the same, byte for byte.
SETTINGS: Mapping[str, Any] = {
    "evmVersion": "shanghai",
    "optimizer": {"enabled": True, "runs": 200},
    "outputSelection": {
        "*": {
            "*": [
                "abi",
                "evm.bytecode.object",
                "evm.deployedBytecode.immutableReferences",
                "evm.deployedBytecode.object",
            ]
        }
    },
}

_CONTRACT = re.compile(r"^(?:abstract )?contract (\w+)", re.MULTILINE)


def compile_verifier(source: str, compiler: Compiler) -> ContractArtifact:
    """Compile a guarded generated verifier. Raises CompileFailed, ContractTooLarge."""
    names = _CONTRACT.findall(source)
    if len(names) != 1:
        raise CompileFailed(f"a generated verifier is one contract, found {len(names)}", found=len(names))
    return compile_contract(names[0], {f"{names[0]}.sol": source}, compiler)


def compile_contract(name: str, sources: Mapping[str, str], compiler: Compiler) -> ContractArtifact:
    """Compile the contract `name`, which lies in one of `sources` (text by source unit name).

    Raises CompileFailed when the compiler refuses, the contract is not there or still needs linking, and
    ContractTooLarge when its runtime code exceeds the chain's limit.
    """
    return compile_request(name, standard_input(sources), compiler)


def standard_input(sources: Mapping[str, str]) -> dict[str, Any]:
    """The compiler's request for `sources` with our settings."""
    content = {unit: {"content": text} for unit, text in sorted(sources.items())}
    return {"language": "Solidity", "settings": dict(SETTINGS), "sources": content}


def compile_request(name: str, request: Mapping[str, Any], compiler: Compiler) -> ContractArtifact:
    """Compile a whole standard-JSON request, such as an artefact's own `solc_input`, and pick the contract `name`.

    Raises as `compile_contract` does.
    """
    units = compiler.compile_standard(request)["contracts"].values()
    found = [unit[name] for unit in units if name in unit]
    if len(found) != 1:
        raise CompileFailed(f"contract {name} occurs {len(found)} times in the output, expected once", name=name)
    artifact = ContractArtifact(
        name=name,
        abi=tuple(found[0]["abi"]),
        bytecode=_code(name, found[0]["evm"]["bytecode"]["object"]),
        deployed_bytecode=_code(name, found[0]["evm"]["deployedBytecode"]["object"]),
        immutables=_immutables(found[0]["evm"]["deployedBytecode"]),
        compiler=compiler.version,
        solc_input=canonical_json(request).decode(),
    )
    size = len(artifact.deployed_bytecode)
    if size > MAX_RUNTIME_BYTES:
        raise ContractTooLarge(
            f"{name} has {size:,} bytes of runtime code; the limit is {MAX_RUNTIME_BYTES:,}",
            name=name,
            bytes=size,
            limit=MAX_RUNTIME_BYTES,
        )
    return artifact


def _immutables(code: Mapping[str, Any]) -> tuple[tuple[int, ...], ...]:
    """Where each immutable lies, in the order of the compiler's numbers for them."""
    references = sorted(code.get("immutableReferences", {}).items())
    return tuple(tuple(sorted(place["start"] for place in places)) for _, places in references)


def _code(name: str, text: str) -> bytes:
    if not text or "_" in text:
        raise CompileFailed(f"{name} is abstract or needs linking", name=name)
    return bytes.fromhex(text)
