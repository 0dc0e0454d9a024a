"""An EVM in this process, with the BN254 precompiles: deploy, call, read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyrevm
from eth_abi.abi import encode
from eth_utils.crypto import keccak

SENDER = "0x1111111111111111111111111111111111111111"
OTHER = "0x2222222222222222222222222222222222222222"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call did. `gas` is what a transaction would pay, intrinsic cost included."""

    ok: bool
    data: bytes
    gas: int


def calldata(signature: str, arguments: Sequence[Any] = (), types: str = "") -> bytes:
    """A selector and canonically encoded arguments; `types` when the signature itself cannot be split."""
    inner = types or signature[signature.index("(") + 1 : -1]
    return keccak(text=signature)[:4] + encode(_split(inner), list(arguments))


def _split(types: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for at, char in enumerate(types):
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append(types[start:at])
            start = at + 1
    return [*parts, types[start:]] if types else []


class Evm:
    """A chain of one block, Shanghai rules, chain id 31337 and EIP-170's limit of code unless told."""

    def __init__(self, *, chain_id: int = 31337, timestamp: int = 1_700_000_000, code_bytes: int | None = None) -> None:
        env = pyrevm.Env(
            cfg=pyrevm.CfgEnv(chain_id=chain_id, limit_contract_code_size=code_bytes),
            block=pyrevm.BlockEnv(timestamp=timestamp, gas_limit=10**9),
        )
        self._evm = pyrevm.EVM(env=env, spec_id="SHANGHAI")
        for account in (SENDER, OTHER):
            self._evm.set_balance(account, 10**24)
        self.gas = 0

    def deploy(self, creation: bytes, *, sender: str = SENDER) -> str:
        """Address of a new contract; raises RuntimeError when its constructor reverts."""
        address = str(self._evm.deploy(sender, creation))
        self.gas = int(self._evm.result.gas_used)
        return address

    def code_hash(self, address: str) -> bytes:
        return bytes(self._evm.basic(address).code_hash)

    def call(
        self, address: str, data: bytes, *, sender: str = SENDER, static: bool = True, gas: int | None = None
    ) -> Outcome:
        """Call with raw calldata. A revert is an outcome, not an exception."""
        limits = {} if gas is None else {"gas": gas}
        try:
            answer = self._evm.message_call(sender, address, calldata=data, is_static=static, **limits)
        except RuntimeError as error:
            if "Revert" not in str(error) and "Halt" not in str(error):
                raise
            result = self._evm.result
            return Outcome(False, _output(str(error)), int(result.gas_used))
        return Outcome(True, bytes(answer), int(self._evm.result.gas_used))

    def logs(self) -> list[tuple[tuple[bytes, ...], bytes]]:
        """Topics and data of each log of the last call."""
        return [
            (tuple(bytes.fromhex(topic.removeprefix("0x")) for topic in log.topics), bytes(log.data[1]))
            for log in self._evm.result.logs
        ]


def _output(message: str) -> bytes:
    _, found, tail = message.partition("output: 0x")
    return bytes.fromhex(tail.split(" ")[0]) if found else b""
