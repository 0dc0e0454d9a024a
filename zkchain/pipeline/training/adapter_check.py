"""Is what stands behind a pin of the ledger the verifier of this circuit, byte for byte?"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...chain.client import Chain
from ...chain.registry import ContractAt, read
from ...files import write_atomic
from ...halo2 import Prover
from ...progress import Report
from ...records import ContractArtifact
from ...solidity.artifacts import load_artifact
from ...solidity.compile import SETTINGS, compile_verifier
from ...solidity.exact import difference
from ...solidity.guard import guard_verifier
from ...solidity.solc import SOLC_BUILD, find_compiler
from ...training.circuits import TrainingCircuit
from ...values import Address, address, canonical_json, keccak_of, sha256_of
from ..verifier import SHARED, key_contract, shared_for

_OWN, _REUSABLE = "Halo2Adapter", "ReusableHalo2Adapter"


def adapter_amiss(
    chain: Chain,
    entry: str,
    pin: tuple[str, bytes],
    circuit: TrainingCircuit,
    *,
    home: Path,
    prover: Prover,
    report: Report,
) -> list[str]:
    """What the contract pinned as `entry` has that an adapter of `circuit` has not; a line each, none for an adapter.

    A verifier of the circuit's own is compiled again. Raises CompilerNotFound for one where there is no compiler,
    EngineError, ConnectionFailed and RpcError.
    """
    at, pinned = address(pin[0]), bytes(pin[1])
    code = chain.code_at(at)
    found = []
    if _hash(code) != pinned:
        found.append(f"{entry}.codeHash: the ledger pins 0x{pinned.hex()}, the code at {at} has {keccak_of(code)}")
    report(f"comparing the {circuit.role} circuit's verifier")
    if load_artifact(_OWN).differs_at(code) is None:
        return found + _own(chain, entry, at, circuit, home, prover, report)
    if load_artifact(_REUSABLE).differs_at(code) is None:
        return found + _reusable(chain, entry, at, circuit, prover, report)
    found.append(f"{entry}.adapter: the {len(code):,} bytes of code at {at} are those of no adapter that ships")
    return found


def _own(
    chain: Chain, entry: str, at: Address, circuit: TrainingCircuit, home: Path, prover: Prover, report: Report
) -> list[str]:
    adapter = load_artifact(_OWN)
    (generated,) = read(chain, ContractAt(at, adapter.abi), "generated", [])
    expected = _own_code(circuit, home, prover, report)
    found = []
    if chain.code_at(address(generated)) != expected:
        found.append(f"{entry}.adapter: the verifier at {generated} is not that of the {circuit.role} circuit")
    wanted = {"circuit": _word(circuit.digest), "keyDigest": _hash(expected)}
    return found + _fields(chain, entry, at, adapter, wanted, [generated])


def _reusable(
    chain: Chain, entry: str, at: Address, circuit: TrainingCircuit, prover: Prover, report: Report
) -> list[str]:
    adapter, prepared = load_artifact(_REUSABLE), shared_for(circuit.files, prover, report)
    contract = ContractAt(at, adapter.abi)
    shared, key_data = (read(chain, contract, name, [])[0] for name in ("shared", "keyData"))
    key = key_contract(prepared.creation_code).deployed_bytecode
    found = []
    trouble = difference(chain.code_at(address(shared)), load_artifact(SHARED), [])
    if trouble:
        found.append(f"{entry}.adapter: the shared verifier at {shared} is not the one that ships: {trouble}")
    if chain.code_at(address(key_data)) != key:
        found.append(f"{entry}.adapter: the key at {key_data} is not that of the {circuit.role} circuit")
    wanted = {
        "circuit": _word(circuit.digest),
        "keyDigest": _word(prepared.key_digest),
        "sharedCodeHash": _hash(prepared.artifact.deployed_bytecode),
        "keyDataCodeHash": _hash(key),
    }
    return found + _fields(chain, entry, at, adapter, wanted, [shared, key_data])


def _fields(
    chain: Chain,
    entry: str,
    at: Address,
    adapter: ContractArtifact,
    wanted: Mapping[str, bytes],
    behind: Sequence[Any],
) -> list[str]:
    """What the adapter says of itself, and that its code holds nothing else at any place.

    Code can be put on a chain that answers with one value and works with another, so all places are compared.
    """
    contract, found = ContractAt(at, adapter.abi), []
    for name, allowed in wanted.items():
        given = bytes(read(chain, contract, name, [])[0])
        if given != allowed:
            found.append(f"{entry}.adapter: its {name} is 0x{given.hex()}, allowed is 0x{allowed.hex()}")
    if found:
        return found
    words = [*wanted.values(), *(_word(one).rjust(32, b"\0") for one in behind)]
    trouble = difference(chain.code_at(at), adapter, words)
    return [f"{entry}.adapter: {trouble}"] if trouble else []


def _own_code(circuit: TrainingCircuit, home: Path, prover: Prover, report: Report) -> bytes:
    """Runtime code of the circuit's own verifier; kept beside the circuit, because compiling takes seconds."""
    source = guard_verifier(prover.render_verifier(circuit.files, report))
    by = canonical_json({"source": source, "compiler": SOLC_BUILD, "settings": SETTINGS})
    path = circuit.files.circuit.with_name(f"{circuit.role}.verifier-{sha256_of(by)[2:18]}.bin")
    if path.is_file():
        return path.read_bytes()
    report("compiling the verifier")
    found = compile_verifier(source, find_compiler(home=home)).deployed_bytecode
    write_atomic(path, found)
    return found


def _hash(code: bytes) -> bytes:
    return _word(keccak_of(code))


def _word(value: str) -> bytes:
    return bytes.fromhex(value[2:])
