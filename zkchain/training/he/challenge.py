"""What a query asks to be proved beside its answer: an input that nobody could foresee, for this query alone."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import EncryptedUnreadable
from ...model import Sample
from ...record import Record
from ...records import Binding, ModelSpec
from ...values import ZERO_ADDRESS, ZERO_DIGEST, Digest, canonical_json, sha256_of
from .container import Sealed
from .plan import Plan

_NONCE_BYTES = 32
#: Where a drawn input lies, as a share of the largest that a key takes: well inside of what samples reach, since a
#: circuit holds what is small.
_SHARE = 1 / 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge(Record):
    """A public input, flat, tensor by tensor, and a nonce, without which a small model had few inputs to foresee."""

    nonce: bytes
    inputs: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        if len(self.nonce) != _NONCE_BYTES:
            raise ValueError(f"a nonce has {_NONCE_BYTES} bytes, found {len(self.nonce)}")


def draw_challenge(plan: Plan, spec: ModelSpec) -> Challenge:
    """A fresh one, of small inputs."""
    drawn = secrets.SystemRandom()
    row = np.array([drawn.uniform(-_SHARE, _SHARE) * most for most in plan.inputs], np.float32)
    parts = np.split(row, np.cumsum([tensor.elements for tensor in spec.inputs])[:-1])
    return _challenge(parts)


def challenge_of(sample: Sample) -> Challenge:
    """A fresh one, of an input that the client chose."""
    return _challenge([np.asarray(tensor).ravel() for tensor in sample])


def _challenge(parts: Sequence[np.ndarray]) -> Challenge:
    inputs = tuple(tuple(float(value) for value in part) for part in parts)
    return Challenge(nonce=secrets.token_bytes(_NONCE_BYTES), inputs=inputs)


def read_challenge(query: Sealed, spec: ModelSpec) -> Challenge:
    """What a query asks to be proved. Raises EncryptedUnreadable for a query that asks nothing, or of another shape."""
    try:
        found = Challenge.from_json(query.header.extra["challenge"])
    except (ValueError, TypeError, KeyError):
        raise EncryptedUnreadable(
            "the query names no challenge that can be read, so that no proof could be about it",
            remedy="encrypt the input anew with this version of zkchain",
        ) from None
    sizes = [len(part) for part in found.inputs]
    wanted = [tensor.elements for tensor in spec.inputs]
    if sizes != wanted:
        raise EncryptedUnreadable(f"the query's challenge has {sizes} numbers, the model takes {wanted}")
    return found


def query_digest(query: Sealed) -> Digest:
    """The identity of a query: of everything in it, the challenge too."""
    return sha256_of(canonical_json(query.header.to_json()))


def binding_of(query: Sealed) -> Binding:
    """What binds a proof to a query. It is for no chain and no gateway, and none would take it."""
    return Binding(
        chain_id=0,
        gateway=ZERO_ADDRESS,
        model_id=ZERO_DIGEST,
        account=ZERO_ADDRESS,
        request=query_digest(query),
        nonce=0,
        deadline=0,
    )


def on_grid(values: Sequence[float], scale: int) -> tuple[int, ...]:
    """What a circuit reads for these numbers: the nearest integers to `values` * 2**scale, halves away from zero."""
    scaled = np.asarray(values, np.float32).astype(np.float64) * 2.0**scale
    return tuple(int(value) for value in np.trunc(scaled + np.copysign(0.5, scaled)))
