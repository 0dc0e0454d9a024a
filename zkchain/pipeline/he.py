"""Use cases of encrypted inference: the client makes keys, encrypts and decrypts; the server computes in between."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import EncryptedUnreadable, ForeignKey, ForeignModel, SamplesUnreadable, UsageError
from ..model import Sample, load_model, read_samples
from ..progress import Report, silent
from ..records import Model
from ..training.he.activations import DEGREES
from ..training.he.challenge import challenge_of, draw_challenge, query_digest, read_challenge
from ..training.he.ciphertexts import decrypt_rows, encrypt_rows, evaluate_steps, make_keys, need_library
from ..training.he.container import Sealed, read_sealed, write_sealed
from ..training.he.keyfolder import (
    PUBLIC,
    KeyFile,
    read_key_model,
    read_public_key,
    read_secret_key,
    refuse_taken,
    write_key_folder,
)
from ..training.he.measure import Accuracy, finish, measure, rows_of, scaled, unscaled
from ..training.he.network import Network, described, read_network
from ..training.he.plan import Plan, approximate, make_plan, steps
from ..values import Digest
from .he_proof import Behind, Checking, Vouched, Vouching, check_vouched, check_vouching, vouch

#: Inputs that are made up where no samples are given, and how far they reach.
_MADE_UP, _REACH = 64, 4.0
_APPROXIMATED = frozenset({"Relu", "Sigmoid", "Tanh"})


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysMade:
    """A new key, and how accurate answers under it will be."""

    folder: Path
    key: Digest
    plan: Plan
    accuracy: Accuracy
    layers: list[dict[str, object]]
    public_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A query or an answer that was written."""

    path: Path
    rows: int
    size: int
    seconds: float
    proof: Vouched | None = None  #: in an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Decrypted:
    """The model's outputs, row by row, and what is known of their errors."""

    rows: list[dict[str, list[float | int | bool]]]
    accuracy: Accuracy
    model: Digest
    behind: Behind | None  #: None when nobody looked


def make_key_folder(
    model_path: Path,
    out: Path,
    *,
    samples_path: Path | None = None,
    degree: int = DEGREES[-1],
    dims: Mapping[str, int] | None = None,
    report: Report = silent,
) -> KeysMade:
    """Make keys for a model, measure what encryption does to its answers, and write the folder `out`.

    Raises ModelError, SampleError, EncryptionError, ExtraMissing, UsageError and OSError.
    """
    refuse_taken(out)
    need_library()
    model = load_model(model_path, dims=dims)
    network = read_network(model)
    samples = _samples(samples_path, model, network)
    plan = make_plan(network, model.spec.digest, rows_of(samples), degree, made_up=samples_path is None)
    report("making keys")
    keys = make_keys(plan.parameters)
    report("measuring encrypted answers")
    accuracy = measure(model, network, plan, samples, keys)
    key = write_key_folder(out, model, plan, accuracy, keys)
    return KeysMade(
        folder=out,
        key=key,
        plan=plan,
        accuracy=accuracy,
        layers=described(network),
        public_bytes=(out / PUBLIC).stat().st_size,
    )


def encrypt_input(
    folder: Path, input_path: Path, out: Path, *, challenge_path: Path | None = None, report: Report = silent
) -> Written:
    """Encrypt all samples at `input_path` under the key in `folder`, one row each.

    What the server has to prove beside its answer is the input at `challenge_path`, or one that is drawn; it is public.
    Raises SampleError, EncryptionError, ExtraMissing and OSError; ValueOutOfRange for inputs on which the key's
    accuracy does not hold.
    """
    started = time.monotonic()
    key = read_public_key(folder / PUBLIC)
    model = read_key_model(folder, key)
    samples = read_samples(input_path, model.spec)
    if not 1 <= len(samples) <= key.plan.parameters.rows:
        raise SamplesUnreadable(
            f"{input_path} holds {len(samples)} samples; a query takes 1 to {key.plan.parameters.rows}", path=input_path
        )
    rows = rows_of(samples)
    approximate(read_network(model), key.plan, rows)
    if challenge_path is None:
        challenge = draw_challenge(key.plan, model.spec)
    else:
        challenge = challenge_of(_single(challenge_path, model))
    report("encrypting")
    body = encrypt_rows(key.context, scaled(key.plan, rows), key.plan.parameters.rows)
    extra = {"rows": len(rows), "challenge": challenge.to_json()}
    write_sealed(out, "query", body, model=key.plan.model, key=key.digest, extra=extra)
    return Written(path=out, rows=len(rows), size=out.stat().st_size, seconds=time.monotonic() - started)


