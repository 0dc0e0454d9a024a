"""How far encrypted answers are from the model's own, measured by whoever holds the key, on samples."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import TooDeep
from ...model import Sample, described, evaluate
from ...record import Record
from ...records import Model
from .affine import Array
from .ciphertexts import decrypt_rows, encrypt_rows, evaluate_steps
from .network import Network
from .plan import Plan, approximate, steps, worst_error

#: What is measured of noise and rounding is widened by this for the bound: both are alike on all inputs in range.
_SAFETY = 8.0
#: Most noise, as a share of the range of a score, with which a key is made.
_MOST_NOISE = 1e-4
#: Most rows that are measured.
_MOST = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputError(Record):
    """One output of the model: its largest error on the samples, or how many labels differed."""

    name: str
    largest: float  #: zero for labels
    labels_changed: int | None  #: on how many samples a whole number or a truth value differed; None for floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy(Record):
    """What a key's owner may expect. `bound` holds for every score of every input inside the plan's ranges.

    It adds up what the polynomials can do at worst, and what encryption and rounding did on the samples, widened.
    """

    samples: int
    made_up: bool
    outputs: tuple[OutputError, ...]
    bound: float
    polynomials: float  #: the part of `bound` that is the polynomials'; zero for linear models and squares


def rows_of(samples: Sequence[Sample]) -> Array:
    """Samples as rows of numbers: samples x inputs."""
    return np.asarray([np.concatenate([tensor.ravel() for tensor in sample]) for sample in samples], np.float64)


def finish(network: Network, scores: Array) -> tuple[Sample, ...]:
    """The model's outputs for decrypted scores, one row a sample. Raises ModelInvalid and ValueOutOfRange."""
    tail = described(network.tail, "tail", ())
    sizes = np.cumsum([tensor.elements for tensor in tail.spec.inputs])[:-1]
    kinds = [np.float64 if tensor.onnx_type == "DOUBLE" else np.float32 for tensor in tail.spec.inputs]
    samples = []
    for row in scores:
        parts = zip(np.split(row, sizes), tail.spec.inputs, kinds, strict=True)
        samples.append(tuple(part.reshape(tensor.shape).astype(kind) for part, tensor, kind in parts))
    return evaluate(tail, samples)


def measure(
    model: Model, network: Network, plan: Plan, samples: Sequence[Sample], keys: tuple[bytes, bytes]
) -> Accuracy:
    """Encrypt samples, evaluate, decrypt, and compare with the model in onnxruntime.

    Raises ModelInvalid, ValueOutOfRange, EncryptionError, and TooDeep when noise spoils the answers.
    """
    samples = samples[: min(len(samples), _MOST, plan.parameters.rows)]
    rows, (secret, public) = rows_of(samples), keys
    near = approximate(network, plan, rows)
    query = encrypt_rows(public, scaled(plan, rows), plan.parameters.rows)
    answer = evaluate_steps(public, query, list(steps(network, plan)))
    got = unscaled(plan, decrypt_rows(secret, answer, rows=len(rows), width=len(plan.scores)))
    noise = np.abs(got - near)
    if (noise > _MOST_NOISE * np.asarray(plan.scores)).any():
        raise TooDeep(
            f"encryption moves a score by {noise.max():.2g}, which is more than {_MOST_NOISE:g} of the scores' range",
            noise=float(noise.max()),
        )
    *_, exact = network.pre_activations(rows)
    wanted, plain, found = evaluate(model, samples), finish(network, exact), finish(network, got)
    outputs = []
    rounding = 0.0
    for place, tensor in enumerate(model.spec.outputs):
        left, middle, right = (
            np.asarray([row[place] for row in answers], np.float64).reshape(len(rows), -1)
            for answers in (wanted, plain, found)
        )
        if tensor.dtype == "float":
            outputs.append(
                OutputError(name=tensor.name, largest=float(np.abs(left - right).max()), labels_changed=None)
            )
            rounding = max(rounding, float(np.abs(left - middle).max()))
        else:
            changed = int((left != right).any(axis=1).sum())
            outputs.append(OutputError(name=tensor.name, largest=0.0, labels_changed=changed))
    polynomials = float(worst_error(network, plan).max())
    # Scores leave as 32-bit floats, however exact they are.
    last_digit = float(np.finfo(np.float32).eps) * max(plan.scores)
    return Accuracy(
        samples=len(samples),
        made_up=plan.made_up,
        outputs=tuple(outputs),
        bound=polynomials + _SAFETY * (float(noise.max()) + rounding) + last_digit,
        polynomials=polynomials,
    )


def scaled(plan: Plan, rows: Array) -> Array:
    """Rows as they are encrypted: all numbers about one."""
    return np.asarray(rows / np.asarray(plan.inputs))


def unscaled(plan: Plan, scores: Array) -> Array:
    """Scores as the network gives them, from what was decrypted."""
    return np.asarray(scores * np.asarray(plan.scores))
