"""An account's permission that another submits its proof: what the gateway's `submitFor` checks (EIP-712)."""

from collections.abc import Mapping, Sequence
from typing import Any

from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import encode_typed_data

from ..errors import TransactionError
from ..records import Binding, Permit
from ..values import Address, Digest, address, keccak_of
from .signer import Signer

_STATEMENT_DOMAIN = keccak_of(b"zkchain.statement.v1")
_TYPES = {
    "EIP712Domain": [
        {"name": "name", "type": "string"},
        {"name": "version", "type": "string"},
        {"name": "chainId", "type": "uint256"},
        {"name": "verifyingContract", "type": "address"},
    ],
    "Relay": [
        {"name": "modelId", "type": "uint256"},
        {"name": "statement", "type": "bytes32"},
        {"name": "relayer", "type": "address"},
        {"name": "deadline", "type": "uint64"},
    ],
}


def statement_id(binding: Binding, instances: Sequence[int]) -> Digest:
    """The gateway's `statementOf`, computed here: what is signed must not depend on what a node says."""
    content = bytes.fromhex(keccak_of(b"".join(int(value).to_bytes(32, "big") for value in instances))[2:])
    parts = [
        bytes.fromhex(_STATEMENT_DOMAIN[2:]),
        binding.chain_id,
        binding.gateway,
        int(binding.model_id, 16),
        content,
    ]
    return keccak_of(encode(["bytes32", "uint256", "address", "uint256", "bytes32"], parts))


def sign_permit(signer: Signer, binding: Binding, statement: Digest, relayer: Address, deadline: int) -> Permit:
    """The signer's permission that `relayer`, or with the zero address anyone, submits the statement for it.

    Raises TransactionError when the signature is not the signer's, and what the signer raises.
    """
    typed = _typed(binding, statement, relayer, deadline)
    signature = signer.sign_typed(typed)
    if _signed_by(typed, signature) != signer.address:
        raise TransactionError(
            f"the signer of {signer.address} gave a signature that is not this account's; no permit was written",
            remedy="check the signer of this network",
        )
    return Permit(
        chain_id=binding.chain_id,
        gateway=binding.gateway,
        model_id=binding.model_id,
        statement=statement,
        account=signer.address,
        relayer=relayer,
        deadline=deadline,
        signature=signature,
    )


def _typed(binding: Binding, statement: Digest, relayer: Address, deadline: int) -> Mapping[str, Any]:
    return {
        "types": _TYPES,
        "primaryType": "Relay",
        "domain": {
            "name": "zkchain.InferenceGateway",
            "version": "1",
            "chainId": binding.chain_id,
            "verifyingContract": binding.gateway,
        },
        # In hex, since readers of JSON round numbers of this size.
        "message": {"modelId": binding.model_id, "statement": statement, "relayer": relayer, "deadline": deadline},
    }


def _signed_by(typed: Mapping[str, Any], signature: bytes) -> Address | None:
    try:
        return address(Account.recover_message(encode_typed_data(full_message=dict(typed)), signature=signature))
    except Exception:  # noqa: BLE001 - a signature from outside can be wrong in any way
        return None
