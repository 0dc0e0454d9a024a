"""The model registry, typed. Its ABI comes from the caller: this package does not know how contracts are built."""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from typing import Any

from eth_abi.abi import encode

from ..errors import DeploymentDrift, RpcError
from ..progress import Report, silent
from ..records import Receipt
from ..values import Address, Digest, address, digest, keccak_of
from .abi import Abi, decode_error, decode_result, encode_call
from .client import CallResult, Chain
from .revert import revert_error
from .signer import Signer
from .transact import claim_key, send
from .tx.entry import Entry

#: `bindingStart` of a model whose proofs carry no binding.
NO_BINDING = 2**32 - 1


@dataclass(frozen=True, slots=True)
class ContractAt:
    """A contract by address and ABI."""

    address: Address
    abi: Abi


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLayout:
    """Where each part of a statement lies among the instances; fields in the order of the contract's struct."""

    instance_count: int
    input_start: int
    input_count: int
    output_start: int
    output_count: int
    binding_start: int = NO_BINDING
    params_start: int
    params_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceRange:
    """Instances that must lie between two numbers, both allowed, as signed field elements of at most 96 bits."""

    start: int
    count: int
    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """What the registry keeps of a model; fields in the order of the contract's struct."""

    circuit_digest: Digest
    model_digest: Digest
    adapter: Address
    adapter_code_hash: Digest
    key_digest: Digest
    params_digest: Digest
    layout: ModelLayout
    dev_srs: bool
    name: str


def register_model(
    chain: Chain,
    signer: Signer,
    registry: ContractAt,
    version: ModelVersion,
    report: Report = silent,
    *,
    ranges: Sequence[InstanceRange] = (),
    abis: Sequence[Abi] = (),
    sent: Callable[[Entry], object] | None = None,
) -> tuple[Digest, Receipt]:
    """Register `version` for the signer; returns its id. `abis` name errors of contracts the registry calls.

    `sent` is told as by `send`.

    Raises TransactionReverted, DeploymentDrift when the registry then holds something else, and what `send` raises.
    """
    data = registration(registry.abi, version, ranges)
    key = f"register {registry.address} {keccak_of(data)}"
    receipt = send(
        chain,
        signer,
        to=registry.address,
        data=data,
        abis=[registry.abi, *abis],
        report=report,
        key=key,
        label=f"registers {version.name}",
        sent=sent,
    )
    model_id = check_registered(chain, signer.address, registry, version, ranges)
    claim_key(chain, signer.address, key)
    return model_id, receipt


def registration(abi: Abi, version: ModelVersion, ranges: Sequence[InstanceRange] = ()) -> bytes:
    """Calldata that registers `version` for whoever sends it."""
    return encode_call(abi, "register", [_arguments(version), [astuple(item) for item in ranges]])


def check_registered(
    chain: Chain,
    owner: Address,
    registry: ContractAt,
    version: ModelVersion,
    ranges: Sequence[InstanceRange] = (),
) -> Digest:
    """The id of `version` in the registry. Raises DeploymentDrift when the registry does not hold it as it is."""
    model_id = model_id_of(chain, registry, owner, version.circuit_digest, version.adapter)
    if get_version(chain, registry, model_id) != version or get_ranges(chain, registry, model_id) != tuple(ranges):
        raise DeploymentDrift(
            f"the registry at {registry.address} does not hold model {model_id} as it was registered", model_id=model_id
        )
    return model_id


def future_model_id(chain_id: int, registry: Address, owner: Address, circuit: Digest, adapter: Address) -> Digest:
    """What `model_id_of` will say once the registry is there."""
    types = ["bytes32", "uint256", "address", "address", "bytes32", "address"]
    domain = bytes.fromhex(keccak_of(b"zkchain.model.v1")[2:])
    return keccak_of(encode(types, [domain, chain_id, registry, owner, bytes.fromhex(circuit[2:]), adapter]))


