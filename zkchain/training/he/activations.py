"""Polynomials that stand for activations on a stated range: ciphertexts can be added and multiplied, nothing else."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev

from ...record import Record
from .affine import Array
from .network import KINDS, Kind, activation

#: Degrees that can be asked for; one more level of depth lets the degree double.
DEGREES = (3, 7, 15)
_SLOPES = {"Relu": 1.0, "Sigmoid": 0.25, "Tanh": 1.0}
#: Points at which a polynomial is fitted, and many more at which its error is looked for.
_NODES, _CHECKS = 1024, 20_001


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand(Record):
    """What stands for one layer's activation f: f(z) ~ gain * p(z / radius) for |z| <= radius, neuron by neuron."""

    kind: str
    radius: tuple[float, ...]
    gain: tuple[float, ...]
    coefficients: tuple[float, ...]  #: of p, lowest first
    error: float  #: largest |f(z) - gain * p(z / radius)| / gain inside the range

    def __post_init__(self) -> None:
        numbers = (*self.radius, *self.gain, *self.coefficients, self.error)
        if not all(math.isfinite(number) for number in numbers) or min((*self.radius, *self.gain), default=0) <= 0:
            raise ValueError("ranges must be positive and all numbers finite")
        if len(self.radius) != len(self.gain):
            raise ValueError("every range has a gain")
        if self.kind not in KINDS or not 2 <= len(self.coefficients) <= max(DEGREES) + 1 or self.error < 0:
            raise ValueError("no such activation, or no such polynomial")

    @property
    def levels(self) -> int:
        """Multiplications one after the other that p takes."""
        return 1 if self.kind == "Square" else levels_of(len(self.coefficients) - 1)


def steepness(stand: Stand) -> Array:
    """The steepest slope of the activation itself inside the range, neuron by neuron."""
    radius = np.asarray(stand.radius)
    return 2 * radius if stand.kind == "Square" else np.full_like(radius, _SLOPES[stand.kind])


def levels_of(degree: int) -> int:
    """Depth of a polynomial: of its highest power, and one for the coefficient."""
    return int(degree).bit_length()


def stand_for(kind: Kind, radius: Array, degree: int) -> Stand:
    """The stand for an activation whose inputs stay within `radius`, which is positive, neuron by neuron.

    A square is exact. Relu of radius r is r times that of radius 1, so each neuron has its own range; Sigmoid and Tanh
    are fitted for the widest range of the layer.
    """
    if kind == "Square":
        return _stand(kind, radius, radius**2, np.array([0.0, 0.0, 1.0]), 0.0)
    if kind == "Relu":
        fitted, error = _fit(kind, 1.0, degree)
        return _stand(kind, radius, radius, fitted, error)
    widest = np.full_like(radius, radius.max())
    fitted, error = _fit(kind, float(radius.max()), degree)
    return _stand(kind, widest, np.ones_like(radius), fitted, error)


def _stand(kind: str, radius: Array, gain: Array, fitted: Array, error: float) -> Stand:
    return Stand(
        kind=kind,
        radius=tuple(map(float, radius)),
        gain=tuple(map(float, gain)),
        coefficients=tuple(map(float, fitted)),
        error=error,
    )


def _fit(kind: Kind, radius: float, degree: int) -> tuple[Array, float]:
    """Coefficients, lowest first, and the largest error: least squares at Chebyshev's nodes, which is near the best."""
    nodes = np.cos(np.pi * (np.arange(_NODES) + 0.5) / _NODES)
    series = chebyshev.chebfit(nodes, activation(kind, nodes * radius), degree)
    coefficients = np.asarray(chebyshev.cheb2poly(series), np.float64)
    # What symmetry makes zero and rounding does not would cost a multiplication each.
    coefficients[np.abs(coefficients) < 1e-9] = 0.0
    points = np.linspace(-1.0, 1.0, _CHECKS)
    return coefficients, float(np.abs(polynomial(coefficients, points) - activation(kind, points * radius)).max())


def polynomial(coefficients: Any, x: Array) -> Array:
    """The polynomial at x, element by element."""
    return np.asarray(np.polynomial.polynomial.polyval(x, np.asarray(coefficients)))
