"""Create a contract and make sure that what the chain then holds is what was meant."""

from collections.abc import Callable, Sequence
from typing import Any

from ..errors import ContractTooLarge, DeploymentDrift, TransactionError, TransactionReverted
from ..progress import Report, silent
from ..records import ContractArtifact, Receipt
from ..values import Address
from .abi import Abi, encode_constructor
from .client import Chain
from .create2 import FACTORY, create2_address
from .revert import revert_error
from .signer import Signer
from .transact import send
from .tx.entry import Entry

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
    creation = creation_of(artifact, args)
    receipt, address = create(
        chain, signer, artifact.name, creation, abis=[artifact.abi, *abis], report=report, key=key
    )
    check_created(chain, artifact, address)
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
    receipt, address = create(chain, signer, name, creation_code, report=report)
    _check_code(chain, name, address, lambda found: bool(found) if runtime is None else found == runtime)
    return receipt, address


def create(
    chain: Chain,
    signer: Signer,
    name: str,
    creation: bytes,
    *,
    salt: bytes | None = None,
    abis: Sequence[Abi] = (),
    report: Report = silent,
    key: str | None = None,
    sent: Callable[[Entry], object] | None = None,
) -> tuple[Receipt, Address]:
    """Run creation code in a transaction, through the deterministic deployment proxy when there is a salt.

    With a `key` it is created once, however often this is called, until `claim_key`; `sent` is told as by `send`.
    Raises ContractTooLarge, DeploymentDrift when no contract came of it, and what `send` raises.
    """
    _check_size(name, "creation code", len(creation), MAX_CREATION_BYTES)
    to, data = (None, creation) if salt is None else (FACTORY, salt + creation)
    try:
        label = f"creates {name}"
        receipt = send(chain, signer, to=to, data=data, abis=abis, report=report, key=key, label=label, sent=sent)
    except TransactionReverted as error:
        if salt is None:
            raise
        # The proxy passes no reason on. The same code, run without it, has one to give.
        reason = chain.call(None, creation, sender=signer.address)
        raise error if reason.success else revert_error(reason.data, abis, what=f"the creation of {name}") from error
    except TransactionError as error:
        if "gas_limit" not in error.facts:
            raise
        raise ContractTooLarge(f"{name} cannot be deployed: {error.message}") from error
    return receipt, created_by(receipt, name, creation, salt)


def created_by(receipt: Receipt, name: str, creation: bytes, salt: bytes | None) -> Address:
    """Where a successful transaction put what it created. Raises DeploymentDrift."""
    if salt is not None:
        return create2_address(salt, creation)
    if receipt.contract_address is None:
        raise DeploymentDrift(f"the receipt of {name} names no contract", tx_hash=receipt.tx_hash)
    return receipt.contract_address


def creation_of(artifact: ContractArtifact, args: tuple[Any, ...]) -> bytes:
    """Creation code with its constructor arguments. Raises ContractTooLarge, ValueError for arguments that do not fit.

    Nothing over the limits of EIP-170 and EIP-3860 is worth trying.
    """
    creation = artifact.bytecode + encode_constructor(artifact.abi, args)
    _check_size(artifact.name, "runtime code", len(artifact.deployed_bytecode), MAX_RUNTIME_BYTES)
    _check_size(artifact.name, "creation code", len(creation), MAX_CREATION_BYTES)
    return creation


def check_created(chain: Chain, artifact: ContractArtifact, found: Address) -> None:
    """Raise DeploymentDrift unless the contract at `found` is the artifact's, immutables aside."""
    _check_code(chain, artifact.name, found, lambda code: artifact.differs_at(code) is None)


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