def answer_query(
    model_path: Path,
    key_path: Path,
    query_path: Path,
    out: Path,
    *,
    dims: Mapping[str, int] | None = None,
    vouching: Vouching | None = None,
    report: Report = silent,
) -> Written:
    """Compute the model on a query and write the encrypted answer, with a proof for its challenge by `vouching`.

    Raises ModelError, EncryptionError, ExtraMissing and OSError; with `vouching` UsageError, BundleError,
    ValueOutOfRange and EngineError too.
    """
    started = time.monotonic()
    need_library()
    key = read_public_key(key_path)
    query = read_sealed(query_path, "query")
    model = load_model(model_path, dims=dims)
    _same_model("the key", key.plan.model, model.spec.digest)
    _same_owner(query, key, "query")
    if vouching is not None:
        check_vouching(vouching.bundle, model.spec.digest)
        read_challenge(query, model.spec)
    network = read_network(model)
    try:
        work = list(steps(network, key.plan))
    except ValueError:
        raise ForeignModel("the plan of the key does not fit the model", model=model.spec.digest) from None
    report("computing on ciphertexts")
    body = evaluate_steps(key.context, query.body, work)
    rows = _row_count(query)
    proof = None if vouching is None else vouch(vouching, query, report)
    extra = {"rows": rows, "query": query_digest(query), "proof": None if proof is None else proof.to_json()}
    write_sealed(out, "answer", body, model=key.plan.model, key=key.digest, extra=extra)
    seconds = time.monotonic() - started
    return Written(path=out, rows=rows, size=out.stat().st_size, seconds=seconds, proof=proof)


def decrypt_answer(
    folder: Path, answer_path: Path, *, checking: Checking | None = None, report: Report = silent
) -> Decrypted:
    """Decrypt an answer with the secret key in `folder` and finish what the model leaves to the client.

    With `checking`, nothing is decrypted before the proof in the answer has held. Raises EncryptionError, ModelError,
    ExtraMissing and OSError; with `checking` what `check_vouched` raises too.
    """
    key = read_secret_key(folder)
    answer = read_sealed(answer_path, "answer")
    _same_owner(answer, key, "answer")
    behind = None
    if checking is not None:
        query = read_sealed(checking.query, "query")
        _same_owner(query, key, "query")
        behind = check_vouched(checking, query, answer, report)
    network = read_network(model := read_key_model(folder, key))
    scores = decrypt_rows(key.context, answer.body, rows=_row_count(answer), width=len(key.plan.scores))
    names = [tensor.name for tensor in model.spec.outputs]
    rows = [
        dict(zip(names, (np.asarray(values).ravel().tolist() for values in outputs), strict=True))
        for outputs in finish(network, unscaled(key.plan, scores))
    ]
    assert key.accuracy is not None
    return Decrypted(rows=rows, accuracy=key.accuracy, model=key.plan.model, behind=behind)


def _single(path: Path, model: Model) -> Sample:
    samples = read_samples(path, model.spec)
    if len(samples) != 1:
        raise SamplesUnreadable(f"{path} holds {len(samples)} samples; a challenge is one", path=path)
    return samples[0]


def _samples(path: Path | None, model: Model, network: Network) -> Sequence[Sample]:
    if path is not None:
        samples = read_samples(path, model.spec)
        if not samples:
            raise SamplesUnreadable(f"{path} holds no sample", path=path)
        return samples
    fitted = sorted({layer.activation for layer in network.layers if layer.activation in _APPROXIMATED})
    if fitted:
        raise UsageError(
            f"the model has {', '.join(str(kind) for kind in fitted)} inside; polynomials stand for them on a range "
            "that is taken from samples",
            remedy="add --samples FILE",
        )
    drawn = np.random.default_rng(0)
    shapes = [tensor.shape for tensor in model.spec.inputs]
    return [
        tuple(drawn.uniform(-_REACH, _REACH, shape).astype(np.float32) for shape in shapes) for _ in range(_MADE_UP)
    ]


def _same_model(what: str, found: Digest, expected: Digest) -> None:
    if found != expected:
        raise ForeignModel(
            f"{what} is for model {found[:14]}; this one is {expected[:14]}", found=found, expected=expected
        )


def _same_owner(sealed: Sealed, key: KeyFile, what: str) -> None:
    _same_model(f"the {what}", sealed.header.model, key.plan.model)
    if sealed.header.key != key.digest:
        raise ForeignKey(
            f"the {what} belongs to key {sealed.header.key[:14]}; this one is {key.digest[:14]}",
            found=sealed.header.key,
            expected=key.digest,
        )


def _row_count(sealed: Sealed) -> int:
    rows = sealed.header.extra.get("rows")
    if type(rows) is not int or rows < 1:
        raise EncryptedUnreadable(f"the {sealed.header.kind} does not say how many rows it has")
    return rows
