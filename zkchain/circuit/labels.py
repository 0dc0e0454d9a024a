"""What an output decides: the largest of several numbers, the sign of a single one, or a whole number itself."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def labels(values: Array, *, whole: bool) -> Array:
    """Labels of `values` (samples, *shape) as (samples, labels of one sample).

    Argmax over the last axis where it has several elements (the first of equals, as in ONNX), else whether the
    value is positive; the values themselves when they are `whole` numbers.
    """
    count = len(values)
    if whole:
        return values.reshape(count, -1)
    if values.ndim > 1 and values.shape[-1] > 1:
        return np.asarray(values.argmax(axis=-1)).reshape(count, -1)
    return np.greater(values, 0).reshape(count, -1)


def margins(values: Array, *, whole: bool) -> Array:
    """How far each sample of `values` (samples, *shape) is from another label, as (samples,); inf for whole numbers."""
    count = len(values)
    if whole:
        return np.full(count, np.inf)
    if values.ndim > 1 and values.shape[-1] > 1:
        best = np.partition(values, -2, axis=-1)[..., -2:]
        gaps = best[..., 1] - best[..., 0]
    else:
        gaps = np.abs(values)
    return np.asarray(gaps.reshape(count, -1).min(axis=1, initial=np.inf))


def flips(floats: Array, circuit: Array, *, whole: bool) -> tuple[Array, Array]:
    """Which samples have another label in the circuit, and how decided the float model was, both (samples,).

    A flip's gap is how much more the float model preferred its own label to the circuit's: errors of at most e
    flip nothing beyond 2e. It is 0 without a flip and inf for whole numbers, which show no preference.
    """
    count = len(floats)
    if not count:
        return np.zeros(0, dtype=bool), np.zeros(0)
    mine, theirs = labels(floats, whole=whole), labels(circuit, whole=whole)
    changed = mine != theirs
    if whole:
        gaps = np.where(changed, np.inf, 0.0)
    elif floats.ndim > 1 and floats.shape[-1] > 1:
        rows = floats.reshape(count, -1, floats.shape[-1])
        picked = [np.take_along_axis(rows, found[..., None], axis=-1)[..., 0] for found in (mine, theirs)]
        gaps = picked[0] - picked[1]
    else:
        gaps = np.where(changed, np.abs(floats.reshape(count, -1)), 0.0)
    return changed.any(axis=1), gaps.max(axis=1, initial=0.0)
