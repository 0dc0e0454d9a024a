"""The binding tag: what ties a proof to one chain, gateway, model, sender or request, nonce and deadline.

The same computation as `InferenceGateway.bindingTag`; a test compares the two on random bindings.
"""

from collections.abc import Sequence

from eth_abi.abi import encode

from ..records import Binding, Proof, Segment
from ..values import FieldElement, keccak_of

#: As many bits of the hash as fit into any field element.
_TAG_BITS = 252
_DOMAIN = bytes.fromhex(keccak_of(b"zkchain.binding.v1")[2:])


def binding_tag(binding: Binding | None) -> FieldElement:
    """The low 252 bits of keccak256 over the ABI encoding of domain and binding; zero when bound to nothing."""
    if binding is None:
        return FieldElement(0)
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
    return FieldElement(int(keccak_of(encoded), 16) & ((1 << _TAG_BITS) - 1))


def carries(proof: Proof, segments: Sequence[Segment]) -> bool:
    """Whether the proof's own tag is its instance for that; without such an instance it can be bound to nothing."""
    places = [segment.start for segment in segments if segment.kind == "binding"]
    if not places:
        return proof.binding is None
    return [proof.instances[place] for place in places] == [binding_tag(proof.binding)]
