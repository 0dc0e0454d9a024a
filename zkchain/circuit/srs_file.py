"""Read an SRS file: its size, its G2 point, and who knows its secret.

Layout of the halo2 files that ezkl reads and writes ("raw bytes"): k as 4 bytes little-endian, 2**k G1 points,
2**k G1 points in Lagrange form, the G2 generator, s*G2. A G1 point is two and a G2 point four base-field numbers
of 32 bytes, little-endian, in Montgomery form.
"""

import json
from importlib import resources
from pathlib import Path

from ..errors import SrsCorrupt, SrsNotFound
from ..files import sha256_file
from ..records import Srs
from ..values import CEREMONY_G2, Digest

#: Order of the BN254 base field (EIP-196).
BASE_MODULUS = 21888242871839275222246405745257275088696311157297823662689037894645226208583

#: The BN254 G2 generator (EIP-197), as (x.c0, x.c1, y.c0, y.c1).
_G2_GENERATOR = (
    0x1800DEEF121F1E76426A00665E5C4479674322D4F75EDADD46DEBD5CD992F6ED,
    0x198E9393920D483A7260BFB731FB5D25F1AA493335A9E71297E485B7AEF312C2,
    0x12C85EA5DB8C6DEB4AAB71808DCB408FE3D1E7690C43D37B4CE6CC0166FA7DAA,
    0x090689D0585FF075EC9E99AD690C3395BC4B313370B38EF355ACDADCD122975B,
)
_MONTGOMERY_INVERSE: int = pow(2**256, -1, BASE_MODULUS)
_MAX_K = 28


def expected_size(k: int) -> int:
    """Bytes of an SRS file for 2**k rows."""
    return 4 + 2 * 64 * (1 << k) + 2 * 128


def describe_srs(path: Path) -> Srs:
    """Read `path` and say what it is. Raises SrsNotFound and SrsCorrupt.

    A ceremony file is one whose SHA-256 is pinned for its k. A file that carries the ceremony's G2 point
    without being that file has been altered, and is refused.
    """
    if not path.is_file():
        raise SrsNotFound(f"{path} is not a file", path=path)
    size = path.stat().st_size
    with path.open("rb") as file:
        k = int.from_bytes(file.read(4), "little")
        if not 1 <= k <= _MAX_K or size != expected_size(k):
            raise SrsCorrupt(f"{path}: k={k} in the header does not go with {size:,} bytes", path=path, size=size)
        first_point = _numbers(file.read(64))
        file.seek(size - 256)
        generator, secret_times_g2 = _numbers(file.read(128)), _numbers(file.read(128))
    if first_point != (1, 2) or generator != _G2_GENERATOR:
        raise SrsCorrupt(f"{path} does not start from the BN254 generators", path=path)
    if secret_times_g2 in ((0, 0, 0, 0), _G2_GENERATOR):
        raise SrsCorrupt(f"{path} has a degenerate secret", path=path)
    point, digest = _verifier_words(secret_times_g2), sha256_file(path)
    ceremony = pinned_digest(k) == digest
    if not ceremony and point == CEREMONY_G2:
        raise SrsCorrupt(f"{path} carries the ceremony's point but is not the ceremony's file for k={k}", path=path)
    return Srs(k=k, sha256=digest, provenance="ceremony" if ceremony else "dev", g2_point=point)


def pinned_digest(k: int) -> Digest | None:
    """SHA-256 of the perpetual-powers-of-tau file for 2**k rows, as ezkl 23.0.5 pins it; None beyond k=26."""
    pinned = json.loads(resources.files(__package__).joinpath("ceremony.json").read_text(encoding="ascii"))
    return Digest(pinned[str(k)]) if str(k) in pinned else None


def _numbers(raw: bytes) -> tuple[int, ...]:
    """Base-field numbers out of Montgomery form."""
    return tuple(
        int.from_bytes(raw[at : at + 32], "little") * _MONTGOMERY_INVERSE % BASE_MODULUS
        for at in range(0, len(raw), 32)
    )


def _verifier_words(point: tuple[int, ...]) -> tuple[str, ...]:
    """A G2 point (x.c0, x.c1, y.c0, y.c1) negated, in the order in which generated verifiers carry it."""
    x0, x1, y0, y1 = point
    words = (x1, x0, (BASE_MODULUS - y1) % BASE_MODULUS, (BASE_MODULUS - y0) % BASE_MODULUS)
    return tuple(f"0x{word:064x}" for word in words)
