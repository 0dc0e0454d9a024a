"""Inputs at which a circuit and its float model may part although they agree on the data.

A model can be built so that rounding its weights changes what it does only on inputs that nobody tried (a
quantisation backdoor), and honest ones err most at ties and extremes. So a circuit is tried there too. Everything
is seeded: the same data give the same probes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import ModelInvalid, ValueOutOfRange, ZkchainError
from .fidelity_report import SectionName
from .labels import Array, labels, margins
from .partial import answers_or_none

SEED = 20_240_601
RANDOM_INPUTS = 64
TIE_PAIRS = 16
NEAREST_TO_TIES = 8
CORNERS = 16
OUTSIDE = 8
#: The range outside of the calibration, as a multiple of the calibrated one around the same centre.
WIDENED = 1.5
#: Halvings of the way between two samples: 2**-20 of it is below float32's resolution for most data.
_HALVINGS = 20
#: How far around a tie the float model is asked too, in halvings of that way: no fixed point tells these inputs apart.
_AROUND = (8, 11, 14, 17)

#: One array for each input of the model, or for each output.
Inputs = tuple[Array, ...]
#: The float model: for each input its outputs. Raises ModelInvalid and ValueOutOfRange where it has no answer.
Answer = Callable[[Sequence[Inputs]], Sequence[Inputs]]
Bounds = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeSet:
    """Inputs of one kind with the float model's answers to them.

    A model that jumps, as trees do, has no one right answer at a tie: `neighbours` has for each input what it answers
    right beside it, which is as good; empty where there is nothing of the kind.
    """

    name: SectionName
    inputs: tuple[Inputs, ...]
    references: tuple[Inputs, ...]
    neighbours: tuple[tuple[Inputs, ...], ...] = ()


def make_probes(samples: Sequence[Inputs], bounds: Bounds, answer: Answer, *, seed: int = SEED) -> tuple[ProbeSet, ...]:
    """The data and, made from them, ties, random inputs, corners and inputs outside of the calibrated range.

    `bounds` are the lowest and highest calibrated value of each input. Raises what `answer` raises on the data;
    made-up inputs to which it has no answer are left out.
    """
    random = np.random.default_rng(seed)
    data = ProbeSet(name="data", inputs=tuple(samples), references=tuple(answer(samples)))
    own = [_own_range(samples, index, bounds[index]) for index in range(len(bounds))]
    whole = [_whole_range(samples, index, bounds[index]) for index in range(len(bounds))]
    anywhere = [_draw(random, box) for box in (own, whole) for _ in range(RANDOM_INPUTS // 2)]
    corners = [_draw(random, box, corner=True) for box in (own, whole) for _ in range(CORNERS // 2 - 2)]
    corners += [_at(box, share) for box in (own, whole) for share in (0.0, 1.0)]
    wide = [_widened(*edges) for edges in whole]
    outside = [_at(wide, share) for share in (0.0, 1.0)]
    outside += [_draw(random, wide, corner=True) for _ in range(OUTSIDE - 2)]
    drawn = _answered("random", anywhere, answer)
    return (
        data,
        _ties(_nearest(data), _blends(random, data, drawn, answer), answer),
        drawn,
        _answered("corners", corners, answer),
        _answered("outside", outside, answer),
    )


#: Lowest and highest value of each element of one input, as float64 arrays, and the input's type.
_Edges = tuple[Array, Array, np.dtype[np.generic]]


def _own_range(samples: Sequence[Inputs], index: int, bounds: tuple[float, float]) -> _Edges:
    """Each element between its own extremes in the data, within the bounds: suits columns that differ in scale."""
    stack = np.stack([sample[index] for sample in samples]).astype(np.float64)
    return np.clip(stack.min(axis=0), *bounds), np.clip(stack.max(axis=0), *bounds), samples[0][index].dtype


def _whole_range(samples: Sequence[Inputs], index: int, bounds: tuple[float, float]) -> _Edges:
    """Every element between the bounds of the whole input; whole numbers, often indices, between those in the data."""
    low, high, kind = _own_range(samples, index, bounds)
    edges = bounds if kind.kind == "f" else (low.min(), high.max())
    return np.full_like(low, edges[0]), np.full_like(high, edges[1]), kind


def _widened(low: Array, high: Array, kind: np.dtype[np.generic]) -> _Edges:
    """Edges farther apart, where the type has values there."""
    extra = (high - low) * (WIDENED - 1) / 2
    if kind.kind == "b":
        return low, high, kind
    limits = np.finfo(kind.name) if kind.kind == "f" else np.iinfo(kind.name)
    least, most = float(limits.min), float(limits.max)
    return np.clip(low - extra, least, most), np.clip(high + extra, least, most), kind


def _draw(random: np.random.Generator, box: Sequence[_Edges], *, corner: bool = False) -> Inputs:
    """A point of the box, or one of its corners."""
    shares = [random.random(low.shape) for low, _, _ in box]
    return _at(box, *(share.round() if corner else share for share in shares))


def _at(box: Sequence[_Edges], *shares: Array | float) -> Inputs:
    """The point that lies at `shares` of the way from the low to the high edges; one share may serve all inputs."""
    each = shares if len(shares) == len(box) else shares * len(box)
    return tuple(_typed(low + (high - low) * share, kind) for (low, high, kind), share in zip(box, each, strict=True))


def _typed(values: Array, kind: np.dtype[np.generic]) -> Array:
    return np.asarray(values if kind.kind == "f" else np.rint(values)).astype(kind)


def _answered(name: SectionName, inputs: Sequence[Inputs], answer: Answer) -> ProbeSet:
    """The inputs to which the float model has an answer, with it."""
    answers = answers_or_none(answer, inputs, _no_answer)
    pairs = [(given, found) for given, found in zip(inputs, answers, strict=True) if found is not None]
    return ProbeSet(name=name, inputs=tuple(given for given, _ in pairs), references=tuple(found for _, found in pairs))


def _ties(nearest: Sequence[Inputs], blends: Sequence[Sequence[Inputs]], answer: Answer) -> ProbeSet:
    """The samples nearest to ties, and the inputs on either side of boundaries with what is answered around them."""
    plain = _answered("ties", nearest, answer)
    inputs, references = list(plain.inputs), list(plain.references)
    neighbours: list[tuple[Inputs, ...]] = [() for _ in inputs]
    for around in blends:
        found = _answered("ties", around, answer)
        both = [at for at, given in enumerate(found.inputs) if any(given is end for end in around[:2])]
        inputs += [found.inputs[at] for at in both]
        references += [found.references[at] for at in both]
        neighbours += [found.references] * len(both)
    return ProbeSet(name="ties", inputs=tuple(inputs), references=tuple(references), neighbours=tuple(neighbours))


def _no_answer(error: ZkchainError) -> bool:
    return isinstance(error, (ModelInvalid, ValueOutOfRange))


def _nearest(data: ProbeSet) -> list[Inputs]:
    """The samples whose best two answers are closest."""
    found = [margins(values, whole=whole) for values, whole in _outputs(data.references)]
    order = np.argsort(np.min(found, axis=0), kind="stable")
    return [data.inputs[at] for at in order[:NEAREST_TO_TIES]]


def _blends(random: np.random.Generator, data: ProbeSet, drawn: ProbeSet, answer: Answer) -> list[list[Inputs]]:
    """Both sides of the boundary on the way from one sample to another of a different label, as near as floats go, and
    then inputs farther to both sides.

    Random inputs help where all data have one label.
    """
    inputs, decided = data.inputs, _labels(data.references)
    if len(set(decided)) < 2:
        inputs, decided = (*inputs, *drawn.inputs), [*decided, *_labels(drawn.references)]
    kinds = sorted(set(decided))
    if len(kinds) < 2:
        return []
    groups = [[at for at, label in enumerate(decided) if label == kind] for kind in kinds]
    pairs = []
    for _ in range(TIE_PAIRS):
        one, other = random.choice(len(groups), 2, replace=False)
        pairs.append((int(random.choice(groups[one])), int(random.choice(groups[other]))))
    boxes = [[_between(*edge) for edge in zip(inputs[one], inputs[other], strict=True)] for one, other in pairs]
    low, high = np.zeros(len(pairs)), np.ones(len(pairs))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        answers = answers_or_none(answer, [_at(box, at) for box, at in zip(boxes, middle, strict=True)], _no_answer)
        same = np.asarray(
            [
                found is not None and _labels([found])[0] == decided[one]
                for found, (one, _) in zip(answers, pairs, strict=True)
            ]
        )
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    steps = [side * 2.0**-halvings for halvings in _AROUND for side in (-1, 1)]
    return [
        [_at(box, float(share)) for share in np.clip([start, end, *(start + step for step in steps)], 0.0, 1.0)]
        for box, start, end in zip(boxes, low, high, strict=True)
    ]


def _between(one: Array, other: Array) -> _Edges:
    return one.astype(np.float64), other.astype(np.float64), one.dtype


def _labels(references: Sequence[Inputs]) -> list[tuple[float, ...]]:
    """For each sample the labels of all its outputs."""
    if not references:
        return []
    columns = [labels(values, whole=whole) for values, whole in _outputs(references)]
    return [tuple(row) for row in np.concatenate(columns, axis=1).astype(np.float64).tolist()]


def _outputs(references: Sequence[Inputs]) -> list[tuple[npt.NDArray[np.float64], bool]]:
    """Each output over all samples as (samples, *shape), and whether it holds whole numbers."""
    return [
        (np.stack(column).astype(np.float64), column[0].dtype.kind != "f") for column in zip(*references, strict=True)
    ]
