"""Calldata for a generated verifier: the one canonical encoding, and the standard ones that must be refused.

Generated code is written for canonical calldata. A guarded verifier refuses everything else; these vectors show
that it does. None of them is a way to make a false statement pass.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from eth_abi.abi import encode

from ..values import MODULUS, FieldElement, keccak_of

_WORD = 32
_TOP = 2**256 - 1
_OWN = "verifyProof(bytes,uint256[])"
_SHARED = "verifyProof(bytes,uint256[],bytes32[])"


@dataclass(frozen=True, slots=True)
class Statement:
    """An honest proof as a verifier takes it. `key` holds the key's words for the shared verifier, else None."""

    proof: bytes
    instances: tuple[FieldElement, ...]
    key: tuple[bytes, ...] | None = None


@dataclass(frozen=True, slots=True)
class Vector:
    """Calldata that must be refused, and what is wrong with it."""

    name: str
    calldata: bytes


@dataclass(frozen=True, slots=True)
class _Call:
    """A call in parts: the selector, where each head points, and the tails those heads should point to."""

    selector: bytes
    heads: tuple[int, ...]
    tails: tuple[bytes, ...]

    @property
    def data(self) -> bytes:
        return self.selector + b"".join(_word(head) for head in self.heads) + b"".join(self.tails)


def canonical(statement: Statement) -> bytes:
    """The calldata that an honest caller sends."""
    return _call(statement.proof, statement.instances, statement.key).data


def negative_vectors(statement: Statement) -> tuple[Vector, ...]:
    """Every standard layout that must be refused, made from an honest statement."""
    honest = _call(statement.proof, statement.instances, statement.key)
    groups = (_heads(honest), _tails(honest), _lengths(honest), _sizes(honest.data), _contents(statement))
    return tuple(Vector(name, data) for group in groups for name, data in group)


def _call(proof: bytes, instances: Sequence[int], key: Sequence[bytes] | None) -> _Call:
    signature, types = _OWN, ["bytes", "uint256[]"]
    values: list[Any] = [proof, [int(value) for value in instances]]
    if key is not None:
        signature, types, values = _SHARED, [*types, "bytes32[]"], [*values, list(key)]
    body = encode(types, values)
    heads = tuple(int.from_bytes(body[at : at + _WORD], "big") for at in range(0, _WORD * len(types), _WORD))
    ends = (*heads[1:], len(body))
    selector = bytes.fromhex(keccak_of(signature.encode())[2:10])
    return _Call(selector, heads, tuple(body[start:end] for start, end in zip(heads, ends, strict=True)))


def _heads(call: _Call) -> Iterator[tuple[str, bytes]]:
    size = len(call.data) - len(call.selector)
    for index, name in enumerate(_names(call)):
        head = call.heads[index]
        for label, value in (
            ("+0x20", head + _WORD),
            ("-0x20", head - _WORD),
            ("+1", head + 1),
            ("past the end", size),
            ("2^256-1", _TOP),
        ):
            yield f"{name} head {label}", _moved(call, index, value)
    first, second, *rest = call.heads
    yield "heads swapped", replace(call, heads=(second, first, *rest)).data
    yield "overlapping tails", _moved(call, 1, first)


def _tails(call: _Call) -> Iterator[tuple[str, bytes]]:
    length = sum(len(tail) for tail in call.tails)
    yield "tails twice, heads at the first", replace(call, tails=call.tails * 2).data
    both = tuple(head + length for head in call.heads)
    yield "tails twice, heads at the second", replace(call, heads=both, tails=call.tails * 2).data
    for index, name in enumerate(_names(call)):
        heads = tuple(both[at] if at == index else head for at, head in enumerate(call.heads))
        yield f"tails twice, {name} head at the second", replace(call, heads=heads, tails=call.tails * 2).data
    gap = tuple(head + _WORD for head in call.heads)
    yield "a word between heads and tails", replace(call, heads=gap, tails=(bytes(_WORD), *call.tails)).data


def _lengths(call: _Call) -> Iterator[tuple[str, bytes]]:
    for index, name in enumerate(_names(call)):
        length = int.from_bytes(call.tails[index][:_WORD], "big")
        for label, value in (("+1", length + 1), ("-1", length - 1), ("2^256-1", _TOP)):
            tail = _word(value) + call.tails[index][_WORD:]
            tails = tuple(tail if at == index else other for at, other in enumerate(call.tails))
            yield f"{name} length {label}", replace(call, tails=tails).data


def _sizes(data: bytes) -> Iterator[tuple[str, bytes]]:
    for size in (1, _WORD, 1024):
        yield f"{size} bytes behind", data + b"\xa5" * size
    yield "32 zero bytes behind", data + bytes(_WORD)
    yield "truncated by 1", data[:-1]
    yield "truncated by half", data[: len(data) // 2]
    yield "selector only", data[:4]
    yield "empty", b""


def _contents(statement: Statement) -> Iterator[tuple[str, bytes]]:
    """Canonical calldata that says something else."""
    proof, instances, key = statement.proof, [int(value) for value in statement.instances], statement.key

    def encoded(proof: bytes = proof, instances: Sequence[int] = instances) -> bytes:
        return _call(proof, instances, key).data

    yield "proof with a bit flipped", encoded(proof=_flipped(proof, 0))
    yield "proof with its last bit flipped", encoded(proof=_flipped(proof, len(proof) - 1))
    yield "proof a word longer", encoded(proof=proof + bytes(_WORD))
    yield "proof a word shorter", encoded(proof=proof[:-_WORD])
    yield "empty proof", encoded(proof=b"")
    yield "an instance more", encoded(instances=[*instances, 0])
    if instances:  # proofs about commitments alone have none
        yield "another first instance", encoded(instances=[(instances[0] + 1) % MODULUS, *instances[1:]])
        yield "first instance plus the field's order", encoded(instances=[instances[0] + MODULUS, *instances[1:]])
        yield "an instance less", encoded(instances=instances[:-1])


def _names(call: _Call) -> Sequence[str]:
    return ("proof", "instances", "key")[: len(call.heads)]


def _moved(call: _Call, index: int, value: int) -> bytes:
    return replace(call, heads=tuple(value if at == index else head for at, head in enumerate(call.heads))).data


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def _word(value: int) -> bytes:
    return (value % 2**256).to_bytes(_WORD, "big")