def model_id_of(chain: Chain, registry: ContractAt, owner: Address, circuit: Digest, adapter: Address) -> Digest:
    """The id that `owner` gets, or got, for this circuit behind this adapter."""
    found = read(chain, registry, "modelIdOf", [owner, bytes.fromhex(circuit[2:]), adapter])
    return word_digest(found[0])


def get_version(chain: Chain, registry: ContractAt, model_id: Digest) -> ModelVersion | None:
    """The version with this id; None when it is not registered."""
    found = read_unless(chain, registry, "getVersion", [int(model_id, 16)], "ModelNotFound")
    if found is None:
        return None
    fields = list(found[0])
    layout = ModelLayout(**dict(zip(_fields(ModelLayout), fields[6], strict=True)))
    words = [digest("0x" + fields[at].hex()) for at in (0, 1, 3, 4, 5)]
    return ModelVersion(
        circuit_digest=words[0],
        model_digest=words[1],
        adapter=address(fields[2]),
        adapter_code_hash=words[2],
        key_digest=words[3],
        params_digest=words[4],
        layout=layout,
        dev_srs=fields[7],
        name=fields[8],
    )


def get_ranges(chain: Chain, registry: ContractAt, model_id: Digest) -> tuple[InstanceRange, ...]:
    """Between which numbers a version's instances must lie. Raises TransactionReverted when there is none."""
    (found,) = read(chain, registry, "rangesOf", [int(model_id, 16)])
    return tuple(InstanceRange(**dict(zip(_fields(InstanceRange), item, strict=True))) for item in found)


def is_stopped(chain: Chain, registry: ContractAt, model_id: Digest) -> bool:
    """Whether the version's owner stopped it. Raises TransactionReverted when there is no such version."""
    return bool(read(chain, registry, "stopped", [int(model_id, 16)])[0])


def read(
    chain: Chain, contract: ContractAt, name: str, arguments: Sequence[Any], *, sender: Address | None = None
) -> tuple[Any, ...]:
    """What view function `name` returns. Raises TransactionReverted and its kinds, RpcError for nonsense."""
    result = chain.call(contract.address, encode_call(contract.abi, name, arguments), sender=sender)
    return _result(contract, name, result)


def read_unless(
    chain: Chain, contract: ContractAt, name: str, arguments: Sequence[Any], missing: str
) -> tuple[Any, ...] | None:
    """The same, and None when it reverts with the error called `missing`."""
    result = chain.call(contract.address, encode_call(contract.abi, name, arguments))
    if not result.success and _error_name(contract, result) == missing:
        return None
    return _result(contract, name, result)


def word_digest(value: int) -> Digest:
    """A uint256 as 32 bytes of hex."""
    return digest(f"0x{value:064x}")


def _result(contract: ContractAt, name: str, result: CallResult) -> tuple[Any, ...]:
    if not result.success:
        raise revert_error(result.data, [contract.abi], what=f"{name} of {contract.address}")
    try:
        return decode_result(contract.abi, name, result.data)
    except ValueError:
        raise RpcError(
            f"{contract.address} does not answer {name} as the contract would",
            remedy="check that this address holds the contract on this network",
            address=contract.address,
        ) from None


def _error_name(contract: ContractAt, result: CallResult) -> str:
    found = decode_error(contract.abi, result.data)
    return found[0] if found else ""


def _fields(record: type[ModelLayout | InstanceRange]) -> Sequence[str]:
    return record.__slots__


def _arguments(version: ModelVersion) -> tuple[Any, ...]:
    digests = (version.circuit_digest, version.model_digest, version.adapter_code_hash, version.key_digest)
    circuit, model, adapter_code, key = (bytes.fromhex(text[2:]) for text in digests)
    params = bytes.fromhex(version.params_digest[2:])
    layout = astuple(version.layout)
    return (circuit, model, version.adapter, adapter_code, key, params, layout, version.dev_srs, version.name)
