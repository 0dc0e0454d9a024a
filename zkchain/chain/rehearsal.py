"""A chain in this process on which something is tried before it is paid for elsewhere."""

from collections.abc import Mapping
from typing import Any

from eth_utils.address import to_canonical_address

from ..errors import SmokeTestFailed
from ..records import ContractArtifact
from ..values import Address, address, keccak_of
from .abi import encode_call, encode_constructor
from .create2 import FACTORY, create2_address
from .dev_accounts import DEV_ADDRESSES
from .devnet_types import CallRequest, ExecutionFailed
from .embedded import EmbeddedChain
from .smoke import Judge, verdict_of


class Rehearsal:
    """Deploys and measures; nothing of it is kept. Every method raises SmokeTestFailed for what reverts."""

    def __init__(self) -> None:
        self._chain, self._sender = EmbeddedChain(), to_canonical_address(DEV_ADDRESSES[0])

    def deploy(self, artifact: ContractArtifact, args: tuple[Any, ...] = (), salt: bytes | None = None) -> Address:
        """Deploy a contract with these constructor arguments, with a salt where it will be on every chain."""
        return self.create(artifact.name, artifact.bytecode + encode_constructor(artifact.abi, args), salt)[0]

    def create(self, name: str, creation: bytes, salt: bytes | None = None) -> tuple[Address, int]:
        """Where a contract is created, and the gas of it."""
        if salt is None:
            receipt = self._receipt(name, creation)
            return address("0x" + bytes(receipt["contract_address"]).hex()), int(receipt["gas_used"])
        gas = int(self._receipt(name, salt + creation, to_canonical_address(FACTORY))["gas_used"])
        return create2_address(salt, creation), gas

    def code(self, contract: Address) -> bytes:
        """The runtime code."""
        return self._chain.code(to_canonical_address(contract), self._chain.height)

    def judge(self, verifier: Address) -> Judge:
        """The contract at `verifier` as a judge of calldata; see `smoke.verdict_of`."""

        def run(calldata: bytes) -> bool:
            request = CallRequest(sender=self._sender, to=to_canonical_address(verifier), data=calldata)
            try:
                return verdict_of(verifier, self._chain.call(request, self._chain.height))
            except ExecutionFailed:
                return False

        return run

    def code_hash(self, contract: Address) -> bytes:
        """keccak256 of the runtime code."""
        return bytes.fromhex(keccak_of(self.code(contract))[2:])

    def gas_of(self, contract: Address, artifact: ContractArtifact, function: str, arguments: list[Any]) -> int:
        """Gas that a transaction which calls `function` uses, base cost and calldata included."""
        return self.gas_of_call(contract, artifact.name, encode_call(artifact.abi, function, arguments))

    def gas_of_call(self, contract: Address, name: str, data: bytes) -> int:
        """The same for a call that is encoded already."""
        return int(self._receipt(name, data, to_canonical_address(contract))["gas_used"])

    def _receipt(self, name: str, data: bytes, to: bytes = b"") -> Mapping[str, Any]:
        try:
            included = self._chain.included(self._chain.send(CallRequest(sender=self._sender, to=to, data=data)))
        except ExecutionFailed as error:
            raise SmokeTestFailed(f"{name} refuses what it should take: {error}") from error
        assert included is not None
        return included.receipt
