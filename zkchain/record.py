"""The base of all records: checked JSON both ways for frozen dataclasses of plain values, tuples and records."""

import dataclasses
import re
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, Literal, Self

from .values import Address, Digest, FieldElement, address, digest

_HEX = re.compile(r"0x([0-9a-f]{2})*\Z")


class Record:
    """JSON both ways for frozen dataclasses of plain values, tuples and other records."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        """This record as plain JSON values."""
        return {f.name: _plain(getattr(self, f.name)) for f in dataclasses.fields(self)}  # type: ignore[arg-type]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Rebuild a record. Raises ValueError, TypeError or KeyError on anything that `to_json` does not write."""
        if not isinstance(value, Mapping):
            raise TypeError(f"expected an object, found {type(value).__name__}")
        hints = typing.get_type_hints(cls)
        unknown = set(value) - set(hints)
        if unknown:
            raise ValueError(f"unknown keys for {cls.__name__}: {sorted(unknown)}")
        return cls(**{name: _built(hints[name], item) for name, item in value.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return value.to_json()
    if isinstance(value, FieldElement):
        return value.word
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return value


def _built(hint: Any, value: Any) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return None if value is None else _built(next(arg for arg in args if arg is not type(None)), value)
    if origin is tuple:
        return _tuple(args, value)
    if origin is Literal:
        if value not in args:
            raise ValueError(f"{value!r} is not one of {args}")
        return value
    if hint in _READERS:
        return _READERS[hint](value)
    if isinstance(hint, type) and issubclass(hint, Record):
        return hint.from_json(value)
    return _scalar(origin or getattr(hint, "__supertype__", hint), value)


def _bytes(value: Any) -> bytes:
    if not _HEX.match(value):
        raise ValueError(f"{value!r} is not 0x and lowercase hex bytes")
    return bytes.fromhex(value[2:])


#: Types whose text is checked when it is read. Each refuses text with ValueError and anything else with TypeError.
_READERS: dict[Any, Callable[[Any], Any]] = {
    bytes: _bytes,
    FieldElement: FieldElement.from_word,
    Digest: digest,
    Address: address,
}


def _tuple(args: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise TypeError(f"expected a list, found {type(value).__name__}")
    if args[-1] is Ellipsis:
        return tuple(_built(args[0], item) for item in value)
    return tuple(_built(arg, item) for arg, item in zip(args, value, strict=True))


def _scalar(kind: type, value: Any) -> Any:
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise TypeError(f"expected {kind.__name__}, found {type(value).__name__}")
    return value
