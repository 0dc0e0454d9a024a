"""The files of encrypted inference: a header that says what they are and to whom they belong, and checked bytes.

    b"zkhe" | version, 1 byte | size of the header, 4 bytes | header, JSON | body

Numbers are little-endian. The header names the kind, the model's digest, the key's digest, and size and SHA-256 of
the body. Nothing in a file is ever executed: no pickle.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ...errors import EncryptedUnreadable
from ...files import parse_json, write_atomic
from ...record import Record
from ...values import Digest, canonical_json, sha256_of

Kind = Literal["secret", "public", "query", "answer"]
_MAGIC, VERSION = b"zkhe", 1
_START = len(_MAGIC) + 5
_MAX_HEADER, MAX_FILE = 64 * 2**20, 4 * 2**30
_NAMES = {"secret": "a secret key", "public": "a public key", "query": "a query", "answer": "an answer"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Header(Record):
    """What a file is. `extra` depends on the kind."""

    kind: Kind
    model: Digest
    key: Digest
    size: int
    sha256: Digest
    extra: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A file that was checked."""

    header: Header
    body: bytes


def write_sealed(
    path: Path, kind: Kind, body: bytes, *, model: Digest, key: Digest, extra: dict[str, Any], mode: int = 0o644
) -> None:
    """Write a file, whole or not at all. Raises OSError."""
    header = Header(kind=kind, model=model, key=key, size=len(body), sha256=sha256_of(body), extra=extra)
    text = canonical_json(header.to_json())
    write_atomic(path, _MAGIC + bytes([VERSION]) + len(text).to_bytes(4, "little") + text + body, mode=mode)


def read_sealed(path: Path, kind: Kind) -> Sealed:
    """The file at `path`, which must be of that kind. Raises EncryptedUnreadable, which says what is wrong."""
    data = _bytes(path)
    if data[: len(_MAGIC)] != _MAGIC:
        raise EncryptedUnreadable(f"{path} is not a file of encrypted inference", path=path)
    if len(data) < _START:
        raise EncryptedUnreadable(f"{path} is cut off", path=path)
    if data[len(_MAGIC)] != VERSION:
        raise EncryptedUnreadable(
            f"{path} has format {data[len(_MAGIC)]}; this release reads format {VERSION}", path=path
        )
    size = int.from_bytes(data[len(_MAGIC) + 1 : _START], "little")
    if size > _MAX_HEADER or _START + size > len(data):
        raise EncryptedUnreadable(f"{path} is cut off", path=path)
    try:
        header = Header.from_json(parse_json(data[_START : _START + size]))
    except (ValueError, TypeError, KeyError, RecursionError):
        raise EncryptedUnreadable(f"{path} has a header that cannot be read", path=path) from None
    body = data[_START + size :]
    if header.kind != kind:
        raise EncryptedUnreadable(f"{path} is {_NAMES[header.kind]}, not {_NAMES[kind]}", path=path)
    if len(body) != header.size or sha256_of(body) != header.sha256:
        raise EncryptedUnreadable(f"{path} is damaged or cut off: its bytes are not those of its header", path=path)
    return Sealed(header, body)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise EncryptedUnreadable(f"{path} cannot be read: {error.strerror}", path=path) from None
    if len(data) > MAX_FILE:
        raise EncryptedUnreadable(f"{path} has more than {MAX_FILE:,} bytes", path=path, limit=MAX_FILE)
    return data
