"""What a deployment would send, and what it would cost: the answer of a dry run."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from ..record import Record
from ..records import ContractArtifact
from .site import Site

#: Gas of a transaction, of creating a contract, and of a byte of deployed code (Yellow Paper, appendix G).
_TRANSACTION, _CREATION, _CODE_BYTE = 21_000, 32_000, 200
#: Gas of a byte of calldata (EIP-2028) and of a word of creation code (EIP-3860).
_ZERO_BYTE, _OTHER_BYTE, _INIT_WORD = 4, 16, 2
#: Measured: registering a model writes about twelve storage slots.
_REGISTRATION = 420_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep(Record):
    """One step of a plan. `gas` is an estimate; constructors' own work is not in it."""

    contract: str
    action: Literal["deploy", "reuse", "register"]
    code_bytes: int
    gas: int
    cost_wei: int


def plan_deployment(
    site: Site, needed: Sequence[tuple[str, ContractArtifact]], existing: Collection[str]
) -> tuple[PlanStep, ...]:
    """One step a contract, and the registration last, priced at the chain's present gas price."""
    price = site.chain.gas_price()
    steps = []
    for name, part in needed:
        runtime = len(part.deployed_bytecode)
        gas = 0 if name in existing else creation_gas(part.bytecode, runtime)
        action: Literal["deploy", "reuse"] = "reuse" if name in existing else "deploy"
        steps.append(PlanStep(contract=name, action=action, code_bytes=runtime, gas=gas, cost_wei=gas * price))
    steps.append(
        PlanStep(
            contract="ModelRegistry",
            action="register",
            code_bytes=0,
            gas=_REGISTRATION,
            cost_wei=_REGISTRATION * price,
        )
    )
    return tuple(steps)


def creation_gas(creation: bytes, runtime_bytes: int) -> int:
    """Gas of creating a contract from `creation` that leaves `runtime_bytes` of code, constructor work aside."""
    zeros = creation.count(0)
    data = _ZERO_BYTE * zeros + _OTHER_BYTE * (len(creation) - zeros)
    words = (len(creation) + 31) // 32
    return _TRANSACTION + _CREATION + data + _INIT_WORD * words + _CODE_BYTE * runtime_bytes
