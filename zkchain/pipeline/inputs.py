"""Use case: let the gas decide how a proof names its input, where both ways say the same."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..circuit.budget import budget_of
from ..circuit.build import CompileRequest, settled_settings
from ..circuit.options import CompileOptions
from ..halo2 import Prover
from ..progress import Report
from ..record import Record
from ..records import TensorVisibility
from .request import read_request

#: Under both, whoever knows the input can tell that a proof is of it. With a private input nobody can, whatever else a
#: proof is bound to, so that is no third candidate.
NAMED: tuple[TensorVisibility, ...] = ("public", "hashed")


@dataclass(frozen=True, slots=True, kw_only=True)
class InputCost(Record):
    """One way to name the input, and the gas that verifying its circuit is predicted to take."""

    input: TensorVisibility
    verify_gas: int


def choose_input(
    model_path: Path,
    samples_path: Path,
    options: CompileOptions,
    dims: Mapping[str, int] | None,
    *,
    prover: Prover,
    home: Path,
    report: Report,
) -> tuple[CompileRequest, tuple[InputCost, ...]]:
    """The request whose circuit is cheapest to verify, and what each would cost, the cheapest first.

    Settings of both stay in the cache, so that going on with the chosen one costs nothing twice. Raises as
    `read_request` and `build_bundle`.
    """
    requests: dict[TensorVisibility, CompileRequest] = {}
    costs = []
    for name in NAMED:
        report(f"trying input={name}")
        visibility = replace(options.visibility, input=name)
        concrete = replace(options, visibility=visibility, input_by_gas=False)
        requests[name] = read_request(model_path, samples_path, concrete, dims, report)
        settings = settled_settings(requests[name], prover=prover, home=home, report=report)
        costs.append(InputCost(input=name, verify_gas=budget_of(settings).verify_gas))
    costs.sort(key=lambda cost: cost.verify_gas)
    return requests[costs[0].input], tuple(costs)
