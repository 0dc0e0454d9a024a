"""Use case: let the gas decide how a proof names its input, where both ways say the same."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..circuit.budget import budget_of
from ..circuit.build import forget_settings, settled_settings
from ..circuit.options import CompileOptions
from ..circuit.request import CompileRequest
from ..files import parse_json, write_json
from ..halo2 import Prover
from ..progress import Report
from ..record import Record
from ..records import TensorVisibility
from ..values import keccak_of
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

    The costs stay in the cache, and so do the settings of the chosen one: nothing is searched for twice. Raises as
    `read_request` and `build_bundle`.
    """
    requests = {
        name: read_request(model_path, samples_path, _with_input(options, name), dims, report) for name in NAMED
    }
    every = "".join(request.digest() for request in requests.values())
    known = home / "compile" / f"input-{keccak_of(every.encode())[2:18]}.json"
    costs = _read(known)
    if costs is None:
        found = []
        for name, request in requests.items():
            report(f"trying input={name}")
            settings = settled_settings(request, prover=prover, home=home, report=report)
            found.append(InputCost(input=name, verify_gas=budget_of(settings).verify_gas))
        costs = tuple(sorted(found, key=lambda cost: cost.verify_gas))
        for cost in costs[1:]:
            forget_settings(requests[cost.input], home)
        write_json(known, [cost.to_json() for cost in costs])
    return requests[costs[0].input], costs


def _with_input(options: CompileOptions, name: TensorVisibility) -> CompileOptions:
    return replace(options, visibility=replace(options.visibility, input=name), input_by_gas=False)


def _read(path: Path) -> tuple[InputCost, ...] | None:
    """What an earlier run found; None when there was none, or the file is not whole."""
    try:
        costs = tuple(InputCost.from_json(item) for item in parse_json(path.read_bytes()))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return costs if {cost.input for cost in costs} == set(NAMED) else None
