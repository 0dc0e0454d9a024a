"""What verifying a bundle's trial proof costs on an EVM in this process, through the adapter that goes with it."""

from pathlib import Path

import pyrevm
from eth_abi.abi import encode

from zkchain.circuit.bundle import load_bundle, read_trial
from zkchain.halo2 import Prover
from zkchain.pipeline.verifier import OwnVerifier, prepare_verifier
from zkchain.solidity.artifacts import load_artifact
from zkchain.values import keccak_of

from .records import Gas

_SENDER = "0x1111111111111111111111111111111111111111"


def verify_gas(folder: Path, *, prover: Prover, home: Path) -> Gas:
    """Deploy the verifier and its adapter, verify the honest proof once, and read the gas, intrinsic cost included.

    Raises CompilerError and EngineError when no verifier can be had, RuntimeError when the proof is refused.
    """
    bundle = load_bundle(folder)
    instances, proof = read_trial(folder)
    prepared = prepare_verifier(folder, "auto", prover=prover, home=home)
    circuit = bytes.fromhex(bundle.circuit_digest[2:])
    block = pyrevm.BlockEnv(timestamp=1_700_000_000, gas_limit=10**9)
    evm = pyrevm.EVM(env=pyrevm.Env(block=block), spec_id="SHANGHAI")
    evm.set_balance(_SENDER, 10**24)
    verifier = evm.deploy(_SENDER, prepared.artifact.bytecode)
    pin = bytes(evm.basic(verifier).code_hash or b"")
    if isinstance(prepared, OwnVerifier):
        name, arguments = "Halo2Adapter", encode(["address", "bytes32", "bytes32"], [verifier, pin, circuit])
    else:
        data = evm.deploy(_SENDER, prepared.creation_code)
        types = ["address", "bytes32", "address", "bytes32", "bytes32"]
        key = bytes.fromhex(prepared.key_digest[2:])
        name, arguments = "ReusableHalo2Adapter", encode(types, [verifier, pin, data, key, circuit])
    adapter = evm.deploy(_SENDER, load_artifact(name).bytecode + arguments)
    selector = bytes.fromhex(keccak_of(b"verify(uint256[],bytes)")[2:10])
    call = selector + encode(["uint256[]", "bytes"], [[int(value) for value in instances], proof])
    evm.message_call(_SENDER, adapter, calldata=call, is_static=True)
    assert evm.result is not None
    return Gas(
        verify=int(evm.result.gas_used),
        verifier="own" if isinstance(prepared, OwnVerifier) else "shared",
        code_bytes=len(prepared.artifact.deployed_bytecode),
    )
