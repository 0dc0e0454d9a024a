"""A chain in this process on which something is tried before it is paid for elsewhere."""

from collections.abc import Mapping
from typing import Any

from eth_utils.address import to_canonical_address

from ..errors import SmokeTestFailed
from ..records import ContractArtifact
from ..values import Address, address, keccak_of
from .abi import encode_call, encode_constructor
from .dev_accounts import DEV_ADDRESSES
from .devnet_types import CallRequest, ExecutionFailed
from .embedded import EmbeddedChain


class Rehearsal:
    """Deploys and measures; nothing of it is kept. Every method raises SmokeTestFailed for what reverts."""

    def __init__(self) -> None:
        self._chain, self._sender = EmbeddedChain(), to_canonical_address(DEV_ADDRESSES[0])

    def deploy(self, artifact: ContractArtifact, args: tuple[Any, ...] = ()) -> Address:
        """Deploy a contract with these constructor arguments."""
        data = artifact.bytecode + encode_constructor(artifact.abi, args)
        return address("0x" + bytes(self._receipt(artifact.name, data)["contract_address"]).hex())

    def code_hash(self, contract: Address) -> bytes:
        """keccak256 of the runtime code."""
        code = self._chain.code(to_canonical_address(contract), self._chain.height)
        return bytes.fromhex(keccak_of(code)[2:])

    def gas_of(self, contract: Address, artifact: ContractArtifact, function: str, arguments: list[Any]) -> int:
        """Gas that a transaction which calls `function` uses, base cost and calldata included."""
        data = encode_call(artifact.abi, function, arguments)
        return int(self._receipt(artifact.name, data, to_canonical_address(contract))["gas_used"])

    def _receipt(self, name: str, data: bytes, to: bytes = b"") -> Mapping[str, Any]:
        try:
            included = self._chain.included(self._chain.send(CallRequest(sender=self._sender, to=to, data=data)))
        except ExecutionFailed as error:
            raise SmokeTestFailed(f"{name} refuses what it should take: {error}") from error
        assert included is not None
        return included.receipt
