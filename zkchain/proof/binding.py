"""The binding tag: what ties a proof to one chain, gateway, model, sender or request, nonce and deadline.

The same computation as `InferenceGateway.bindingTag`; a test compares the two on random bindings.
"""

from eth_abi.abi import encode

from ..records import Binding
from ..values import keccak_of

LIMBS = 9
LIMB_BITS = 28
_DOMAIN = bytes.fromhex(keccak_of(b"zkchain.binding.v1")[2:])


def binding_tag(binding: Binding) -> int:
    """The low 252 bits of keccak256 over the ABI encoding of domain and binding."""
    encoded = encode(
        ["bytes32", "uint256", "address", "uint256", "address", "bytes32", "uint256", "uint64"],
        [
            _DOMAIN,
            binding.chain_id,
            binding.gateway,
            int(binding.model_id, 16),
            binding.account,
            bytes.fromhex(binding.request[2:]),
            binding.nonce,
            binding.deadline,
        ],
    )
    return int(keccak_of(encoded), 16) & ((1 << LIMBS * LIMB_BITS) - 1)


def binding_limbs(binding: Binding | None) -> tuple[int, ...]:
    """Nine 28-bit limbs of the tag, least significant first; all zero for a proof bound to nothing."""
    tag = 0 if binding is None else binding_tag(binding)
    return tuple((tag >> (LIMB_BITS * index)) & ((1 << LIMB_BITS) - 1) for index in range(LIMBS))
