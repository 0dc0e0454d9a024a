"""What ezkl will lay out for given settings, column by column, before any key exists.

The shape follows from how ezkl 23.0.5 configures halo2: the values of a model flow through blocks of columns, and
each block brings selectors, and looks up every table. All counts are of columns, arguments or rows; none is bytes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil, prod
from typing import Any

#: Rows at the end of each column that hold random values, and one more that ends the permutation argument.
BLINDING_ROWS = 6
_LEAST_LOGROWS = 6
#: Rows of a table that ezkl leaves free besides the blinding ones.
TABLE_SPARE_ROWS = 2
#: Two inputs and an output of each operation.
_TENSORS = 3
#: Two inputs and an output in each phase of Freivalds' check.
_PRODUCT_TENSORS = 6
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


#: The columns of a Poseidon hash: its state and one more; the cells of other rows that it reads; round constants.
_HASH_ADVICE, _HASH_NEIGHBOURS, _HASH_FIXED = 3, 4, 4
#: Full rounds, partial rounds, and the start. They share no row with other gates that matters.
_HASH_GATES = [_Gate(6, 0, None, False), _Gate(6, 0, None, False), _Gate(2, 0, None, False)]


def shape_of(settings: Mapping[str, Any]) -> Shape:
    """The shape of the circuit that ezkl would lay out for `settings` at the `logrows` written in them."""
    run_args = settings["run_args"]
    logrows, inner = int(run_args["logrows"]), int(run_args["num_inner_cols"])
    rows = 1 << logrows
    blocks = _pieces(int(settings["total_assignments"]), (rows - BLINDING_ROWS) * inner)
    tables, table_columns = _tables(settings, rows, blocks * inner)
    products, product_gates = _products(settings, rows)
    hashes = _hashes(settings) > 0
    gates = (_HASH_GATES if hashes else []) + _gates(blocks, inner) + product_gates
    degree = max([_PERMUTATION_DEGREE, *(gate.degree for gate in gates), *(table.least_degree for table in tables)])
    constants = _constants(settings, rows)
    dynamic = _DYNAMIC_TENSORS if any(settings[name] for name in _COMPARISONS) else 0
    lookup_selectors = _lookup_selectors(settings, blocks * inner)
    advice = _TENSORS * blocks * inner + dynamic + _PRODUCT_TENSORS * products * inner + _HASH_ADVICE * hashes
    return Shape(
        logrows=logrows,
        inner=inner,
        blocks=blocks,
        advice=advice,
        advice_queries=advice + blocks + 2 * products + _HASH_NEIGHBOURS * hashes,
        fixed=table_columns + constants + lookup_selectors + _packed(gates, degree) + _HASH_FIXED * hashes,
        selectors=len(gates) + lookup_selectors,
        permuted=advice + constants + 1 + hashes,
        lookups=sum(table.arguments(degree) for table in tables),
        lookup_inputs=sum(table.width * table.inputs for table in tables),
        instances=_instances(settings),
        degree=degree,
        phases=2 if products else 1,
        assignments=int(settings["total_assignments"]),
    )


def least_logrows(settings: Mapping[str, Any]) -> int:
    """The smallest size for what cannot flow over into another block: instances, hashes, comparisons."""
    names = ("total_shuffle_col_size", "total_dynamic_col_size", "max_dynamic_input_len")
    whole = max(
        [_instances(settings), int(settings["module_sizes"]["poseidon"][0]), *(int(settings[n]) for n in names)]
    )
    return max((whole + BLINDING_ROWS).bit_length(), _LEAST_LOGROWS)


def _pieces(cells: int, capacity: int) -> int:
    """Blocks that hold `cells`; ezkl adds a spare cell for each block, for values that are repeated at its head."""
    first = cells // capacity + 1
    return (cells + first) // capacity + 1


def _constants(settings: Mapping[str, Any], rows: int) -> int:
    count = int(settings["total_const_size"])
    if not count:
        return 1 if _hashes(settings) else 0
    return _pieces(count, rows - BLINDING_ROWS)


def _tables(settings: Mapping[str, Any], rows: int, inputs: int) -> tuple[list[_Table], int]:
    """The tables that every column of `inputs` is looked up in, and how many fixed columns they take."""
    size = rows - BLINDING_ROWS - TABLE_SPARE_ROWS
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
    kinds = ((3, True), (3, True), (1 + inner, False), (2 + inner, False), (2, False), (2, False))
    # dot products, running products and sums: their first row, and the others; most models need dot products alone
    together = [_Gate(degree, block, None, used) for block in range(blocks) for degree, used in kinds]
    return apart + together


def _products(settings: Mapping[str, Any], rows: int) -> tuple[int, list[_Gate]]:
    """Blocks of the columns where Freivalds' check compares products of tensors, and their gates; none without it."""
    einsums, run_args = settings["einsum_params"], settings["run_args"]
    if not einsums["total_einsum_col_size"] or run_args["disable_freivalds"]:
        return 0, []
    inner = int(run_args["num_inner_cols"])
    plain = [_without_trivial_axes(equation, sizes) for equation, sizes in einsums["equations"]]
    cells = sum(_reduction_cells(*equation) for equation in plain)
    blocks = _pieces(cells, (rows - BLINDING_ROWS) * inner)
    axes = max(len(output) for _, output, _ in plain)
    return blocks, _product_gates(blocks, inner, axes)


