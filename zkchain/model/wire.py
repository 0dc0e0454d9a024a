"""Walk the protobuf encoding of a model without building it, so that a bomb is refused before it costs memory.

A parser allocates hundreds of bytes for a node that takes two bytes in the file. This walk visits every nested
message of the schema, counts, and skips everything else by its length.
Encoding: https://protobuf.dev/programming-guides/encoding/. The schema is onnx's own descriptor.
"""

from functools import cache
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from onnx import ModelProto

from ..errors import ModelTooLarge, ModelUnreadable

MAX_NODES = 50_000
MAX_INITIALIZERS = 50_000
#: Subgraphs inside subgraphs.
MAX_DEPTH = 8
#: Fields of all messages together; a field costs a parser up to a hundred bytes.
MAX_FIELDS = 1_000_000
#: Bytes of packed numbers of variable length: each byte can become eight in memory.
MAX_PACKED = 64 * 2**20

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_PACKED = "packed"
_TEXT = "text"
_VARIABLE_LENGTH = {
    FieldDescriptor.CPPTYPE_INT32,
    FieldDescriptor.CPPTYPE_INT64,
    FieldDescriptor.CPPTYPE_UINT32,
    FieldDescriptor.CPPTYPE_UINT64,
    FieldDescriptor.CPPTYPE_ENUM,
}


def scan_model(data: bytes) -> None:
    """Raise ModelUnreadable unless `data` is well-formed protobuf, ModelTooLarge beyond the caps of this module."""
    counts = {"NodeProto": 0, "TensorProto": 0, "fields": 0, _PACKED: 0}
    pending: list[tuple[int, int, str, int]] = [(0, len(data), "ModelProto", 0)]
    schema = _schema()
    while pending:
        at, end, message, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise ModelTooLarge(f"graphs or types are nested deeper than {MAX_DEPTH}", limit=MAX_DEPTH)
        nested = schema[message]
        while at < end:
            number, kind, at = _tag(data, at, end)
            start, at = _value(data, at, end, kind)
            _count(counts, "fields", 1)
            inner = nested.get(number) if kind == _BYTES else None
            if inner is None:
                continue
            if inner == _TEXT:
                _check_text(data[start:at], start)
                continue
            if inner in counts:
                _count(counts, inner, at - start if inner == _PACKED else 1)
            if inner != _PACKED:
                pending.append((start, at, inner, depth + (inner in ("GraphProto", "TypeProto"))))


#: What is counted -> limit and the words for it.
_CAPS = {
    "NodeProto": (MAX_NODES, "nodes"),
    "TensorProto": (MAX_INITIALIZERS, "stored tensors"),
    "fields": (MAX_FIELDS, "fields"),
    _PACKED: (MAX_PACKED, "bytes of packed numbers"),
}


def _count(counts: dict[str, int], what: str, amount: int) -> None:
    counts[what] += amount
    limit, words = _CAPS[what]
    if counts[what] > limit:
        raise ModelTooLarge(f"the model has more than {limit:,} {words}", what=words, limit=limit)


@cache
def _schema() -> dict[str, dict[int, str]]:
    """Message name -> field number -> the message that the field holds, _PACKED for varints or _TEXT."""
    schema: dict[str, dict[int, str]] = {}
    pending: list[Any] = [ModelProto.DESCRIPTOR]
    while pending:
        message = pending.pop()
        if message.name in schema:
            continue
        table = schema[message.name] = {}
        for field in message.fields:
            if field.message_type is not None:
                table[field.number] = field.message_type.name
                pending.append(field.message_type)
            elif field.type == FieldDescriptor.TYPE_STRING:
                table[field.number] = _TEXT
            elif field.cpp_type in _VARIABLE_LENGTH:
                table[field.number] = _PACKED
    return schema


def _check_text(text: bytes, at: int) -> None:
    """The parser lets broken text pass, as bytes, on which everything later would stumble."""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        raise ModelUnreadable(f"not an ONNX model: the text at byte {at} is not UTF-8") from None


def _tag(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    value, at = _varint(data, at, end)
    if value >> 3 == 0:
        raise ModelUnreadable(f"not an ONNX model: byte {at} does not begin a field")
    return value >> 3, value & 7, at


def _value(data: bytes, at: int, end: int, kind: int) -> tuple[int, int]:
    """Start and end of a field's value."""
    if kind == _VARINT:
        return at, _varint(data, at, end)[1]
    if kind == _BYTES:
        size, at = _varint(data, at, end)
    elif kind in (_FIXED32, _FIXED64):
        size = 4 if kind == _FIXED32 else 8
    else:
        raise ModelUnreadable(f"not an ONNX model: wire type {kind} at byte {at}")
    if at + size > end:
        raise ModelUnreadable(f"the file ends inside a field at byte {at}: it is truncated or not an ONNX model")
    return at, at + size


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= end:
            raise ModelUnreadable("the file ends inside a number: it is truncated or not an ONNX model")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ModelUnreadable(f"not an ONNX model: an endless number at byte {at}")
