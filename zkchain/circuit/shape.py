"""What ezkl will lay out for given settings, column by column, before any key exists.

The shape follows from how ezkl 23.0.5 configures halo2: the values of a model flow through blocks of columns, and
each block brings selectors, and looks up every table. All counts are of columns, arguments or rows; none is bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, prod
from typing import Any

#: Rows at the end of each column that hold random values, and one more that ends the permutation argument.
BLINDING_ROWS = 6
#: Rows of a table that ezkl leaves free besides the blinding ones.
_TABLE_SPARE_ROWS = 2
#: Two inputs and an output of each operation.
_TENSORS = 3
#: Settings that count comparisons with values of the model itself.
_COMPARISONS = ("num_dynamic_lookups", "num_shuffles")
#: Columns that hold what is compared with.
_DYNAMIC_TENSORS = 3
#: Least degree of any circuit whose cells can be bound to each other.
_PERMUTATION_DEGREE = 3
#: Degrees of the argument for a table: two, and its own, before the inputs are counted.
_LOOKUP_DEGREE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The columns and arguments of one circuit of 2**logrows rows."""

    logrows: int
    inner: int  #: columns of a tensor in each block
    blocks: int  #: how often the columns of the model are repeated, for lack of rows
    advice: int  #: columns that the prover fills
    advice_queries: int  #: advice cells that a row's constraints read: columns, and some of the row before
    fixed: int  #: columns of tables, constants and packed selectors
    selectors: int  #: before they are packed into fixed columns
    permuted: int  #: columns whose cells may be bound to each other
    lookups: int  #: lookup arguments, after those that fit one polynomial are merged
    lookup_inputs: int  #: columns that are looked up somewhere
    instances: int  #: public field elements
    degree: int  #: of the widest constraint
    phases: int  #: rounds of commitments before the arguments; two with Freivalds' checks
    assignments: int  #: cells that the model fills in one tensor

    @property
    def rows(self) -> int:
        """All rows of a column, blinding ones included."""
        return 1 << self.logrows

    @property
    def quotient_factor(self) -> int:
        """How many times larger the domain of the quotient is: a power of two, 4 at least."""
        return 1 << (self.degree - 2).bit_length()

    @property
    def permutation_sets(self) -> int:
        """Polynomials of the permutation argument: each takes as many columns as the degree allows."""
        return ceil(self.permuted / (self.degree - 2))


