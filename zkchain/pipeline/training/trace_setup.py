"""How far the ledger behind a traced model was looked at: an audit without a plan knows little of it."""

from ...config import Config
from ...errors import RoundFailed
from ...halo2 import Prover
from ...progress import Report
from ...training.lineage import SetupVerdict
from ..site import Site
from .folder import Federation
from .setup import circuits_of
from .setup_check import Placed, setup_amiss

_NO_PLAN = (
    "the ledger's setup, its verifiers and its proofs: zkchain train audit MODEL --plan PLAN compares setup and "
    "verifiers with the plan and its circuits, zkchain train verify PLAN verifies the proofs"
)
_NO_FIRST = "the first model beside the plan: its salt is not here, because only members know it"
_NO_BRIDGES = (
    "which data owners had registered by their hashes: the bridges to them are in a federation's folder, and this plan "
    "has none beside it; every member has one"
)
_PROOFS = (
    "the proofs themselves, which the ledger took: its verifiers are those of the plan's circuits; "
    "zkchain train verify PLAN verifies every proof again"
)
_WRONG_PROOFS = "the proofs, which the ledger took, set up as it is: zkchain train verify PLAN verifies them"


def trace_setup(
    site: Site,
    placed: Placed,
    federation: Federation | None,
    config: Config,
    prover: Prover | None,
    report: Report,
    problems: list[str],
) -> tuple[SetupVerdict, tuple[str, ...]]:
    """Whether the ledger is what the plan says, and what was not looked at; what is not goes to `problems`.

    Raises as `setup_amiss` does, and PlanInvalid for a federation that was set up with another plan.
    """
    if federation is None or prover is None:
        return "none", (_NO_PLAN,)
    opened = federation.opened() if federation.is_open else None
    if opened is not None and opened.ledger != placed.address:
        problems.append(f"the plan is of the ledger {opened.ledger}: neither setup nor bridges of data were looked at")
        return "wrong", (_NO_PLAN,)
    try:
        first = None if opened is None else federation.weights(opened.run, 0)
    except RoundFailed:
        first = None
    circuits, plan = circuits_of(federation, config=config, prover=prover, report=report), federation.plan
    amiss = setup_amiss(site, placed, plan, circuits, first, home=config.home, prover=prover, report=report)
    problems += [f"the ledger's setup: {line}" for line in amiss]
    unchecked = ([] if first else [_NO_FIRST]) + [_WRONG_PROOFS if amiss else _PROOFS]
    unchecked += [_NO_BRIDGES] if plan.layout.bridged and opened is None else []
    return "wrong" if amiss else "compared", tuple(unchecked)
