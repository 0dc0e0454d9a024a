"""Calldata for a verifier, well and badly encoded: the standard negative layouts.

Written apart from `zkchain.chain.layouts`, which makes the smoke test of a deployment: what is wrong with one set
shows in the other. They test that a layout is refused. None of them is a way to make a false proof pass.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from eth_abi.abi import encode
from eth_utils.crypto import keccak

WORD = 32
TOP = 2**256 - 1
OWN = "verifyProof(bytes,uint256[])"
SHARED = "verifyProof(bytes,uint256[],bytes32[])"


@dataclass(frozen=True, slots=True)
class Call:
    """A call by its parts: where the heads point, and the bytes behind them."""

    selector: bytes
    heads: tuple[int, ...]
    tail: bytes

    @property
    def data(self) -> bytes:
        return self.selector + b"".join(word(head) for head in self.heads) + self.tail


def word(value: int) -> bytes:
    return (value % 2**256).to_bytes(WORD, "big")


def canonical(proof: bytes, instances: Sequence[int], key: Sequence[bytes] | None) -> Call:
    """The one encoding that must be accepted. `key` is given for the shared verifier."""
    signature, types, values = OWN, ["bytes", "uint256[]"], [proof, list(instances)]
    if key is not None:
        signature, types, values = SHARED, [*types, "bytes32[]"], [*values, list(key)]
    body = encode(types, values)
    split = WORD * len(types)
    heads = tuple(int.from_bytes(body[at : at + WORD], "big") for at in range(0, split, WORD))
    return Call(keccak(text=signature)[:4], heads, body[split:])


def bad_layouts(proof: bytes, instances: Sequence[int], key: Sequence[bytes] | None) -> Iterator[tuple[str, bytes]]:
    """Every standard negative layout of an honest call, by name."""
    call = canonical(proof, instances, key)
    yield from _moved_heads(call)
    yield from _gaps(call)
    yield from _orders(call)
    yield from _sizes(call)
    yield from _lengths(call)
    yield from _contents(proof, instances, key)


def _names(call: Call) -> tuple[str, ...]:
    return ("proof", "instances", "key")[: len(call.heads)]


def _with_head(call: Call, index: int, value: int) -> bytes:
    heads = list(call.heads)
    heads[index] = value
    return replace(call, heads=tuple(heads)).data


def _moved_heads(call: Call) -> Iterator[tuple[str, bytes]]:
    end = WORD * len(call.heads) + len(call.tail)
    for index, name in enumerate(_names(call)):
        head = call.heads[index]
        for shift in (1, -1, WORD, -WORD):
            yield f"{name} head {shift:+}", _with_head(call, index, head + shift)
        for label, value in (("past the end", end), ("far past the end", end + 1024), ("2^256-1", TOP)):
            yield f"{name} head {label}", _with_head(call, index, value)
        yield f"{name} head 2^64-1", _with_head(call, index, 2**64 - 1)
        yield f"{name} head wraps around", _with_head(call, index, TOP - 3)
        for place in range(0, end, WORD):
            if place != head:
                yield f"{name} head at word {place // WORD}", _with_head(call, index, place)


def _gaps(call: Call) -> Iterator[tuple[str, bytes]]:
    """A word slipped in before a tail, with all heads behind it moved along: decodes, but is not canonical."""
    base = WORD * len(call.heads)
    for index, name in enumerate(_names(call)):
        at = call.heads[index] - base
        for size in (WORD, 4 * WORD):
            heads = tuple(head + size if head >= call.heads[index] else head for head in call.heads)
            tail = call.tail[:at] + bytes(size) + call.tail[at:]
            yield f"gap of {size} before {name}", replace(call, heads=heads, tail=tail).data


def _orders(call: Call) -> Iterator[tuple[str, bytes]]:
    base = WORD * len(call.heads)
    ends = [*(head - base for head in call.heads[1:]), len(call.tail)]
    parts = [call.tail[head - base : end] for head, end in zip(call.heads, ends, strict=True)]
    heads, tail = [0] * len(parts), b""
    for index in reversed(range(len(parts))):
        heads[index] = base + len(tail)
        tail += parts[index]
    yield "tails in reverse order", replace(call, heads=tuple(heads), tail=tail).data
    yield "heads swapped", replace(call, heads=(call.heads[1], call.heads[0], *call.heads[2:])).data
    second = tuple(head + len(call.tail) for head in call.heads)
    doubled = call.tail * 2
    yield "tails twice, heads at the second", replace(call, heads=second, tail=doubled).data
    yield "tails twice, heads at the first", replace(call, tail=doubled).data
    for index, name in enumerate(_names(call)):
        mixed = tuple(second[i] if i == index else head for i, head in enumerate(call.heads))
        yield f"tails twice, {name} head at the second", replace(call, heads=mixed, tail=doubled).data


def _sizes(call: Call) -> Iterator[tuple[str, bytes]]:
    data = call.data
    for size in (1, 31, WORD, 1024):
        yield f"{size} zero bytes behind", data + bytes(size)
        yield f"{size} other bytes behind", data + b"\xa5" * size
    for size in (1, WORD, len(data) // 2):
        yield f"truncated by {size}", data[:-size]
    yield "empty", b""
    yield "three bytes", data[:3]
    yield "selector only", call.selector
    yield "heads only", data[: 4 + WORD * len(call.heads)]
    yield "another selector", b"\x00\x00\x00\x00" + data[4:]


def _lengths(call: Call) -> Iterator[tuple[str, bytes]]:
    base = WORD * len(call.heads)
    for index, name in enumerate(_names(call)):
        at = call.heads[index] - base
        length = int.from_bytes(call.tail[at : at + WORD], "big")
        for value in (length - 1, length + 1, length + WORD, 0, 2**64, TOP):
            tail = call.tail[:at] + word(value) + call.tail[at + WORD :]
            yield f"{name} length {value:#x} for {length:#x}", replace(call, tail=tail).data


def _contents(proof: bytes, instances: Sequence[int], key: Sequence[bytes] | None) -> Iterator[tuple[str, bytes]]:
    """Canonical encodings of other arguments: lengths that the decoder takes but the verifier must not."""
    for name, other in (
        ("a word longer", proof + bytes(WORD)),
        ("a word longer in front", bytes(WORD) + proof),
        ("a byte longer", proof + b"\x00"),
        ("a word shorter", proof[:-WORD]),
        ("a byte shorter", proof[:-1]),
        ("doubled", proof * 2),
        ("empty", b""),
    ):
        yield f"proof {name}", canonical(other, instances, key).data
    for name, values in (
        ("one more", [*instances, 0]),
        ("one less", instances[:-1]),
        ("none", []),
        ("doubled", [*instances, *instances]),
    ):
        yield f"instances {name}", canonical(proof, values, key).data
    if key is not None:
        for name, words in (("one more", [*key, bytes(WORD)]), ("one less", key[:-1]), ("none", [])):
            yield f"key {name}", canonical(proof, instances, words).data
