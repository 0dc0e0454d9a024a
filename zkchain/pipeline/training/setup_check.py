"""What a federation's ledger was set up with, compared with the plan and with circuits built here.

The coordinator deploys the ledger, so nobody else may take its setup on trust. A blank that is the commitment to
something lets a coordinator shift a sum; an adapter that takes every call lets in what no circuit computes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...chain.create2 import create_address
from ...chain.deploy import creation_of
from ...chain.registry import ContractAt, read
from ...errors import ContractTooLarge
from ...halo2 import Prover
from ...progress import Report, silent
from ...solidity.artifacts import load_artifact
from ...solidity.exact import difference
from ...training.attribution import basis_of
from ...training.circuits import TrainingCircuits, commit_vectors
from ...training.grid import to_grid
from ...training.plan import Plan, noise_of
from ...values import Address, address, keccak_of
from ..admission import REGISTRY
from ..site import Site
from .adapter_check import adapter_amiss
from .folder import Weights
from .setup import LEDGER


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A ledger, and the block in which it is said to have been created."""

    address: Address
    block: int


def told_setup(site: Site, ledger: Address) -> dict[str, Any]:
    """What a ledger tells of its setup, by the names of its entries. Raises RpcError, ConnectionFailed."""
    abi = load_artifact(LEDGER).abi
    (found,) = read(site.chain, ContractAt(ledger, abi), "setup", [])
    outputs = next(item for item in abi if item.get("name") == "setup")["outputs"]
    return dict(zip((field["name"] for field in outputs[0]["components"]), found, strict=True))


def entries_amiss(site: Site, placed: Placed, plan: Plan) -> tuple[str, ...]:
    """What of a ledger's code and setup is not as the plan says, for which no circuit is needed.

    Each line begins with the entry's name, and says what was found and what is allowed. Raises RpcError,
    ConnectionFailed, and what the plan's noise raises.
    """
    if load_artifact(LEDGER).differs_at(site.chain.code_at(placed.address)) is not None:
        return (f"code: what stands at {placed.address} is no training ledger",)
    given = told_setup(site, placed.address)
    found = [*_creation(site, placed, tuple(given.values())), *_plan_entries(given, plan)]
    if not plan.disputes and any(given["basisHash"]):
        found.append(
            f"basisHash: the ledger has {_hex(given['basisHash'])}, and the plan has no disputes: allowed is 0"
        )
    trouble = difference(site.chain.code_at(address(given["registry"])), load_artifact(REGISTRY), [])
    if trouble:
        found.append(f"registry: what stands at {given['registry']} is no model registry: {trouble}")
    return tuple(found)


def setup_amiss(
    site: Site,
    placed: Placed,
    plan: Plan,
    circuits: TrainingCircuits,
    first: Weights | None,
    *,
    home: Path,
    prover: Prover,
    report: Report = silent,
) -> tuple[str, ...]:
    """Everything of a ledger's code and setup that is not as the plan and its circuits say; nothing for an honest one.

    `first` are the weights and their salt that the coordinator tells as those before all rounds; None where they are
    not known: the genesis is then not compared. Raises as `entries_amiss` does, CompilerNotFound where a verifier has
    to be compiled without a compiler, and EngineError.
    """
    amiss = entries_amiss(site, placed, plan)
    if amiss[:1] and amiss[0].startswith("code:"):
        return amiss
    report("comparing the ledger's setup with plan and circuits")
    given, found = told_setup(site, placed.address), list(amiss)
    dev = circuits.srs.provenance == "dev"
    if given["devSrs"] != dev:
        found.append(f"devSrs: the ledger has {given['devSrs']}, the reference string of the circuits makes it {dev}")
    found += _commitments(given, plan, circuits, first, prover, report)
    if plan.disputes:
        allowed = keccak_of(basis_of(circuits, prover, report))
        if _hex(given["basisHash"]) != allowed:
            found.append(
                f"basisHash: the ledger has {_hex(given['basisHash'])}, the basis of the circuits is {allowed}"
            )
    pins = (("client", circuits.step), ("server", circuits.server), ("weights", circuits.weights))
    for entry, circuit in pins:
        found += adapter_amiss(site.chain, entry, given[entry], circuit, home=home, prover=prover, report=report)
    return tuple(found)


def _creation(site: Site, placed: Placed, given: tuple[Any, ...]) -> Sequence[str]:
    """That the ledger was created by the code that ships, with the setup that it tells.

    Other creation code can leave the same code on the chain with other values in its storage, or with values that
    `setup` does not tell.
    """
    at, block = placed.address, placed.block
    sent = next(
        (one for one in site.chain.sent_in(block) if one.to is None and create_address(one.sender, one.nonce) == at),
        None,
    )
    if sent is None:
        return (f"creation: no transaction of block {block} created the ledger at {at}",)
    try:
        same = sent.data == creation_of(load_artifact(LEDGER), (given,))
    except (ContractTooLarge, ValueError):
        same = False
    if same:
        return ()
    return (f"creation: the ledger at {at} was created by other code than TrainingLedger's with the setup it tells",)


def _plan_entries(given: Mapping[str, Any], plan: Plan) -> list[str]:
    privacy, windows = plan.privacy, plan.windows
    allowed: dict[str, object] = {
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
    found = {name: tuple(given[name]) if name == "schedule" else given[name] for name in allowed}
    return [
        f"{name}: the ledger has {found[name]}, the plan says {value}"
        for name, value in allowed.items()
        if found[name] != value
    ]


def _commitments(
    given: Mapping[str, Any],
    plan: Plan,
    circuits: TrainingCircuits,
    first: Weights | None,
    prover: Prover,
    report: Report,
) -> list[str]:
    """The blank, which has to hide nothing, and the first model, which has to be the one that the plan's seed gives."""
    fits = first is not None and len(first.values) == circuits.layout.weights_length
    vectors: list[tuple[int, ...]] = [(0,), *([first.values] if first is not None and fits else [])]
    blank, *points = commit_vectors(circuits, vectors, prover, report)
    found = []
    told = b"".join(int(part).to_bytes(32, "big") for part in given["blank"])
    if told != blank:
        found.append(f"blank: the ledger has 0x{told.hex()}, the commitment to nothing is 0x{blank.hex()}")
    if first is None:
        return found
    if not fits:
        length = circuits.layout.weights_length
        return [*found, f"genesis: the first weights and their salt are {len(first.values)} numbers, allowed {length}"]
    planned = to_grid(plan.architecture.initial(plan.seed), plan.scale, "the first weights")
    pairs = enumerate(zip(first.values, planned, strict=False))  # the salt comes after
    other = next(((at, one, wanted) for at, (one, wanted) in pairs if one != wanted), None)
    if other is not None:
        at, one, wanted = other
        found.append(f"genesis: parameter {at} of the first weights is {one}, the plan's seed gives {wanted}")
    if keccak_of(points[0]) != _hex(given["genesis"]):
        found.append(
            f"genesis: the ledger has {_hex(given['genesis'])}, the first weights as told give {keccak_of(points[0])}"
        )
    return found


def _hex(value: bytes) -> str:
    return "0x" + bytes(value).hex()
