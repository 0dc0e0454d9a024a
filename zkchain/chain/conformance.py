"""Try a deployed contract against the rules of a standard, by calls that change nothing.

A probe is a contract that is created inside an `eth_call`: there it registers, updates and deprecates as one account
and as another, and everything is undone when the call ends. What needs an honest proof is asked call by call.
"""

from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode

from ..errors import DeploymentDrift, RpcError
from ..record import Record
from ..records import ContractArtifact, Proof
from ..values import Address, address, keccak_of
from .abi import Abi, decode_error, encode_call, encode_constructor
from .client import CallResult, Chain
from .gateway import binding_fields
from .registry import ContractAt, read

_ERC165 = bytes.fromhex("01ffc9a7")
_REGISTRY_ID, _VERIFIER_IDS = bytes.fromhex("d28519b1"), (bytes.fromhex("5df65472"), bytes.fromhex("80b171ef"))
_STORAGE_ID = bytes.fromhex("29c6ba89")
#: Gas for a whole probe: dozens of registrations.
_PROBE_GAS = 30_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Record):
    """One rule, and whether the contract keeps it. `found` is what it answered, where that says more."""

    rule: str  #: standard and name, e.g. "erc7992.update.stranger"
    text: str  #: what the rule demands
    held: bool
    found: str = ""


def supports(chain: Chain, target: Address, interface_id: bytes) -> bool:
    """Whether the contract says, by ERC-165, that it has the interface."""
    data = _ERC165 + encode(["bytes4"], [interface_id])
    result = chain.call(target, data)
    return result.success and len(result.data) == 32 and int.from_bytes(result.data, "big") == 1


def is_registry(chain: Chain, target: Address) -> bool:
    """Whether the contract says that it is a registry of ERC-7992."""
    return supports(chain, target, _REGISTRY_ID)


def is_verifier(chain: Chain, target: Address) -> bool:
    """Whether the contract says that it is a verifier of ERC-7992."""
    return any(supports(chain, target, one) for one in _VERIFIER_IDS)


def probe(chain: Chain, target: Address, run: ContractArtifact) -> tuple[Finding, ...]:
    """What the probe `run` finds about the contract at `target`.

    Raises DeploymentDrift when there is no code, RpcError when the node does not let the probe run.
    """
    if not chain.code_at(target):
        raise DeploymentDrift(f"there is no contract at {target}", address=target)
    creation = run.bytecode + encode_constructor(run.abi, [target])
    result = chain.call(None, creation, gas=_PROBE_GAS)
    error = None if result.success else decode_error(run.abi, result.data)
    if error is None or error[0] != "Findings":
        said = result.message or f"0x{result.data[:36].hex()}"
        raise RpcError(
            f"the probe came to no end at {target}: {said}",
            remedy="the node must allow eth_call with 30 million gas and creation code",
            address=target,
        )
    return tuple(_finding(rule, held, f"0x{found.hex()}" if found else "") for rule, held, found in error[1][0])


def probe_proof(chain: Chain, verifier: ContractAt, registry: Abi, proof: Proof) -> tuple[Finding, ...]:
    """What our gateway makes of an honest proof, and of the same one with each part of the statement changed.

    `registry` is the ABI of its registry. The proof must be bound, and not be used up. Asked by `eth_call` from its
    account; nothing is recorded.
    """
    binding = proof.binding
    assert binding is not None
    model, words = int(binding.model_id, 16), [int(value) for value in proof.instances]
    sender = binding.account if int(binding.account, 16) else None
    (commitment,) = read(chain, verifier, "inputCommitmentOf", [model, words])
    at = ContractAt(address(read(chain, verifier, "registry", [])[0]), registry)
    layout = read(chain, at, "routeOf", [model])[0][3]
    output = b"".join(word.to_bytes(32, "big") for word in words[layout[3] : layout[3] + layout[4]])

    def ask(name: str, *, proved: bytes = proof.proof, said: bytes = output, of: bytes = commitment) -> CallResult:
        parts = encode(
            ["uint256[]", "bytes", "(address,bytes32,uint256,uint64)"], [words, proved, binding_fields(binding)]
        )
        return chain.call(verifier.address, encode_call(verifier.abi, name, [model, of, said, parts]), sender=sender)

    flipped = proof.proof[:-1] + bytes([proof.proof[-1] ^ 1])
    stored = supports(chain, verifier.address, _STORAGE_ID)
    findings = []
    for name, short in [("verifyInference", "verify"), *([("verifyAndStoreInference", "store")] if stored else [])]:
        honest = ask(name)
        findings += [
            _finding(f"erc7992.{short}.honest: accepts an honest proof", honest.success, honest.message),
            _named(f"erc7992.{short}.input", verifier.abi, "InputCommitmentMismatch", ask(name, of=bytes(32))),
            _named(f"erc7992.{short}.output", verifier.abi, "OutputMismatch", ask(name, said=output + b"\0")),
            _named(f"erc7992.{short}.proof", verifier.abi, "InvalidProof", ask(name, proved=flipped)),
        ]
        if name == "verifyAndStoreInference":
            wanted = keccak_of(model.to_bytes(32, "big") + commitment + output)
            rule = "erc7992.store.inferenceId: is the keccak256 of id, commitment and output, packed"
            findings.append(_finding(rule, honest.success and f"0x{honest.data.hex()}" == wanted, ""))
    return tuple(findings)


def _named(rule: str, abi: Abi, error: str, result: CallResult) -> Finding:
    found = None if result.success else decode_error(abi, result.data)
    said = "accepted" if result.success else (found[0] if found else f"0x{result.data[:36].hex()}")
    return _finding(f"{rule}: reverts with {error}", said == error, said)


def _finding(rule: str, held: bool, found: Any) -> Finding:
    name, _, text = rule.partition(": ")
    return Finding(rule=name, text=text, held=held, found=str(found))
