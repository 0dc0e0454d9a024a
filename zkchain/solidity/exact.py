"""Compare deployed code with what its source compiles to, byte for byte, immutables by their values."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import CompileFailed
from .solc import Compiler

_WORD = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """A contract as its source compiles now. Immutables are zeros in `runtime`."""

    creation: bytes
    runtime: bytes
    immutables: tuple[tuple[int, ...], ...]  #: where each lies, a word at a time


def rebuild(name: str, solc_input: str, compiler: Compiler) -> Rebuilt:
    """Compile a contract's own standard-JSON input. Raises CompileFailed."""
    request = json.loads(solc_input)
    selection = request["settings"]["outputSelection"]["*"]["*"]
    request["settings"]["outputSelection"]["*"]["*"] = [*selection, "evm.deployedBytecode.immutableReferences"]
    found = [unit[name] for unit in compiler.compile_standard(request)["contracts"].values() if name in unit]
    if len(found) != 1:
        raise CompileFailed(f"contract {name} occurs {len(found)} times in the output, expected once", name=name)
    evm: Mapping[str, Any] = found[0]["evm"]
    references = evm["deployedBytecode"].get("immutableReferences", {})
    return Rebuilt(
        creation=bytes.fromhex(evm["bytecode"]["object"]),
        runtime=bytes.fromhex(evm["deployedBytecode"]["object"]),
        immutables=tuple(tuple(sorted(place["start"] for place in places)) for _, places in sorted(references.items())),
    )


def difference(found: bytes, rebuilt: Rebuilt, values: Sequence[bytes]) -> str:
    """What `found` has that `rebuilt` has not, in words; empty when they agree.

    Every immutable must hold one of `values` (32 bytes each), the same wherever it occurs, and every one of these must
    be held by an immutable.
    """
    if not found:
        return "there is no code"
    if len(found) != len(rebuilt.runtime):
        return f"{len(found):,} bytes, the source gives {len(rebuilt.runtime):,}"
    inside = {at for places in rebuilt.immutables for start in places for at in range(start, start + _WORD)}
    for at, (one, other) in enumerate(zip(found, rebuilt.runtime, strict=True)):
        if one != other and at not in inside:
            return f"byte {at:,} is {one:#04x}, the source gives {other:#04x}"
    held = []
    for places in rebuilt.immutables:
        words = {found[start : start + _WORD] for start in places}
        if len(words) != 1 or not words <= set(values):
            return f"an immutable at byte {places[0]:,} is 0x{min(words).hex()}, which it should not be"
        held += list(words)
    missing = [value for value in values if value not in held]
    return f"no immutable is 0x{missing[0].hex()}" if missing else ""
