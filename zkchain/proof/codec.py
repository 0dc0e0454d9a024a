"""Proof files: JSON with instances as 32-byte words and the proof as hex; and the permits beside them."""

from pathlib import Path

from ..errors import ProofUnreadable
from ..files import parse_json, write_json
from ..records import Permit, Proof
from ..values import address, digest

#: A Halo2 proof is a few kilobytes and an instance 70 characters; nothing honest comes near this.
_MAX_BYTES = 64 * 2**20


def write_proof(path: Path, proof: Proof) -> None:
    """Write `proof` atomically. Raises OSError."""
    write_json(path, proof.to_json())


def read_proof(path: Path) -> Proof:
    """Read a proof file, strictly: exact keys, types and lengths. Raises ProofUnreadable."""
    _check_size(path)
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


def write_permit(path: Path, permit: Permit) -> None:
    """Write `permit` atomically. Raises OSError."""
    write_json(path, permit.to_json())


def read_permit(path: Path) -> Permit:
    """Read a permit file as strictly. Raises ProofUnreadable."""
    _check_size(path)
    try:
        permit = Permit.from_json(parse_json(path.read_bytes()))
        _check_ranges(permit.chain_id, 0, permit.deadline)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ProofUnreadable(
            f"{path} is not a permit file: {error}", remedy="give the file that `zkchain permit` wrote", path=path
        ) from error
    return permit


def _check_size(path: Path) -> None:
    if not path.is_file():
        raise ProofUnreadable(f"{path} is not a file", path=path)
    if path.stat().st_size > _MAX_BYTES:
        raise ProofUnreadable(f"{path} is larger than any proof ({path.stat().st_size:,} bytes)", path=path)


def _check_ranges(chain_id: int, nonce: int, deadline: int) -> None:
    if not (0 < chain_id < 2**256 and 0 <= nonce < 2**256 and 0 <= deadline < 2**64):
        raise ValueError("chain id, nonce or deadline is outside its Solidity type")
