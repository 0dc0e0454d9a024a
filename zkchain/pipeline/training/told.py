"""Check what a coordinator's board says of a federation against the plan at hand and the ledger."""

import math
from collections.abc import Mapping
from typing import Any

from ...chain.registry import ContractAt, read
from ...chain.training import client_of
from ...config import Config
from ...errors import BoardUntrue
from ...solidity.artifacts import load_artifact
from ...training.plan import noise_of
from ..site import Site, open_site
from .folder import Federation, Opened
from .setup import LEDGER, signer_of

#: What one side's accountant may compute otherwise than another's.
_ROUNDING = 1e-6


def check_told(federation: Federation, told: Mapping[str, Any], who: int, *, config: Config) -> Opened:
    """What the board says was set up, if it is so, for owner number `who`.

    The plan has to be this one, the ledger a TrainingLedger set up as the plan says, in which this owner is enrolled,
    and the noise what the plan's epsilon needs. Raises BoardUntrue, and what connecting raises.
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
    _check_ledger(site, opened, federation)
    own = signer_of(plan, who, config).address
    if len(opened.members) != len(plan.owners) or len(set(opened.members)) != len(opened.members):
        raise BoardUntrue("the board names other members than the plan has owners")
    ledger = ContractAt(opened.ledger, load_artifact(LEDGER).abi)
    if opened.members[who] != own or not client_of(site.chain, ledger, own).enrolled:
        raise BoardUntrue(f"{own} is not the account that is enrolled for {plan.owners[who].name}", account=own)
    if federation.is_open and not site.network.devnet and federation.opened().ledger != opened.ledger:
        raise BoardUntrue(
            f"the board names the ledger {opened.ledger}; before it was {federation.opened().ledger}",
            ledger=opened.ledger,
        )
    return opened


def _check_ledger(site: Site, opened: Opened, federation: Federation) -> None:
    """The code is what ships, and what it was set up with is what the plan says."""
    artifact, plan = load_artifact(LEDGER), federation.plan
    if artifact.differs_at(site.chain.code_at(opened.ledger)) is not None:
        raise BoardUntrue(f"what stands at {opened.ledger} is no training ledger", ledger=opened.ledger)
    (found,) = read(site.chain, ContractAt(opened.ledger, artifact.abi), "setup", [])
    entry = next(item for item in artifact.abi if item.get("name") == "setup")
    fields = [field["name"] for field in entry["outputs"][0]["components"]]
    values = dict(zip(fields, found, strict=True))
    privacy, windows = plan.privacy, plan.windows
    wanted = {
        "schedule": tuple(noise_of(plan).schedule),
        "candidates": 0 if privacy is None else privacy.candidates,
        "quorum": plan.quorum,
        "weighted": False,
        "chunks": 1,
        "joinSeconds": windows.join,
        "noiseSeconds": windows.noise,
        "submitSeconds": windows.submit,
        "closeSeconds": windows.close,
    }
    for name, value in wanted.items():
        given = tuple(values[name]) if name == "schedule" else values[name]
        if given != value:
            raise BoardUntrue(f"the ledger was set up with another {name} than the plan says", entry=name)
    if any(values["basisHash"]) and not plan.disputes:
        raise BoardUntrue("the ledger can ask for updates in public, and the plan has no disputes", entry="basisHash")
