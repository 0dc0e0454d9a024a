"""Check what a coordinator's board says of a federation against the plan at hand and the ledger."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ...chain.registry import ContractAt
from ...chain.training import client_of
from ...config import Config
from ...errors import BoardUntrue
from ...halo2 import Prover
from ...progress import Report, silent
from ...solidity.artifacts import load_artifact
from ...training.plan import noise_of
from ..site import open_site
from .folder import Federation, Opened, Weights
from .setup import LEDGER, circuits_of, signer_of
from .setup_check import Placed, entries_amiss, setup_amiss

#: What one side's accountant may compute otherwise than another's.
_ROUNDING = 1e-6


def check_told(federation: Federation, told: Mapping[str, Any], who: int, *, config: Config) -> Opened:
    """What the board says was set up, if it is so, for owner number `who`.

    The plan has to be this one, the ledger a TrainingLedger set up as the plan says, in which this owner is enrolled,
    and the noise what the plan's epsilon needs. What takes circuits is left to `check_setup`. Raises BoardUntrue, and
    what connecting raises.
    """
    try:
        opened = Opened.from_json(told)
    except (ValueError, KeyError, TypeError):
        raise BoardUntrue("the board says of the federation what no coordinator writes") from None
    plan = federation.plan
    if opened.plan != federation.digest:
        raise BoardUntrue(
            "the board is of another plan than the one at hand", remedy="give the plan that all owners agreed on"
        )
    wanted = noise_of(plan)
    if not math.isclose(opened.noise.deviation, wanted.deviation, rel_tol=_ROUNDING, abs_tol=_ROUNDING):
        raise BoardUntrue("the board asks for other noise than the plan's epsilon needs")
    site = open_site(plan.network, config, signing=False)
    _refuse(entries_amiss(site, _placed(opened), plan))
    own = signer_of(plan, who, config).address
    if len(opened.members) != len(plan.owners) or len(set(opened.members)) != len(opened.members):
        raise BoardUntrue("the board names other members than the plan has owners")
    for owner, member in zip(plan.owners, opened.members, strict=True):
        if owner.address not in ("", member):
            raise BoardUntrue(f"the board names {member} for {owner.name}, the plan {owner.address}", account=member)
    ledger = ContractAt(opened.ledger, load_artifact(LEDGER).abi)
    if opened.members[who] != own or not client_of(site.chain, ledger, own).enrolled:
        raise BoardUntrue(f"{own} is not the account that is enrolled for {plan.owners[who].name}", account=own)
    if federation.is_open and not site.network.devnet and federation.opened().ledger != opened.ledger:
        raise BoardUntrue(
            f"the board names the ledger {opened.ledger}; before it was {federation.opened().ledger}",
            ledger=opened.ledger,
        )
    return opened


def check_setup(
    federation: Federation,
    opened: Opened,
    told: Mapping[str, Any],
    *,
    config: Config,
    prover: Prover,
    report: Report = silent,
) -> Weights:
    """The first weights as the board tells them, if the ledger was set up with them, the plan and its circuits.

    This member builds the circuits itself; blank, basis and verifiers on chain have to be theirs. Raises BoardUntrue,
    CompilerNotFound where a verifier has to be compiled without a compiler, and what building circuits raises.
    """
    try:
        first = Weights.from_json(told)
    except (ValueError, KeyError, TypeError):
        raise BoardUntrue("the board tells no first weights", round=0) from None
    if first.round != 0:
        raise BoardUntrue(
            f"the board tells the weights after round {first.round} for the first ones", round=first.round
        )
    circuits = circuits_of(federation, config=config, prover=prover, report=report)
    site, placed = open_site(federation.plan.network, config, signing=False), _placed(opened)
    home, plan = config.home, federation.plan
    _refuse(setup_amiss(site, placed, plan, circuits, first, home=home, prover=prover, report=report))
    return first


def _placed(opened: Opened) -> Placed:
    return Placed(address=opened.ledger, block=opened.block)


def _refuse(amiss: Sequence[str]) -> None:
    """Raises BoardUntrue for the first thing that is not as it should be."""
    if amiss:
        entry, _, why = amiss[0].partition(": ")
        raise BoardUntrue(f"the ledger is not what the plan says: {entry}: {why}", entry=entry)