@dataclass(frozen=True, slots=True)
class _Table:
    """Columns of one kind of lookup: `width` columns, each looked up by all of `inputs`, at degree `degree`."""

    width: int
    inputs: int
    degree: int  #: of an input's expression
    own_degree: int = 1  #: of the table's expression

    @property
    def least_degree(self) -> int:
        return _LOOKUP_DEGREE + self.own_degree + self.degree

    def arguments(self, degree: int) -> int:
        """Polynomials that all inputs take, when several share one as far as `degree` allows."""
        shared = max((degree - _LOOKUP_DEGREE - self.own_degree) // self.degree, 1)
        return self.width * ceil(self.inputs / shared)


@dataclass(frozen=True, slots=True)
class _Gate:
    """One selector: the degree of its constraint, itself included, and where it is switched on."""

    degree: int
    block: int
    column: int | None  #: None when it spans all columns of the block
    used: bool  #: by the operations of most models

    def meets(self, other: "_Gate") -> bool:
        """True when some row is likely to have both on, so that they cannot share a column."""
        if not (self.used and other.used):
            return False
        if self.block != other.block:
            return True
        return self.column is not None and other.column is not None and self.column != other.column


def shape_of(settings: Mapping[str, Any]) -> Shape:
    """The shape of the circuit that ezkl would lay out for `settings` at the `logrows` written in them."""
    run_args = settings["run_args"]
    logrows, inner = int(run_args["logrows"]), int(run_args["num_inner_cols"])
    rows = 1 << logrows
    blocks = _pieces(int(settings["total_assignments"]), (rows - BLINDING_ROWS) * inner)
    tables, table_columns = _tables(settings, rows, blocks * inner)
    products = _products(settings, rows)
    gates = [*_gates(blocks, inner), *_product_gates(settings, products)]
    degree = max([_PERMUTATION_DEGREE, *(gate.degree for gate in gates), *(table.least_degree for table in tables)])
    constants = _constants(settings, rows)
    dynamic = _DYNAMIC_TENSORS if any(settings[name] for name in _COMPARISONS) else 0
    lookup_selectors = _lookup_selectors(settings, blocks * inner)
    advice = _TENSORS * blocks * inner + dynamic + 6 * products * inner
    return Shape(
        logrows=logrows,
        inner=inner,
        blocks=blocks,
        advice=advice,
        advice_queries=advice + blocks + 2 * products,
        fixed=table_columns + constants + lookup_selectors + _packed(gates, degree),
        selectors=len(gates) + lookup_selectors,
        permuted=advice + constants + 1,
        lookups=sum(table.arguments(degree) for table in tables),
        lookup_inputs=sum(table.width * table.inputs for table in tables),
        instances=_instances(settings),
        degree=degree,
        phases=2 if products else 1,
        assignments=int(settings["total_assignments"]),
    )


def _pieces(cells: int, capacity: int) -> int:
    """Blocks that hold `cells`; ezkl adds a spare cell for each block, for values that are repeated at its head."""
    first = cells // capacity + 1
    return (cells + first) // capacity + 1


def _constants(settings: Mapping[str, Any], rows: int) -> int:
    count = int(settings["total_const_size"])
    hashed = sum(settings["module_sizes"]["poseidon"][1]) > 0
    if not count:
        return 1 if hashed else 0
    return _pieces(count, rows - BLINDING_ROWS)


def _tables(settings: Mapping[str, Any], rows: int, inputs: int) -> tuple[list[_Table], int]:
    """The tables that every column of `inputs` is looked up in, and how many fixed columns they take."""
    size = rows - BLINDING_ROWS - _TABLE_SPARE_ROWS
    widths = [abs(last - first) // size + 1 for first, last in settings["required_range_checks"]]
    columns = sum(widths)
    low, high = settings["run_args"]["lookup_range"]
    width, count = (high - low) // size + 1, len(settings["required_lookups"])
    if count:  # arguments have one column of a table, answers one for each function
        columns += width * (1 + count)
    widths += [width] * count
    found = [_Table(width, inputs, width + 1) for width in widths]
    found += [_Table(1, inputs, 2, own_degree=2) for name in _COMPARISONS if settings[name]]
    return found, columns


def _lookup_selectors(settings: Mapping[str, Any], inputs: int) -> int:
    found: int = inputs * (len(settings["required_range_checks"]) + len(settings["required_lookups"]))
    return found + sum(inputs + 1 for name in _COMPARISONS if settings[name])


def _gates(blocks: int, inner: int) -> list[_Gate]:
    """The gates of the model's columns in the order ezkl makes them."""
    apart = [
        _Gate(degree, block, column, True)
        for block in range(blocks)
        for column in range(inner)
        for degree in (2, 2, 3)  # add, subtract, multiply: one by one
    ]
    kinds = ((3, True), (3, True), (1 + inner, False), (2 + inner, False), (2, True), (2, True))
    # dot products, products and sums: their first row, and the others
    together = [_Gate(degree, block, None, used) for block in range(blocks) for degree, used in kinds]
    return apart + together


def _products(settings: Mapping[str, Any], rows: int) -> int:
    """Blocks of the columns in which Freivalds' check compares matrix products; 0 without it."""
    size = int(settings["einsum_params"]["total_einsum_col_size"])
    if not size or settings["run_args"]["disable_freivalds"]:
        return 0
    inner = int(settings["run_args"]["num_inner_cols"])
    return _pieces(size, (rows - BLINDING_ROWS) * inner)


def _product_gates(settings: Mapping[str, Any], blocks: int) -> list[_Gate]:
    return []


def _packed(gates: list[_Gate], degree: int) -> int:
    """Fixed columns into which halo2 packs selectors: greedily, in order, as the degree allows.

    Two share a column when no row needs both, and a column of m selectors adds m to the degree of their gates.
    """
    left, columns = list(gates), 0
    while left:
        first, *others = left
        widest, chosen, left = first.degree - 1, [first], []
        for gate in others:
            wider = max(widest, gate.degree - 1)
            if wider + len(chosen) + 1 > degree or any(gate.meets(other) for other in chosen):
                left.append(gate)
            else:
                widest, chosen = wider, [*chosen, gate]
        columns += 1
    return columns


def _instances(settings: Mapping[str, Any]) -> int:
    modules = settings["module_sizes"]
    hashes: int = sum(modules["poseidon"][1])
    shapes: list[list[int]] = settings["model_instance_shapes"]
    return hashes + sum(prod(shape) for shape in shapes)
