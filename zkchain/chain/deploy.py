"""Create a contract and make sure that what the chain then holds is what was meant."""

from collections.abc import Callable, Sequence
from typing import Any

from ..errors import ContractTooLarge, DeploymentDrift, TransactionError
from ..progress import Report, silent
from ..records import ContractArtifact, Receipt
from ..values import Address
from .abi import Abi, encode_constructor
from .client import Chain
from .signer import Signer
from .transact import send

#: Most runtime code a contract may have (EIP-170) and most creation code a transaction may carry (EIP-3860).
MAX_RUNTIME_BYTES = 24_576
MAX_CREATION_BYTES = 49_152


def deploy_contract(
    chain: Chain,
    signer: Signer,
    artifact: ContractArtifact,
    args: tuple[Any, ...],
    report: Report = silent,
    *,
    abis: Sequence[Abi] = (),
    key: str | None = None,
) -> tuple[Receipt, Address]:
    """Deploy `artifact` with these constructor arguments; `abis` name errors of contracts its constructor calls.

    With a `key` it is created once, however often this is called, until `claim_key`.

    Raises ContractTooLarge before anything is sent, DeploymentDrift when the chain holds other code afterwards,
    ValueError for arguments that do not fit, and what `send` raises.
    """
    creation = artifact.bytecode + encode_constructor(artifact.abi, args)
    _check_size(artifact.name, "runtime code", len(artifact.deployed_bytecode), MAX_RUNTIME_BYTES)
    receipt, address = _create(chain, signer, artifact.name, creation, report, [artifact.abi, *abis], key)
    _check_code(chain, artifact.name, address, lambda found: artifact.differs_at(found) is None)
    return receipt, address


def deploy_code(
    chain: Chain,
    signer: Signer,
    creation_code: bytes,
    report: Report = silent,
    *,
    runtime: bytes | None = None,
    name: str = "code",
) -> tuple[Receipt, Address]:
    """Deploy raw creation code, such as a data contract's; `runtime` is the code that must result, if known.

    Raises as `deploy_contract` does.
    """
    if runtime is not None:
        _check_size(name, "runtime code", len(runtime), MAX_RUNTIME_BYTES)
    receipt, address = _create(chain, signer, name, creation_code, report, ())
    _check_code(chain, name, address, lambda found: bool(found) if runtime is None else found == runtime)
    return receipt, address


def _create(
    chain: Chain,
    signer: Signer,
    name: str,
    creation: bytes,
    report: Report,
    abis: Sequence[Abi],
    key: str | None = None,
) -> tuple[Receipt, Address]:
    _check_size(name, "creation code", len(creation), MAX_CREATION_BYTES)
    try:
        label = f"creates {name}"
        receipt = send(chain, signer, to=None, data=creation, abis=abis, report=report, key=key, label=label)
    except TransactionError as error:
        if "gas_limit" not in error.facts:
            raise
        raise ContractTooLarge(f"{name} cannot be deployed: {error.message}") from error
    if receipt.contract_address is None:
        raise DeploymentDrift(f"the receipt of {name} names no contract", tx_hash=receipt.tx_hash)
    return receipt, receipt.contract_address


def _check_size(name: str, what: str, size: int, limit: int) -> None:
    if size > limit:
        raise ContractTooLarge(f"{name} has {size:,} bytes of {what}; the limit is {limit:,}", bytes=size, limit=limit)


def _check_code(chain: Chain, name: str, address: Address, fits: Callable[[bytes], bool]) -> None:
    found = chain.code_at(address)
    if not fits(found):
        raise DeploymentDrift(
            f"{name} was deployed at {address}, but the code there is not what was sent",
            address=address,
            bytes=len(found),
        )
