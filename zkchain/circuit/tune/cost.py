"""What a circuit will cost, from its settings alone: columns first, and from them keys, proofs, time and gas.

halo2 keeps every column of a circuit in the proving key as values, as coefficients, and as evaluations over a domain
that is larger by the degree of the constraints; proving goes over the same numbers. So the size of the key is known
once the columns are, and the time follows it. The counts of columns were found by taking keys of ezkl 23.0.5 apart,
and are exact for circuits of arithmetic, range checks and lookups; shuffles and Freivalds' columns are approximate.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from ...record import Record

_WORD = 32
_BLINDING_ROWS = 6
#: Advice columns of a block, per inner column: two inputs and an output.
_ADVICE = 3
#: Columns outside of blocks: the instance, and one for constants.
_SHARED = 2
#: Fixed columns into which the selectors of a block's gates are packed, by inner columns.
_GATES = {1: 3.0, 2: 4.5}
#: Columns that sorting and dynamic tables add.
_SHUFFLE, _DYNAMIC = 6, 4
#: Freivalds' check of matrix products has columns of its own: so many at 2**13 rows, fewer with more rows.
_FREIVALDS, _FREIVALDS_ROWS, _FREIVALDS_POWER = 120, 8192, 1.7
#: Proof bytes outside of blocks, of a block's columns, and of each table that a block looks up.
_PROOF, _PROOF_BLOCK, _PROOF_ARGUMENT = 768, 672, 256
#: Gas to verify: a proof of no bytes, and each byte of it (EIP-1108 and EIP-2028 prices).
_GAS, _GAS_BYTE, _GAS_INSTANCE = 260_000, 76, 900
#: Measured on two cores: seconds of any proof, bytes of key that are worked through in a second, memory of a process
#: without a key, and bytes of memory for each byte of key.
_SECONDS, _BYTES_A_SECOND, _MEMORY, _MEMORY_BYTE = 0.03, 28e6, 45e6, 2.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost(Record):
    """Predicted cost of one circuit on a machine with two cores."""

    proving_key_bytes: int
    verifying_key_bytes: int
    proof_bytes: int
    verify_gas: int
    prove_seconds: float
    peak_rss_bytes: int


def predict(settings: Mapping[str, Any]) -> Cost:
    """The cost of the circuit that ezkl would lay out for `settings`."""
    run_args = settings["run_args"]
    rows, inner = 2 ** int(run_args["logrows"]), int(run_args["num_inner_cols"])
    usable = rows - _BLINDING_ROWS
    blocks = ceil(max(int(settings["total_assignments"]), 1) / inner / usable)
    lookups = len(settings["required_lookups"])
    low, high = run_args["lookup_range"]
    splits = ceil((high - low) / usable) if lookups else 0
    checks = [ceil((last - first) / usable) for first, last in settings["required_range_checks"]]
    arguments = blocks * inner * (len(checks) + lookups)
    tables = sum(checks) + (splits * lookups + 1 if lookups else 0)
    extra = _extra_columns(settings, rows)
    columns = _SHARED + _ADVICE * blocks * inner + tables + ceil(_GATES[inner] * blocks) + arguments + 1 + extra
    degree = _extension(max([splits, 1, *checks]), sorts=_sorts(settings) > 0)
    selectors = blocks * (3 * inner + 6) + arguments + extra
    proving_key = _WORD * rows * (3 * degree + (2 + degree) * columns)
    proof = _PROOF + blocks * inner * _PROOF_BLOCK + arguments * _PROOF_ARGUMENT + 2 * _WORD * extra
    instances = sum(_elements(shape) for shape in settings["model_instance_shapes"])
    return Cost(
        proving_key_bytes=proving_key,
        verifying_key_bytes=rows // 8 * selectors + 2 * _WORD * columns,
        proof_bytes=proof,
        verify_gas=_GAS + _GAS_BYTE * proof + _GAS_INSTANCE * instances,
        prove_seconds=_SECONDS + proving_key / _BYTES_A_SECOND,
        peak_rss_bytes=int(_MEMORY + _MEMORY_BYTE * proving_key),
    )


def _extra_columns(settings: Mapping[str, Any], rows: int) -> int:
    found = _sorts(settings)
    products = int(settings["einsum_params"]["total_einsum_col_size"])
    if products and not settings["run_args"]["disable_freivalds"]:
        found += ceil(_FREIVALDS * max((_FREIVALDS_ROWS / rows) ** _FREIVALDS_POWER, 0.1))
    return found


def _sorts(settings: Mapping[str, Any]) -> int:
    """Columns for sorting and for tables that the input fills."""
    return (_SHUFFLE if settings["num_shuffles"] else 0) + (_DYNAMIC if settings["num_dynamic_lookups"] else 0)


def _extension(splits: int, *, sorts: bool) -> int:
    """How many times larger the domain of the quotient is: a power of two above the degree of the constraints.

    A table that is split over several columns is looked up in all of them at once, each adding to the degree.
    """
    degree = 3 + splits + (1 if sorts else 0)
    return max(4, 1 << (degree - 1).bit_length())


def _elements(shape: list[int]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count
