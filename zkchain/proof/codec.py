"""Proof files: JSON with instances as 32-byte words and the proof as hex."""

from pathlib import Path

from ..errors import ProofUnreadable
from ..files import parse_json, write_json
from ..records import Proof
from ..values import address, digest

#: A Halo2 proof is a few kilobytes and an instance 70 characters; nothing honest comes near this.
_MAX_BYTES = 64 * 2**20


def write_proof(path: Path, proof: Proof) -> None:
    """Write `proof` atomically. Raises OSError."""
    write_json(path, proof.to_json())


def read_proof(path: Path) -> Proof:
    """Read a proof file, strictly: exact keys, types and lengths. Raises ProofUnreadable."""
    if not path.is_file():
        raise ProofUnreadable(f"{path} is not a file", path=path)
    if path.stat().st_size > _MAX_BYTES:
        raise ProofUnreadable(f"{path} is larger than any proof ({path.stat().st_size:,} bytes)", path=path)
    try:
        proof = Proof.from_json(parse_json(path.read_bytes()))
        digest(proof.circuit_digest)
        if proof.binding is not None:
            digest(proof.binding.model_id)
            digest(proof.binding.request)
            address(proof.binding.account)
            address(proof.binding.gateway)
            _check_ranges(proof.binding.chain_id, proof.binding.nonce, proof.binding.deadline)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ProofUnreadable(f"{path} is not a proof file: {error}", path=path) from error
    return proof


def _check_ranges(chain_id: int, nonce: int, deadline: int) -> None:
    if not (0 < chain_id < 2**256 and 0 <= nonce < 2**256 and 0 <= deadline < 2**64):
        raise ValueError("chain id, nonce or deadline is outside its Solidity type")
