"""The registry's book of circuits, typed: whose proofs are no model's answers, and which contract checks them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import DeploymentDrift
from ..progress import Report, silent
from ..records import Receipt
from ..values import ZERO_ADDRESS, ZERO_DIGEST, Address, Digest, address, digest, keccak_of
from .abi import encode_call
from .client import Chain
from .registry import ContractAt, read_unless
from .signer import Signer
from .transact import claim_key, send


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitEntry:
    """What an owner says of one circuit; fields in the order of the contract's struct."""

    circuit_digest: Digest
    statement: str
    adapter: Address | None  #: None where proofs are checked off the chain
    adapter_code_hash: Digest  #: all zero without an adapter
    key_digest: Digest
    dev_srs: bool


def register_circuits(
    chain: Chain,
    signer: Signer,
    registry: ContractAt,
    entries: Sequence[CircuitEntry],
    report: Report = silent,
) -> Receipt:
    """Register `entries` for the signer, in one transaction. What an earlier process sent for it is waited for instead.

    Raises TransactionReverted, DeploymentDrift when the registry then holds something else, and what `send` raises.
    """
    data = encode_call(registry.abi, "registerCircuits", [[_arguments(entry) for entry in entries]])
    key = f"register circuits {registry.address} {keccak_of(data)}"
    receipt = send(
        chain,
        signer,
        to=registry.address,
        data=data,
        abis=[registry.abi],
        report=report,
        key=key,
        label=f"registers {len(entries)} circuits",
    )
    for entry in entries:
        if circuit_of(chain, registry, signer.address, entry.circuit_digest) != entry:
            raise DeploymentDrift(
                f"the registry at {registry.address} does not hold circuit {entry.circuit_digest} as it was registered",
                circuit=entry.circuit_digest,
            )
    claim_key(chain, signer.address, key)
    return receipt


def circuit_of(chain: Chain, registry: ContractAt, owner: Address, circuit: Digest) -> CircuitEntry | None:
    """What `owner` has said of a circuit; None when it has said nothing.

    Raises TransactionReverted and RpcError where the contract is no registry with such a book.
    """
    found = read_unless(chain, registry, "circuitOf", [owner, bytes.fromhex(circuit[2:])], "CircuitNotRegistered")
    if found is None:
        return None
    statement, adapter, dev_srs, _, code_hash, key_digest = found[0]
    return CircuitEntry(
        circuit_digest=circuit,
        statement=statement,
        adapter=None if int(adapter, 16) == 0 else address(adapter),
        adapter_code_hash=digest("0x" + bytes(code_hash).hex()),
        key_digest=digest("0x" + bytes(key_digest).hex()),
        dev_srs=dev_srs,
    )


def entry_without_adapter(circuit: Digest, statement: str, key_digest: Digest, *, dev_srs: bool) -> CircuitEntry:
    """The entry of a circuit whose proofs are checked off the chain."""
    return CircuitEntry(
        circuit_digest=circuit,
        statement=statement,
        adapter=None,
        adapter_code_hash=ZERO_DIGEST,
        key_digest=key_digest,
        dev_srs=dev_srs,
    )


def _arguments(entry: CircuitEntry) -> tuple[Any, ...]:
    circuit, code, key = (
        bytes.fromhex(text[2:]) for text in (entry.circuit_digest, entry.adapter_code_hash, entry.key_digest)
    )
    return (circuit, entry.statement, entry.adapter or ZERO_ADDRESS, code, key, entry.dev_srs)
