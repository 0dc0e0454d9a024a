"""What verifying a bundle's trial proof costs, through the adapter that goes with it."""

from pathlib import Path

from zkchain.circuit.bundle import load_bundle, read_trial
from zkchain.halo2 import Prover
from zkchain.pipeline.choice import own_gas, shared_gas
from zkchain.pipeline.verifier import OwnVerifier, prepare_verifier

from .records import Gas


def verify_gas(folder: Path, *, prover: Prover, home: Path) -> Gas:
    """Gas of the honest proof, verified once on a chain in this process, intrinsic cost included.

    Raises CompilerError and EngineError when no verifier can be had, SmokeTestFailed when the proof is refused.
    """
    load_bundle(folder)  # which checks the trial's hash
    trial = read_trial(folder)
    prepared = prepare_verifier(folder, "auto", prover=prover, home=home)
    size = len(prepared.artifact.deployed_bytecode)
    if isinstance(prepared, OwnVerifier):
        return Gas(verify=own_gas(prepared, trial), verifier="own", code_bytes=size)
    return Gas(verify=shared_gas(prepared, trial), verifier="shared", code_bytes=size)