def _product_gates(blocks: int, inner: int, axes: int) -> list[_Gate]:
    """In the order ezkl makes them. Each of three kinds of product makes its dot selectors once a block too often."""
    gates: list[_Gate] = []
    for used in (True, True, False):  # by the phases of the two factors
        for block in range(blocks):
            gates += [_Gate(3, ~block, column, used) for column in range(inner)]
            lost = block < blocks - 1
            gates += [_Gate(0 if lost else 3, ~other, None, used) for other in range(blocks) for _ in range(2)]
    for used in (False, True):
        for block in range(blocks):
            gates += [_Gate(2, ~block, None, False)] * 2  # sums
            gates += [_Gate(degree, ~block, None, used) for degree in (1 + inner, 2 + inner)]
    rounds = 2 * 2 * axes  # first row and others, of inputs of both phases, along each axis of the answer
    return gates + [_Gate(2, ~block, None, False) for block in range(blocks) for _ in range(rounds)]


def _without_trivial_axes(equation: str, sizes: Mapping[str, int]) -> tuple[list[str], str, Mapping[str, int]]:
    """Inputs and output of an einsum less its axes of size 1, and all sizes."""
    left, _, right = equation.partition("->")
    inputs = ["".join(axis for axis in term if sizes[axis] > 1) for term in left.split(",")]
    return inputs, "".join(axis for axis in right if sizes.get(axis, 1) > 1), sizes


def _reduction_cells(inputs: list[str], output: str, sizes: Mapping[str, int]) -> int:
    """Cells that ezkl reserves to reduce both sides of one einsum to a number each.

    The answer is reduced axis by axis with powers of a challenge; so are the inputs, after those that share an axis
    of the answer are multiplied, and what is left is contracted.
    """

    def count(axes: Iterable[str]) -> int:
        return prod(sizes[axis] for axis in axes)

    cells = sum(count(output[: end + 1]) for end in range(len(output)))
    terms = list(inputs)
    for axis in output:
        holders = [term for term in terms if axis in term]
        if not holders:
            continue
        union = "".join(sorted(set("".join(holders))))
        if len(holders) > 1:
            cells += count(union) * (len(holders) if len(holders) > 2 else 1)
        cells += count(union)
        terms = [term for term in terms if term not in holders] + [union.replace(axis, "")]
    for axis in sorted(set("".join(terms))):
        holders = [term for term in terms if axis in term]
        union = "".join(sorted(set("".join(holders))))
        cells += count(union) * (len(holders) if len(holders) > 2 else 1)
        terms = [term for term in terms if term not in holders] + [union.replace(axis, "")]
    return cells


def _packed(gates: list[_Gate], degree: int) -> int:
    """Fixed columns into which halo2 packs selectors: greedily, in order, as the degree allows.

    A selector without a gate has a column of its own. Two share one when no row needs both; sharing adds to the
    degree of their gates.
    """
    left = [gate for gate in gates if gate.degree]
    columns = len(gates) - len(left)
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
    shapes: list[list[int]] = settings["model_instance_shapes"]
    return _hashes(settings) + sum(prod(shape) for shape in shapes)


def _hashes(settings: Mapping[str, Any]) -> int:
    """Public Poseidon hashes of tensors, one field element each."""
    found: list[int] = settings["module_sizes"]["poseidon"][1]
    return sum(found)
