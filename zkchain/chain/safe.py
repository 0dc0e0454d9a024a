"""Transactions for a Safe's owners to sign elsewhere: what Safe's Transaction Builder reads, and EIP-712 hashes.

Nothing is signed or sent here. For Safes of 1.3.0 and later: their EIP-712 domain holds the chain id, so that what is
signed for one chain is worth nothing on another.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode

from ..errors import SafeUnfit
from ..record import Record
from ..values import ZERO_ADDRESS, Address, Digest, keccak_of
from .abi import decoded
from .client import Chain

_VERSION, _NONCE = bytes.fromhex("ffa1ad74"), bytes.fromhex("affed0e0")
_OLDEST = (1, 3, 0)
_DOMAIN = "EIP712Domain(uint256 chainId,address verifyingContract)"
_SAFE_TX = (
    "SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,uint256 gasPrice,"
    "address gasToken,address refundReceiver,uint256 nonce)"
)
#: Fields of a call without a refund, as `getTransactionHash` takes them between the data and the nonce.
_PLAIN = (0, 0, 0, 0, ZERO_ADDRESS, ZERO_ADDRESS)
#: The version of the format, and of the application whose files look like ours.
_FORMAT, _BUILDER = "1.0", "1.18.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Safe(Record):
    """A Safe as it is on its chain. `nonce` is that of the next transaction that it executes."""

    address: Address
    version: str
    nonce: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeCall(Record):
    """A call for a Safe to make. The hash is what owners sign when it is a transaction by itself, of this nonce."""

    what: str
    to: Address
    data: str
    gas: int
    nonce: int
    safe_tx_hash: Digest


def read_safe(chain: Chain, account: Address) -> Safe:
    """The Safe at this address. Raises SafeUnfit where there is none of 1.3.0 or later, ConnectionFailed, RpcError."""
    where = f"{account} on network {chain.network.name!r}"
    version, nonce = (_asked(chain, account, kind, data) for kind, data in (("string", _VERSION), ("uint256", _NONCE)))
    found = re.match(r"(\d{1,4})\.(\d{1,4})\.(\d{1,4})", version) if isinstance(version, str) else None
    if found is None or nonce is None:
        raise SafeUnfit(f"there is no Safe at {where}", address=account)
    if tuple(int(part) for part in found.groups()) < _OLDEST:
        raise SafeUnfit(
            f"the Safe at {where} is of version {version}; 1.3.0 is the oldest that will do", address=account
        )
    return Safe(address=account, version=version, nonce=nonce)


def safe_call(chain: Chain, safe: Safe, *, what: str, to: Address, data: bytes, gas: int, after: int = 0) -> SafeCall:
    """The call that the Safe makes when it has made `after` others first.

    Raises SafeUnfit when the Safe itself computes another hash of it: then it is not the Safe that it says it is.
    """
    nonce = safe.nonce + after
    expected = safe_tx_hash(chain.network.chain_id, safe.address, to, data, nonce)
    types = ["address", "uint256", "bytes", "uint8", *["uint256"] * 3, "address", "address", "uint256"]
    selector = bytes.fromhex(keccak_of(f"getTransactionHash({','.join(types)})".encode())[2:10])
    asked = selector + encode(types, [to, 0, data, *_PLAIN, nonce])
    found = _asked(chain, safe.address, "bytes32", asked)
    if not isinstance(found, bytes) or f"0x{found.hex()}" != expected:
        raise SafeUnfit(f"{safe.address} does not hash transactions as a Safe does", address=safe.address)
    return SafeCall(what=what, to=to, data=f"0x{data.hex()}", gas=gas, nonce=nonce, safe_tx_hash=expected)


def safe_tx_hash(chain_id: int, safe: Address, to: Address, data: bytes, nonce: int) -> Digest:
    """What the owners of a Safe sign for a call without value and without a refund (EIP-712)."""
    domain = encode(["bytes32", "uint256", "address"], [_hashed(_DOMAIN.encode()), chain_id, safe])
    words = ["bytes32", "address", "uint256", "bytes32", "uint8", *["uint256"] * 3, "address", "address", "uint256"]
    fields = encode(words, [_hashed(_SAFE_TX.encode()), to, 0, _hashed(data), *_PLAIN, nonce])
    return keccak_of(b"\x19\x01" + _hashed(domain) + _hashed(fields))


def builder_file(
    chain_id: int, safe: Address, calls: Sequence[SafeCall], *, name: str, description: str, created_ms: int
) -> dict[str, Any]:
    """A batch as Safe's Transaction Builder loads it, its checksum included."""
    transactions = [
        {"to": call.to, "value": "0", "data": call.data, "contractMethod": None, "contractInputsValues": None}
        for call in calls
    ]
    meta = {
        "name": name,
        "description": description,
        "txBuilderVersion": _BUILDER,
        "createdFromSafeAddress": safe,
        "createdFromOwnerAddress": "",
    }
    batch = {
        "version": _FORMAT,
        "chainId": str(chain_id),
        "createdAt": created_ms,
        "meta": meta,
        "transactions": transactions,
    }
    return {**batch, "meta": {**meta, "checksum": checksum(batch)}}


def checksum(batch: Mapping[str, Any]) -> Digest:
    """The builder's checksum of a batch: keccak256 of its values in the order of their keys, the name left out."""
    meta = {key: value for key, value in batch["meta"].items() if key != "checksum"}
    return keccak_of(_serialized({**batch, "meta": {**meta, "name": None}}).encode())


def _serialized(value: Any) -> str:
    if isinstance(value, list):
        return f"[{','.join(_serialized(item) for item in value)}]"
    if isinstance(value, dict):
        keys = sorted(value)
        return f"{{{_json(keys)}{''.join(f'{_serialized(value[key])},' for key in keys)}}}"
    return _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _hashed(data: bytes) -> bytes:
    return bytes.fromhex(keccak_of(data)[2:])


def _asked(chain: Chain, account: Address, kind: str, data: bytes) -> Any:
    """What a view function answers; None when that is no answer."""
    result = chain.call(account, data)
    try:
        return decoded([kind], result.data)[0] if result.success else None
    except ValueError:
        return None
