"""Guard generated verifiers against calldata that is not canonically encoded.

The generated assembly reads the transcript from the ABI's offsets but part of the arithmetic from fixed calldata
positions. Both must name the same bytes, so the guard refuses any calldata in which an argument lies elsewhere than
the canonical encoding puts it. The patcher refuses sources that do not have the shape it was made for.
"""

import re

from ..errors import GuardFailed

#: First byte of a canonically encoded proof: selector, two heads, length word.
_PROOF_AT = 0x64

_FIXED_READ = re.compile(r"calldata(?:load|copy)\((?:[^,()]*,\s*)?(0x[0-9a-fA-F]+|[0-9]+)\b")

#: A run of points read downwards: from a first position, by a step, while above an end that is itself not read.
_FIXED_RUN = re.compile(
    r"let mptr := 0x[0-9a-fA-F]+\s+let mptr_end := (0x[0-9a-fA-F]+)\s+\}\s+lt\(mptr_end, mptr\)\s+"
    r"\{ mptr := sub\(mptr, (0x[0-9a-fA-F]+)\) \}\s+\{[^{}]*calldataload\(mptr\)"
)

_MARK = "// Refuse calldata that is not canonically encoded"

_SIGNATURE = """    function verifyProof(
        bytes calldata proof,
        uint256[] calldata instances
    ) public returns (bool) {
"""
_ANCHOR = "            // Modulus\n"
_GUARD = """            // Refuse calldata that is not canonically encoded: fixed reads below assume the layout
            if or(
                or(xor(proof.offset, 0x64), xor(instances.offset, add(0x84, proof.length))),
                xor(calldatasize(), add(instances.offset, mul(0x20, instances.length)))
            ) { revert(0, 0) }

"""

_SHARED_SIGNATURE = """    function verifyProof(
        bytes calldata proof,
        uint256[] calldata instances,
        bytes32[] memory vka
    ) external returns (bool success, bytes32 vka_digest, int256[] memory rescaled_instances) {
"""
#: The generated length check; it is right only when the proof starts at 0x84, and it leaves the key's place open.
_SHARED_LENGTH_CHECK = "                success := and(success, eq(sub(instance_cptr, 0xa4), proof.length))\n"
_SHARED_ANCHOR = "            // Initialize success as true\n"
_SHARED_GUARD = """            // Refuse calldata that is not canonically encoded: pointers in the key assume the layout
            if or(xor(proof.offset, 0x84), xor(instances.offset, add(0xa4, proof.length))) { revert(0, 0) }
            {
                let vka_head := add(instances.offset, mul(0x20, instances.length))
                if or(
                    xor(add(calldataload(0x44), 0x04), vka_head),
                    xor(calldatasize(), add(add(vka_head, 0x20), mul(0x20, mload(vka))))
                ) { revert(0, 0) }
            }

"""
_SHARED_END = "                success, proof_cptr, hash_mptr := read_ec_point(success, proof_cptr, hash_mptr) // W'\n"
_SHARED_END_CHECK = """                // The key's phases must have read the whole proof and nothing else
                success := and(success, eq(proof_cptr, add(proof.offset, proof.length)))
"""


def guard_verifier(source: str) -> str:
    """The per-model verifier `source` with the guard in it.

    Raises GuardFailed when an anchor does not occur exactly once, or the lowest fixed calldata read is not 0x64.
    """
    _expect_once(source, _SIGNATURE, _ANCHOR)
    reads = _fixed_reads(source)
    if not reads or min(reads) != _PROOF_AT:
        found = hex(min(reads)) if reads else "none"
        raise GuardFailed(f"lowest fixed calldata read is {found}, expected {_PROOF_AT:#x}", found=found)
    return source.replace(_ANCHOR, _GUARD + _ANCHOR)


def guard_shared_verifier(source: str) -> str:
    """The shared verifier `source` with the guard in it.

    Its fixed positions come from the key, so the source itself may have none; that the proof starts at 0x84 is
    written in its own length check. Raises GuardFailed when an anchor does not occur exactly once, the length check
    names another position, or there is a fixed calldata read.
    """
    _expect_once(source, _SHARED_SIGNATURE, _SHARED_LENGTH_CHECK, _SHARED_ANCHOR, _SHARED_END)
    reads = _fixed_reads(source)
    if reads:
        raise GuardFailed(
            f"fixed calldata read at {min(reads):#x} in the shared verifier, whose key holds all positions",
            found=min(reads),
        )
    guarded = source.replace(_SHARED_ANCHOR, _SHARED_GUARD + _SHARED_ANCHOR)
    return guarded.replace(_SHARED_END, _SHARED_END + _SHARED_END_CHECK)


def _expect_once(source: str, *anchors: str) -> None:
    if _MARK in source:
        raise GuardFailed("the source is guarded already")
    for anchor in anchors:
        count = source.count(anchor)
        if count != 1:
            line = anchor.strip().splitlines()[0]
            raise GuardFailed(f"the line {line!r} occurs {count} times, expected once", anchor=line, count=count)


def _fixed_reads(source: str) -> list[int]:
    """Every fixed position that is read, and the lowest one of every run of positions."""
    single = [int(text, 0) for text in _FIXED_READ.findall(source)]
    return single + [int(end, 0) + int(step, 0) for end, step in _FIXED_RUN.findall(source)]
