"""A circuit's verifier, prepared and put on a chain.

Its own where a compiler is at hand and the code fits, else the shared one.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..chain.deployment_record import DeploymentRecord
from ..chain.layouts import Statement
from ..chain.smoke import smoke_test, verifier_at
from ..circuit.bundle import circuit_files
from ..errors import CompilerNotFound, ContractTooLarge
from ..halo2 import Prover
from ..progress import Report, silent
from ..records import ContractArtifact
from ..solidity.artifacts import load_artifact
from ..solidity.compile import compile_verifier
from ..solidity.guard import guard_verifier
from ..solidity.keydata import key_data_creation_code, key_digest, parse_vka
from ..solidity.solc import Compiler, find_compiler
from ..values import Address, Digest, FieldElement
from .site import Site, deploy_once

VerifierChoice = Literal["auto", "own", "shared"]


SHARED = "Halo2VerifierReusable"
#: Creation code of a key's data contract before the code that it leaves.
KEY_INIT_BYTES = 10
#: Public instances and proof of one honest answer.
Trial = tuple[tuple[FieldElement, ...], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnVerifier:
    """A guarded verifier compiled for one circuit."""

    artifact: ContractArtifact


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedVerifier:
    """The verifier that ships compiled, and this circuit's key for it."""

    artifact: ContractArtifact
    words: tuple[bytes, ...]
    key_digest: Digest
    creation_code: bytes  #: of the data contract that holds the key


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterPlan:
    """The adapter that a deployed verifier needs: its constructor takes `verifier` and then the circuit's digest."""

    artifact: ContractArtifact
    verifier: tuple[Any, ...]
    facts: Mapping[str, Any]
    accept: Callable[[Address], object] | None = None  #: raises unless the adapter's verifier is to be used


def compiler_if_any(home: Path) -> Compiler | None:
    """The compiler, or None where there is none. Raises CompilerNotFound for one that was asked for by name."""
    try:
        return find_compiler(home=home)
    except CompilerNotFound:
        if os.environ.get("ZKCHAIN_SOLC"):
            raise
        return None


def prepare_verifier(
    folder: Path, choice: VerifierChoice, *, prover: Prover, home: Path, report: Report = silent
) -> OwnVerifier | SharedVerifier:
    """What has to be deployed so that the circuit at `folder` can be verified; "auto" is its own where it can be had.

    Raises CompilerNotFound and ContractTooLarge when `choice` is "own" and cannot be had; "auto" then shares.
    """
    compiler = None
    if choice != "shared":
        compiler = find_compiler(home=home) if choice == "own" else compiler_if_any(home)
    if compiler is not None:
        try:
            return own_verifier(folder, prover, compiler, report)
        except ContractTooLarge:
            if choice == "own":
                raise
    return shared_verifier(folder, prover, report)


def own_verifier(folder: Path, prover: Prover, compiler: Compiler, report: Report = silent) -> OwnVerifier:
    """The circuit's own verifier, guarded and compiled. Raises ContractTooLarge, CompilerError, EngineError."""
    source = guard_verifier(prover.render_verifier(circuit_files(folder), report))
    report("compiling the verifier")
    return OwnVerifier(artifact=compile_verifier(source, compiler))


def shared_verifier(folder: Path, prover: Prover, report: Report = silent) -> SharedVerifier:
    """The verifier that ships compiled, with the circuit's key. Raises EngineError."""
    _, vka = prover.render_shared(circuit_files(folder), report)
    words = parse_vka(vka)
    return SharedVerifier(
        artifact=load_artifact(SHARED),
        words=words,
        key_digest=key_digest(words),
        creation_code=key_data_creation_code(words),
    )


def deploy_verifier(
    site: Site, title: str, prepared: OwnVerifier | SharedVerifier, trial: Trial, report: Report = silent
) -> tuple[AdapterPlan, tuple[DeploymentRecord, ...]]:
    """Deploy what is missing of the verifier; returns its adapter to be, and what is fresh.

    A verifier of a circuit's own is tested before it is recorded. The shared one takes a key only after an adapter
    has told it of the key, so it is tested then. Raises SmokeTestFailed, and what `deploy_once` raises.
    """
    instances, proof = trial
    if isinstance(prepared, OwnVerifier):
        own, fresh = deploy_once(
            site,
            f"{title}Verifier",
            prepared.artifact,
            (),
            report,
            accept=lambda found: smoke_test(verifier_at(site.chain, found), Statement(proof, instances), report),
        )
        found, code_hash = own.deployment, own.deployment.code_hash
        facts = {"verifier": "own", "verifier_address": found.address, "key_digest": code_hash}
        plan = AdapterPlan(
            artifact=load_artifact("Halo2Adapter"),
            verifier=(found.address, bytes.fromhex(code_hash[2:])),
            facts={**facts, "verifier_code_bytes": found.code_bytes},
        )
        return plan, (own,) if fresh else ()
    shared, fresh = deploy_once(site, SHARED, prepared.artifact, (), report)
    key, fresh_key = deploy_once(site, f"{title}Key", key_contract(prepared.creation_code), (), report)
    found, statement = shared.deployment, Statement(proof, instances, prepared.words)
    pin, key_pin = bytes.fromhex(found.code_hash[2:]), bytes.fromhex(prepared.key_digest[2:])
    plan = AdapterPlan(
        artifact=load_artifact("ReusableHalo2Adapter"),
        verifier=(found.address, pin, key.deployment.address, key_pin),
        facts={
            "verifier": "shared",
            "verifier_address": found.address,
            "key_digest": prepared.key_digest,
            "key_data": key.deployment.address,
            "verifier_code_bytes": found.code_bytes,
        },
        accept=lambda _: smoke_test(verifier_at(site.chain, found.address), statement, report),
    )
    return plan, tuple(record for record, new in ((shared, fresh), (key, fresh_key)) if new)


def key_contract(creation: bytes) -> ContractArtifact:
    """A key's data contract as an artifact, so that it is recorded and found again as contracts are."""
    return ContractArtifact(
        name="key data",
        abi=(),
        bytecode=creation,
        deployed_bytecode=creation[KEY_INIT_BYTES:],
        compiler="",
        solc_input="",
    )
