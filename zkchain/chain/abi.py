"""Contract calls as bytes and back, by ABI. Written over eth-abi alone, which is the same under web3 7 and 8."""

from collections.abc import Mapping, Sequence
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError

from ..values import Digest, keccak_of

Abi = Sequence[Mapping[str, Any]]

_SELECTOR_BYTES = 4


def encode_call(abi: Abi, name: str, arguments: Sequence[Any]) -> bytes:
    """Calldata of function `name`, canonically encoded. Raises KeyError, or ValueError for unfit arguments."""
    entry = _entry(abi, "function", name)
    return selector_of(entry) + _encoded(name, types_of(entry["inputs"]), arguments)


def decode_call(abi: Abi, name: str, data: bytes) -> tuple[Any, ...]:
    """The arguments with which function `name` was called. Raises KeyError, or ValueError when `data` is not that."""
    entry = _entry(abi, "function", name)
    if data[:_SELECTOR_BYTES] != selector_of(entry):
        raise ValueError(f"{len(data)} bytes are no call of {name}")
    return decoded(types_of(entry["inputs"]), data[_SELECTOR_BYTES:])


def decode_result(abi: Abi, name: str, data: bytes) -> tuple[Any, ...]:
    """What function `name` returned. Raises KeyError, or ValueError when `data` is not that."""
    return decoded(types_of(_entry(abi, "function", name)["outputs"]), data)


def encode_constructor(abi: Abi, arguments: Sequence[Any]) -> bytes:
    """Constructor arguments, to follow the creation code. Raises ValueError for unfit ones."""
    types = next((types_of(entry["inputs"]) for entry in abi if entry["type"] == "constructor"), [])
    return _encoded("constructor", types, arguments)


def event_topic(abi: Abi, name: str) -> Digest:
    """First topic of event `name`. Raises KeyError."""
    return keccak_of(signature_of(_entry(abi, "event", name)).encode())


def decode_error(abi: Abi, data: bytes) -> tuple[str, tuple[Any, ...]] | None:
    """Name and arguments of the custom error that `data` is; None if `abi` has no such error."""
    for entry in abi:
        if entry["type"] == "error" and selector_of(entry) == data[:_SELECTOR_BYTES]:
            try:
                return entry["name"], decoded(types_of(entry["inputs"]), data[_SELECTOR_BYTES:])
            except ValueError:
                return None
    return None


def decoded(types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    """Decode strictly. Raises ValueError."""
    try:
        return tuple(decode(list(types), data))
    except (DecodingError, OverflowError, UnicodeDecodeError) as error:
        raise ValueError(f"{len(data)} bytes are not ABI-encoded {', '.join(types)}") from error


def selector_of(entry: Mapping[str, Any]) -> bytes:
    """The four bytes that name a function or an error."""
    return bytes.fromhex(keccak_of(signature_of(entry).encode())[2 : 2 + 2 * _SELECTOR_BYTES])


def signature_of(entry: Mapping[str, Any]) -> str:
    """Name and argument types without spaces, tuples spelled out."""
    return f"{entry['name']}({','.join(types_of(entry['inputs']))})"


def types_of(parameters: Sequence[Mapping[str, Any]]) -> list[str]:
    """Types of parameters as eth-abi spells them."""
    return [_type_of(parameter) for parameter in parameters]


def _type_of(parameter: Mapping[str, Any]) -> str:
    kind = str(parameter["type"])
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(types_of(parameter['components']))}){kind.removeprefix('tuple')}"


def _entry(abi: Abi, kind: str, name: str) -> Mapping[str, Any]:
    found = next((entry for entry in abi if entry["type"] == kind and entry["name"] == name), None)
    if found is None:
        raise KeyError(f"the ABI has no {kind} {name}")
    return found


def _encoded(name: str, types: Sequence[str], arguments: Sequence[Any]) -> bytes:
    if len(types) != len(arguments):
        raise ValueError(f"{name} takes {len(types)} arguments, {len(arguments)} given")
    try:
        return encode(list(types), list(arguments))
    except (EncodingError, TypeError, OverflowError) as error:
        raise ValueError(f"{name}: {error}") from error
