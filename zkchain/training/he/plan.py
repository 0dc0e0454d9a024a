"""How one model is computed under encryption: ranges, polynomials and parameters, which client and server share."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...errors import TooDeep, ValueOutOfRange
from ...record import Record
from ...values import Digest
from .activations import Stand, polynomial, stand_for, steepness
from .affine import Array
from .network import Network, activation
from .parameters import Parameters, choose_parameters

#: By how much the ranges on the samples are widened: for activations, where width costs accuracy, and for inputs and
#: scores, where it costs nothing but digits.
_MARGIN, _WIDE = 1.25, 4.0
#: Widest layer: a ciphertext of up to some megabytes for each number.
MAX_WIDTH = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Record):
    """Divisors bring inputs, what activations are given, and scores to about one. `made_up`: no samples were given."""

    model: Digest
    inputs: tuple[float, ...]  #: largest magnitude of each input that is taken
    hidden: tuple[Stand, ...]
    scores: tuple[float, ...]  #: largest magnitude of each score that is held
    parameters: Parameters
    made_up: bool

    def __post_init__(self) -> None:
        ranges = (*self.inputs, *self.scores)
        if not ranges or not all(0 < number < math.inf for number in ranges):
            raise ValueError("every range must be positive and finite")


@dataclass(frozen=True, slots=True)
class Step:
    """u -> p(u @ matrix + bias), all about one; no p in the last step."""

    matrix: Array
    bias: Array
    coefficients: tuple[float, ...] | None
    square: bool = False


def make_plan(network: Network, model: Digest, rows: Array, degree: int, *, made_up: bool) -> Plan:
    """Plan by what the network and its polynomials do on `rows` (samples x inputs). Raises TooDeep."""
    for layer in network.layers:
        if max(layer.matrix.shape) > MAX_WIDTH:
            raise TooDeep(
                f"a layer has {max(layer.matrix.shape)} numbers; encrypted inference takes {MAX_WIDTH}", limit=MAX_WIDTH
            )
    hidden: list[Stand] = []
    exact = near = rows
    for layer in network.layers[:-1]:
        exact, near = exact @ layer.matrix + layer.bias, near @ layer.matrix + layer.bias
        assert layer.activation is not None
        stand = stand_for(layer.activation, _radius(np.concatenate([exact, near]), _MARGIN), degree)
        hidden.append(stand)
        exact, near = activation(layer.activation, exact), _stood(stand, near)
    last = network.layers[-1]
    scores = np.concatenate([exact, near]) @ last.matrix + last.bias
    return Plan(
        model=model,
        inputs=tuple(map(float, _radius(rows, _WIDE))),
        hidden=tuple(hidden),
        scores=tuple(map(float, _radius(scores, _WIDE))),
        parameters=choose_parameters(len(network.layers) + sum(stand.levels for stand in hidden)),
        made_up=made_up,
    )


def _radius(values: Array, margin: float) -> Array:
    largest = np.abs(values).max(axis=0) * margin
    # What is zero on all samples has no range of its own: it gets that of its neighbours.
    return np.where(largest > 0, largest, float(largest.max()) or 1.0)


def _stood(stand: Stand, values: Array) -> Array:
    return np.asarray(stand.gain) * polynomial(stand.coefficients, values / np.asarray(stand.radius))


def approximate(network: Network, plan: Plan, rows: Array) -> Array:
    """The scores as the polynomials give them, without encryption: samples x scores.

    Raises ValueOutOfRange for rows that leave a range, where a polynomial goes anywhere. Names places, never values.
    """
    _check("inputs", rows, plan.inputs)
    values = rows
    for index, (layer, stand) in enumerate(zip(network.layers, plan.hidden, strict=False)):
        values = values @ layer.matrix + layer.bias
        _check(f"layer {index + 1}", values, stand.radius)
        values = _stood(stand, values)
    values = values @ network.layers[-1].matrix + network.layers[-1].bias
    _check("scores", values, plan.scores)
    return values


def _check(place: str, values: Array, limits: tuple[float, ...]) -> None:
    beyond = np.argwhere(np.abs(values) > np.asarray(limits))
    if len(beyond):
        row, position = (int(index) for index in beyond[0])
        raise ValueOutOfRange(
            f"row {row} leaves the range for which the key was made: {place}, position {position}",
            remedy="make the key with --samples that cover such inputs",
            row=row,
            place=place,
        )


def worst_error(network: Network, plan: Plan) -> Array:
    """For each score, how far the polynomials can lead away from the network on inputs that `approximate` takes."""
    error = np.zeros(network.layers[0].matrix.shape[0])
    for layer, stand in zip(network.layers, plan.hidden, strict=False):
        before = np.abs(layer.matrix).T @ error
        error = before * steepness(stand) + stand.error * np.asarray(stand.gain)
        if stand.kind == "Square":
            error += before**2  # what is given to the network itself may lie that much outside the range
    return np.asarray(np.abs(network.layers[-1].matrix).T @ error)


def steps(network: Network, plan: Plan) -> Iterator[Step]:
    """The network with all divisors folded in. Raises ValueError when the plan is for another network."""
    before = np.asarray(plan.inputs)
    for index, layer in enumerate(network.layers):
        stand = plan.hidden[index] if index < len(plan.hidden) else None
        after = np.asarray(stand.radius if stand else plan.scores)
        if layer.activation != (stand.kind if stand else None) or layer.matrix.shape != (before.size, after.size):
            raise ValueError("the plan is for another network")
        matrix, bias = before[:, None] * layer.matrix / after, layer.bias / after
        if stand is None:
            yield Step(matrix, bias, None)
        else:
            yield Step(matrix, bias, stand.coefficients, square=stand.kind == "Square")
            before = np.asarray(stand.gain)
