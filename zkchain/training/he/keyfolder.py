"""The client's folder: secret key, public key, and the model that they are for."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

from ...errors import EncryptedUnreadable, ForeignModel, UsageError
from ...files import make_private, write_atomic
from ...model import described
from ...records import Model
from ...values import Digest, canonical_json, sha256_of
from .container import Sealed, read_sealed, write_sealed
from .measure import Accuracy
from .plan import Plan

SECRET, PUBLIC, MODEL = "secret.key", "public.key", "model.onnx"


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key that was read: the context for tenseal, whose it is, and the plan that is part of it."""

    context: bytes
    digest: Digest
    plan: Plan
    accuracy: Accuracy | None  #: with a secret key


def key_digest(public: bytes, plan: Plan) -> Digest:
    """The identity of a key: its public part, and the plan by which is computed under it."""
    return sha256_of(canonical_json({"context": sha256_of(public), "plan": plan.to_json()}))


def write_key_folder(folder: Path, model: Model, plan: Plan, accuracy: Accuracy, keys: tuple[bytes, bytes]) -> Digest:
    """Write the folder whole, or not at all; the key's digest.

    Raises UsageError when there is something already: a secret key that is overwritten takes all its answers with it.
    """
    refuse_taken(folder)
    secret, public = keys
    digest = key_digest(public, plan)
    make_private(folder.absolute().parent)
    made = folder.absolute().with_name(f".{folder.name}.{secrets.token_hex(8)}.tmp")
    made.mkdir(mode=0o700)
    try:
        shared = {"plan": plan.to_json()}
        write_sealed(made / PUBLIC, "public", public, model=plan.model, key=digest, extra=shared)
        extra = {**shared, "accuracy": accuracy.to_json()}
        write_sealed(made / SECRET, "secret", secret, model=plan.model, key=digest, extra=extra, mode=0o600)
        write_atomic(made / MODEL, model.onnx)
        made.replace(folder)
    except BaseException:
        rmtree(made, ignore_errors=True)
        raise
    return digest


def refuse_taken(folder: Path) -> None:
    """Raise UsageError unless nothing, or an empty folder, is there."""
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise UsageError(f"{folder} exists already; no key is overwritten", remedy="give another --out")


def read_secret_key(folder: Path) -> KeyFile:
    """The secret key in `folder`. Raises EncryptedUnreadable."""
    sealed = read_sealed(folder / SECRET, "secret")
    plan = _plan(sealed, folder / SECRET)
    try:
        accuracy = Accuracy.from_json(sealed.header.extra["accuracy"])
    except (ValueError, TypeError, KeyError):
        raise EncryptedUnreadable(f"{folder / SECRET} lacks what was measured") from None
    return KeyFile(sealed.body, sealed.header.key, plan, accuracy)


def read_public_key(path: Path) -> KeyFile:
    """The public key at `path`. Raises EncryptedUnreadable."""
    sealed = read_sealed(path, "public")
    plan = _plan(sealed, path)
    if key_digest(sealed.body, plan) != sealed.header.key:
        raise EncryptedUnreadable(f"{path} is not the key that it says it is", path=path)
    return KeyFile(sealed.body, sealed.header.key, plan, None)


def read_key_model(folder: Path, key: KeyFile) -> Model:
    """The model in `folder`, which must be the key's. Raises EncryptedUnreadable, ForeignModel and ModelError."""
    try:
        data = (folder / MODEL).read_bytes()
    except OSError as error:
        raise EncryptedUnreadable(f"{folder / MODEL} cannot be read: {error.strerror}", path=folder / MODEL) from None
    if sha256_of(data) != key.plan.model:
        raise ForeignModel(f"{folder / MODEL} is not the model for which the key was made", expected=key.plan.model)
    return described(data, folder.name, ())


def _plan(sealed: Sealed, path: Path) -> Plan:
    try:
        plan = Plan.from_json(sealed.header.extra["plan"])
    except (ValueError, TypeError, KeyError):
        raise EncryptedUnreadable(f"{path} has no plan that can be read", path=path) from None
    if plan.model != sealed.header.model:
        raise EncryptedUnreadable(f"{path} names two models", path=path)
    return plan
