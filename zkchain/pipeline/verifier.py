"""Prepare a circuit's verifier for a chain: its own where a compiler is at hand and it fits, else the shared one."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..circuit.bundle import circuit_files
from ..errors import CompilerNotFound, ContractTooLarge
from ..halo2 import Prover
from ..progress import Report, silent
from ..records import ContractArtifact
from ..solidity.artifacts import load_artifact
from ..solidity.compile import compile_verifier
from ..solidity.guard import guard_verifier
from ..solidity.keydata import key_data_creation_code, key_digest, parse_vka
from ..solidity.solc import find_compiler
from ..values import Digest

VerifierChoice = Literal["auto", "own", "shared"]


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


def prepare_verifier(
    folder: Path, choice: VerifierChoice, *, prover: Prover, home: Path, report: Report = silent
) -> OwnVerifier | SharedVerifier:
    """What has to be deployed so that the circuit at `folder` can be verified.

    Raises CompilerNotFound and ContractTooLarge when `choice` is "own" and cannot be had; "auto" then shares.
    """
    if choice != "shared":
        try:
            compiler = find_compiler(home=home)
            source = guard_verifier(prover.render_verifier(circuit_files(folder), report))
            report("compiling the verifier")
            return OwnVerifier(artifact=compile_verifier(source, compiler))
        except CompilerNotFound:
            if choice == "own" or os.environ.get("ZKCHAIN_SOLC"):
                raise  # a compiler that was asked for by name must not be passed over in silence
        except ContractTooLarge:
            if choice == "own":
                raise
    _, vka = prover.render_shared(circuit_files(folder), report)
    words = parse_vka(vka)
    return SharedVerifier(
        artifact=load_artifact("Halo2VerifierReusable"),
        words=words,
        key_digest=key_digest(words),
        creation_code=key_data_creation_code(words),
    )
