"""Which verifier is cheaper for a circuit: one of its own, or the shared one and a key."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..chain.rehearsal import Rehearsal
from ..errors import ContractTooLarge
from ..halo2 import Prover
from ..progress import Report, silent
from ..record import Record
from ..records import ContractArtifact
from ..solidity.artifacts import load_artifact
from .site import Site, stands
from .verifier import (
    SHARED,
    OwnVerifier,
    SharedVerifier,
    Trial,
    VerifierChoice,
    compiler_if_any,
    key_contract,
    own_verifier,
    prepare_verifier,
    shared_verifier,
)

#: Stands for the circuit's digest, which costs the same whatever it is.
_CIRCUIT = b"\xff" * 32
#: Gas of a transaction, of creating a contract, and of a byte of deployed code (Yellow Paper, appendix G).
_TRANSACTION, _CREATION, _CODE_BYTE = 21_000, 32_000, 200
#: Gas of a byte of calldata (EIP-2028) and of a word of creation code (EIP-3860).
_ZERO_BYTE, _OTHER_BYTE, _INIT_WORD = 4, 16, 2
#: How many proofs a model is taken to answer on chain when nobody says.
PROOFS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierCost(Record):
    """What a verifier costs in gas: deploying what is missing of it, and one honest call of it."""

    verifier: Literal["own", "shared"]
    deploy_gas: int
    verify_gas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The verifier to deploy, and what it was chosen by: both costs where there was a choice, else none."""

    verifier: OwnVerifier | SharedVerifier
    costs: tuple[VerifierCost, ...] = ()


def choose_verifier(
    site: Site,
    title: str,
    folder: Path,
    choice: VerifierChoice,
    *,
    trial: Trial,
    proofs: int,
    prover: Prover,
    home: Path,
    report: Report = silent,
) -> Chosen:
    """The verifier of this `choice` for the circuit at `folder`; "auto" is the cheaper one for so many `proofs`.

    The shared one is chosen without a comparison where there is no compiler or the circuit's own is too large.
    Raises what `prepare_verifier` raises, and SmokeTestFailed for a verifier that refuses the trial proof.
    """
    compiler = compiler_if_any(home) if choice == "auto" else None
    if choice != "auto" or compiler is None:
        kind: Literal["own", "shared"] = "own" if choice == "own" else "shared"
        return Chosen(verifier=prepare_verifier(folder, kind, prover=prover, home=home, report=report))
    shared = shared_verifier(folder, prover, report)
    try:
        own = own_verifier(folder, prover, compiler, report)
    except ContractTooLarge:
        return Chosen(verifier=shared)
    report("measuring what both verifiers cost")
    costs = (
        VerifierCost(
            verifier="own",
            deploy_gas=_missing(site, (f"{title}Verifier", own.artifact)),
            verify_gas=own_gas(own, trial),
        ),
        VerifierCost(
            verifier="shared",
            deploy_gas=_missing(site, (SHARED, shared.artifact), (f"{title}Key", key_contract(shared.creation_code))),
            verify_gas=shared_gas(shared, trial),
        ),
    )
    best = min(costs, key=lambda cost: cost.deploy_gas + proofs * cost.verify_gas)
    return Chosen(verifier=own if best.verifier == "own" else shared, costs=costs)


def own_gas(prepared: OwnVerifier, trial: Trial) -> int:
    """Gas of one honest proof to a circuit's own verifier behind its adapter. Raises SmokeTestFailed."""
    chain = Rehearsal()
    verifier = chain.deploy(prepared.artifact)
    return _adapter_gas(chain, "Halo2Adapter", (verifier, chain.code_hash(verifier)), trial)


def shared_gas(prepared: SharedVerifier, trial: Trial) -> int:
    """Gas of one honest proof to the shared verifier behind the circuit's adapter. Raises SmokeTestFailed."""
    chain = Rehearsal()
    verifier = chain.deploy(prepared.artifact)
    key, digest = chain.deploy(key_contract(prepared.creation_code)), bytes.fromhex(prepared.key_digest[2:])
    return _adapter_gas(chain, "ReusableHalo2Adapter", (verifier, chain.code_hash(verifier), key, digest), trial)


def _adapter_gas(chain: Rehearsal, name: str, verifier: tuple[Any, ...], trial: Trial) -> int:
    artifact, (instances, proof) = load_artifact(name), trial
    adapter = chain.deploy(artifact, (*verifier, _CIRCUIT))
    return chain.gas_of(adapter, artifact, "verify", [[int(value) for value in instances], proof])


def _missing(site: Site, *parts: tuple[str, ContractArtifact]) -> int:
    return sum(
        _creation_gas(part.bytecode, len(part.deployed_bytecode))
        for name, part in parts
        if not stands(site, name, part)
    )


def _creation_gas(creation: bytes, runtime_bytes: int) -> int:
    """Gas of creating a contract from `creation` that leaves `runtime_bytes` of code, constructor work aside."""
    zeros = creation.count(0)
    data = _ZERO_BYTE * zeros + _OTHER_BYTE * (len(creation) - zeros)
    words = (len(creation) + 31) // 32
    return _TRANSACTION + _CREATION + data + _INIT_WORD * words + _CODE_BYTE * runtime_bytes
