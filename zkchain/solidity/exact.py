"""Compare deployed code with what its source compiles to, byte for byte, immutables by their values."""

from collections.abc import Sequence

from ..records import ContractArtifact

_WORD = 32


def difference(found: bytes, artifact: ContractArtifact, values: Sequence[bytes]) -> str:
    """What `found` has that the artifact's runtime code has not, in words; empty when they agree.

    Every immutable must hold one of `values` (32 bytes each), the same wherever it occurs, and every one of these must
    be held by an immutable.
    """
    expected = artifact.deployed_bytecode
    if not found:
        return "there is no code"
    if len(found) != len(expected):
        return f"{len(found):,} bytes, the source gives {len(expected):,}"
    at = artifact.differs_at(found)
    if at is not None:
        return f"byte {at:,} is {found[at]:#04x}, the source gives {expected[at]:#04x}"
    held = []
    for places in artifact.immutables:
        words = {found[start : start + _WORD] for start in places}
        if len(words) != 1 or not words <= set(values):
            return f"an immutable at byte {places[0]:,} is 0x{min(words).hex()}, which it should not be"
        held += list(words)
    missing = [value for value in values if value not in held]
    return f"no immutable is 0x{missing[0].hex()}" if missing else ""
