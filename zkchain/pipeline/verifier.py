"""A circuit's verifier, prepared and put on a chain.

Its own where a compiler is at hand and the code fits, else the shared one.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..chain.layouts import Statement
from ..circuit.bundle import circuit_files
from ..errors import CompilerNotFound, ContractTooLarge
from ..halo2 import Prover
from ..halo2.engine import CircuitFiles
from ..progress import Report, silent
from ..records import ContractArtifact
from ..solidity.artifacts import load_artifact
from ..solidity.compile import compile_verifier
from ..solidity.guard import guard_verifier
from ..solidity.keydata import key_data_creation_code, key_digest, parse_vka
from ..solidity.solc import Compiler, find_compiler
from ..values import Digest, FieldElement
from .placer import Placer
from .standing import Part

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
    return prepare_for(circuit_files(folder), choice, prover=prover, home=home, report=report)


def prepare_for(
    files: CircuitFiles, choice: VerifierChoice, *, prover: Prover, home: Path, report: Report = silent
) -> OwnVerifier | SharedVerifier:
    """The same for a circuit that is in no bundle. Raises as `prepare_verifier` does."""
    compiler = None
    if choice != "shared":
        compiler = find_compiler(home=home) if choice == "own" else compiler_if_any(home)
    if compiler is not None:
        try:
            return verifier_of(files, prover, compiler, report)
        except ContractTooLarge:
            if choice == "own":
                raise
    return shared_for(files, prover, report)


def own_verifier(folder: Path, prover: Prover, compiler: Compiler, report: Report = silent) -> OwnVerifier:
    """The own verifier of a bundle's circuit. Raises as `verifier_of` does."""
    return verifier_of(circuit_files(folder), prover, compiler, report)


def verifier_of(files: CircuitFiles, prover: Prover, compiler: Compiler, report: Report = silent) -> OwnVerifier:
    """A circuit's own verifier, guarded and compiled. Raises ContractTooLarge, CompilerError, EngineError."""
    source = guard_verifier(prover.render_verifier(files, report))
    report("compiling the verifier")
    return OwnVerifier(artifact=compile_verifier(source, compiler))


def shared_verifier(folder: Path, prover: Prover, report: Report = silent) -> SharedVerifier:
    """The shared verifier for a bundle's circuit. Raises EngineError."""
    return shared_for(circuit_files(folder), prover, report)


def shared_for(files: CircuitFiles, prover: Prover, report: Report = silent) -> SharedVerifier:
    """The verifier that ships compiled, with the circuit's key. Raises EngineError."""
    _, vka = prover.render_shared(files, report)
    words = parse_vka(vka)
    return SharedVerifier(
        artifact=load_artifact(SHARED),
        words=words,
        key_digest=key_digest(words),
        creation_code=key_data_creation_code(words),
    )


def place_verifier(
    placer: Placer, title: str, circuit: Digest, prepared: OwnVerifier | SharedVerifier, trial: Trial
) -> Part:
    """Place the verifier of a circuit; returns the adapter that it needs, as the part to be placed next.

    A verifier of a circuit's own is tried before it is used. The shared one takes a key only after an adapter has told
    it of the key, so it is tried then. Raises what the placer raises.
    """
    instances, proof = trial
    facts: dict[str, object] = {"circuit_digest": circuit}
    if isinstance(prepared, OwnVerifier):
        statement = Statement(proof, instances)
        own = placer.place(Part(name=f"{title}Verifier", artifact=prepared.artifact, facts={}, trial=statement))
        found, code_hash = own.deployment, own.deployment.code_hash
        pins: tuple[Any, ...] = (found.address, _word(code_hash))
        adapter, statement_after = "Halo2Adapter", None
        facts |= {"verifier": "own", "key_digest": code_hash}
    else:
        shared = placer.place(Part(name=SHARED, artifact=prepared.artifact, facts={}))
        key = placer.place(Part(name=f"{title}Key", artifact=key_contract(prepared.creation_code), facts={}))
        found = shared.deployment
        pins = (found.address, _word(found.code_hash), key.deployment.address, _word(prepared.key_digest))
        adapter, statement_after = "ReusableHalo2Adapter", Statement(proof, instances, prepared.words)
        facts |= {"verifier": "shared", "key_digest": prepared.key_digest, "key_data": key.deployment.address}
    return Part(
        name=title,
        artifact=load_artifact(adapter),
        args=(*pins, _word(circuit)),
        facts={**facts, "verifier_address": found.address, "verifier_code_bytes": found.code_bytes},
        trial=statement_after,
        verifier=found.address,
    )


def _word(digest: Digest) -> bytes:
    return bytes.fromhex(digest[2:])


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
