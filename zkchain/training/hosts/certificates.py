"""Certificates of members: each signs its own, and is known by exactly that certificate and by nothing in it.

There is no authority: whoever holds one could issue certificates in the name of any owner, come between the others as
that owner, and read what they sum. So certificates are exchanged like the plan, and compared byte for byte.
"""

import secrets
import ssl
from datetime import UTC, datetime, timedelta

from Crypto.Hash import SHA256
from Crypto.PublicKey import ECC
from Crypto.Signature import DSS
from Crypto.Util.asn1 import DerInteger, DerObjectId

_CURVE = "P-256"
_DAYS = 825
#: A clock that is behind ours must not take a fresh certificate for one of the future.
_SKEW = timedelta(days=1)
_ECDSA_SHA256, _COMMON_NAME, _ORGANIZATION = "1.2.840.10045.4.3.2", "2.5.4.3", "2.5.4.10"
_BASIC, _USAGE, _EXTENDED = "2.5.29.19", "2.5.29.15", "2.5.29.37"
_SERVER, _CLIENT = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"
#: digitalSignature, and nothing else: no member may sign for another.
_SIGNS_ONLY = b"\x03\x02\x07\x80"
#: Tags of DER; the last is that of a certificate's own fields, counted from zero.
_TRUTH, _BITS, _OCTETS, _TEXT, _SHORT_TIME, _LONG_TIME = 0x01, 0x03, 0x04, 0x0C, 0x17, 0x18
_SEQUENCE, _SET, _FIELD = 0x30, 0x31, 0xA0
_VERSION_3, _SERIAL_BITS, _LONG_YEARS = 2, 126, 2050


def make_identity(name: str, federation: str) -> tuple[bytes, bytes]:
    """A fresh key and its certificate for TLS, both as PEM. The names in it are for people alone."""
    key = ECC.generate(curve=_CURVE)
    now = datetime.now(UTC)
    subject = _name(name, federation)
    algorithm = _sequence(_oid(_ECDSA_SHA256))
    body = _sequence(
        _der(_FIELD, _number(_VERSION_3)),
        _number(secrets.randbits(_SERIAL_BITS) + 1),
        algorithm,
        subject,
        _sequence(_time(now - _SKEW), _time(now + timedelta(days=_DAYS))),
        subject,
        bytes(key.public_key().export_key(format="DER")),
        _der(_FIELD + 3, _extensions()),
    )
    signature = DSS.new(key, "fips-186-3", encoding="der").sign(SHA256.new(body))
    made = _sequence(body, algorithm, _der(_BITS, b"\0", signature))
    return str(key.export_key(format="PEM")).encode() + b"\n", ssl.DER_cert_to_PEM_cert(made).encode()


def _name(name: str, federation: str) -> bytes:
    parts = ((_ORGANIZATION, f"zkchain {federation}"), (_COMMON_NAME, name))
    return _sequence(*(_der(_SET, _sequence(_oid(kind), _der(_TEXT, text.encode()))) for kind, text in parts))


def _extensions() -> bytes:
    critical = _der(_TRUTH, b"\xff")
    purposes = _sequence(_oid(_SERVER), _oid(_CLIENT))
    return _sequence(
        _sequence(_oid(_BASIC), critical, _der(_OCTETS, _sequence())),
        _sequence(_oid(_USAGE), critical, _der(_OCTETS, _SIGNS_ONLY)),
        _sequence(_oid(_EXTENDED), _der(_OCTETS, purposes)),
    )


def _time(moment: datetime) -> bytes:
    """A time as X.509 has it until 2049; one after that has another form."""
    if moment.year >= _LONG_YEARS:
        return _der(_LONG_TIME, moment.strftime("%Y%m%d%H%M%SZ").encode())
    return _der(_SHORT_TIME, moment.strftime("%y%m%d%H%M%SZ").encode())


def _number(value: int) -> bytes:
    return bytes(DerInteger(value).encode())


def _oid(dotted: str) -> bytes:
    return bytes(DerObjectId(dotted).encode())


def _sequence(*parts: bytes) -> bytes:
    return _der(_SEQUENCE, *parts)


def _der(tag: int, *parts: bytes) -> bytes:
    """One value of DER: tag, length, content."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    raw = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(raw)]) + raw + content
