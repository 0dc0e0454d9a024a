"""What a circuit will cost, from its settings alone: sizes by formula, time and gas by measured coefficients.

Sizes follow from the shape exactly. Times, memory and gas are weighted sums of a few physical quantities of the
shape; the weights lie in cost.json, and scripts/fit_cost.py says how they were measured.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import log2
from pathlib import Path
from typing import Any

from ..record import Record
from .shape import Shape, shape_of

_COEFFICIENTS = Path(__file__).with_name("cost.json")
#: Bytes of a field element and of a curve point, in keys and in proofs.
_WORD, _POINT = 32, 64
#: Bytes of a verifying key before its points: format, size and the number of fixed columns.
_KEY_HEAD = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost(Record):
    """Predicted cost of one circuit. Seconds are of a machine of the given speed."""

    proving_key_bytes: int
    verifying_key_bytes: int
    proof_bytes: int
    verify_gas: int  #: of a transaction to the circuit's own guarded verifier, calldata and base cost included
    verifier_code_bytes: int  #: runtime code of that verifier
    setup_seconds: float
    prove_seconds: float
    peak_rss_bytes: int  #: of the process that proves


def predict(settings: Mapping[str, Any], *, speed: float = 1.0) -> Cost:
    """The cost of the circuit that ezkl would lay out for `settings`, on a machine `speed` times the reference."""
    shape = shape_of(settings)
    known = features(shape)
    weights = _weights()

    def weighed(quantity: str) -> float:
        return sum(weight * known[name] for name, weight in weights[quantity].items())

    return Cost(
        proving_key_bytes=proving_key_bytes(shape),
        verifying_key_bytes=verifying_key_bytes(shape),
        proof_bytes=proof_bytes(shape),
        verify_gas=round(weighed("verify_gas")),
        verifier_code_bytes=round(weighed("verifier_code_bytes")),
        setup_seconds=weighed("setup_seconds") / speed,
        prove_seconds=weighed("prove_seconds") / speed,
        peak_rss_bytes=round(weighed("peak_rss_bytes")),
    )


def proving_key_bytes(shape: Shape) -> int:
    """Each column of the key is kept as values, as coefficients, and over the larger domain of the quotient."""
    wide = 3 * shape.quotient_factor  # first, last and active rows, over the larger domain only
    columns = shape.fixed + shape.permuted
    return verifying_key_bytes(shape) + _WORD * shape.rows * (wide + (2 + shape.quotient_factor) * columns)


def verifying_key_bytes(shape: Shape) -> int:
    """A commitment to each fixed and permuted column, and one bit for each row of each selector."""
    return _KEY_HEAD + _POINT * (shape.fixed + shape.permuted) + shape.selectors * shape.rows // 8


def proof_bytes(shape: Shape) -> int:
    """Points that the prover commits to, and what they evaluate to."""
    return _POINT * _points(shape) + _WORD * _values(shape)


def _points(shape: Shape) -> int:
    quotients, random, openings = shape.degree - 1, 1, 2
    return shape.advice + 2 * shape.lookups + shape.permutation_sets + quotients + random + openings


def _values(shape: Shape) -> int:
    sets, random = shape.permutation_sets, 1
    return shape.advice_queries + shape.fixed + random + shape.permuted + (3 * sets - 1) + 3 * shape.lookups


def features(shape: Shape) -> dict[str, float]:
    """The quantities that time, memory and gas are weighted sums of."""
    columns, points = shape.fixed + shape.permuted, _points(shape)
    wide = shape.rows * shape.quotient_factor
    return {
        "one": 1,
        "key_byte": proving_key_bytes(shape),
        "proof_byte": proof_bytes(shape),
        "instance": shape.instances,
        "point": points,
        "value": _values(shape),
        "column": columns,
        "fixed": shape.fixed,
        "permuted": shape.permuted,
        "advice": shape.advice,
        "lookup": shape.lookups,
        "lookup_input": shape.lookup_inputs,
        "degree": shape.degree,
        "set": shape.permutation_sets,
        "selector": shape.selectors,
        "commitment": points * shape.rows,
        "transform": (columns + shape.advice) * wide * log2(wide),
        "constraint": wide * (shape.advice + shape.fixed + shape.permuted + 2 * shape.lookups),
        "wide_column": wide * (shape.advice + 2 * shape.lookups + shape.permutation_sets),
        "narrow_column": shape.rows * (shape.advice + 2 * shape.lookups + shape.permutation_sets),
        "look": shape.rows * shape.lookup_inputs,
        "assignment": shape.assignments,
    }


#: What each measured quantity is a weighted sum of.
FEATURES: Mapping[str, tuple[str, ...]] = {
    "verify_gas": (
        "one",
        "instance",
        "point",
        "value",
        "permuted",
        "fixed",
        "lookup_input",
        "set",
        "selector",
        "degree",
    ),
    "verifier_code_bytes": ("one", "point", "value", "permuted", "fixed", "lookup_input", "set", "selector", "degree"),
    "setup_seconds": ("one", "key_byte", "transform", "column", "assignment"),
    "prove_seconds": ("one", "key_byte", "commitment", "transform", "constraint", "look", "assignment"),
    "peak_rss_bytes": ("one", "key_byte", "wide_column", "narrow_column", "assignment"),
}


@cache
def _weights() -> dict[str, dict[str, float]]:
    found: dict[str, Any] = json.loads(_COEFFICIENTS.read_text(encoding="utf-8"))
    return {name: weights for name, weights in found.items() if isinstance(weights, dict)}
