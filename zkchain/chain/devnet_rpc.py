"""JSON-RPC over the embedded chain: parsing, the method table, and answers as nodes give them."""

import json
import sys
import traceback
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

from eth_utils.crypto import keccak

from ..files import parse_json
from .dev_accounts import DEV_ADDRESSES
from .devnet_format import block_json, log_matches, logs_json, receipt_json, transaction_json
from .devnet_types import CallRequest, ExecutionFailed, Refused
from .embedded import CHAIN_ID, EmbeddedChain

_BATCH_LIMIT = 1000
_PARSE_ERROR, _INVALID_REQUEST, _NO_METHOD, _BAD_PARAMS, _SERVER_ERROR = -32700, -32600, -32601, -32602, -32000
_INTERNAL = -32603
#: What geth and anvil use when the EVM reverted and there is data to show.
_REVERTED = 3
_ZERO = "0x" + "00" * 20


class RpcFailure(Exception):
    """An error answer."""

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data


def answer(chain: EmbeddedChain, body: bytes) -> bytes:
    """The answer to one request body, single or batch; empty when there were only notifications."""
    try:
        request = parse_json(body)
    except ValueError:
        return _encode(_error(None, RpcFailure(_PARSE_ERROR, "parse error")))
    if not isinstance(request, list):
        single = _answer_one(chain, request)
        return b"" if single is None else _encode(single)
    if not 0 < len(request) <= _BATCH_LIMIT:
        return _encode(_error(None, RpcFailure(_INVALID_REQUEST, f"a batch holds 1 to {_BATCH_LIMIT} requests")))
    answers = [one for one in (_answer_one(chain, item) for item in request) if one is not None]
    return _encode(answers) if answers else b""


def _answer_one(chain: EmbeddedChain, request: Any) -> dict[str, Any] | None:
    if not isinstance(request, dict) or not isinstance(request.get("method"), str):
        return _error(None, RpcFailure(_INVALID_REQUEST, "invalid request"))
    identity = request.get("id")
    try:
        result = _dispatch(chain, request["method"], request.get("params", []))
    except RpcFailure as failure:
        return _error(identity, failure)
    return {"jsonrpc": "2.0", "id": identity, "result": result} if "id" in request else None


def _dispatch(chain: EmbeddedChain, method: str, params: Any) -> Any:
    function = METHODS.get(method)
    if function is None:
        raise RpcFailure(_NO_METHOD, f"the method {method[:80]!r} does not exist or is not available")
    if not isinstance(params, list):
        raise RpcFailure(_BAD_PARAMS, "params must be a list")
    try:
        return function(chain, *params)
    except RpcFailure:
        raise
    except ExecutionFailed as failure:
        if failure.data is None:
            raise RpcFailure(_SERVER_ERROR, str(failure)) from None
        raise RpcFailure(_REVERTED, str(failure), "0x" + failure.data.hex()) from None
    except Refused as refusal:
        raise RpcFailure(_SERVER_ERROR, str(refusal)) from None
    except (TypeError, ValueError, KeyError) as error:
        raise RpcFailure(_BAD_PARAMS, f"invalid params for {method}: {error}") from None
    except Exception as error:  # noqa: BLE001 - a fault in the EVM must cost one answer, not the connection
        traceback.print_exc(file=sys.stderr)
        raise RpcFailure(_INTERNAL, f"internal error in {method}: {type(error).__name__}") from None


def _error(identity: Any, failure: RpcFailure) -> dict[str, Any]:
    error: dict[str, Any] = {"code": failure.code, "message": failure.message}
    if failure.data is not None:
        error["data"] = failure.data
    return {"jsonrpc": "2.0", "id": identity, "error": error}


def _encode(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


# Parameters. Each raises ValueError or TypeError, which become "invalid params".


def _quantity(value: Any) -> int:
    if type(value) is int and value >= 0:
        return value
    if isinstance(value, str) and value.startswith("0x"):
        return int(value, 16)
    raise ValueError(f"{value!r} is not a quantity")


def _data(value: Any, *, size: int | None = None) -> bytes:
    if not isinstance(value, str) or not value.startswith("0x"):
        raise ValueError("data must be a string that begins with 0x")
    raw = bytes.fromhex(value[2:])
    if size is not None and len(raw) != size:
        raise ValueError(f"expected {size} bytes, found {len(raw)}")
    return raw


def _account(value: Any) -> bytes:
    return _data(value, size=20)


def _number(chain: EmbeddedChain, tag: Any) -> int:
    """A block tag, number or EIP-1898 object as the number of a block that exists."""
    if isinstance(tag, Mapping):
        if "blockHash" in tag:
            found = chain.block_number_of(_data(tag["blockHash"], size=32))
            if found is None:
                raise RpcFailure(_SERVER_ERROR, "header for hash not found")
            return found
        tag = tag["blockNumber"]
    if tag in ("latest", "pending", "safe", "finalized"):
        return chain.height
    number = 0 if tag == "earliest" else _quantity(tag)
    if number > chain.height:
        raise RpcFailure(_SERVER_ERROR, f"block {number} is beyond the head {chain.height}")
    return number


def _request(fields: Any) -> CallRequest:
    if not isinstance(fields, Mapping):
        raise TypeError("a transaction must be an object")
    if fields.get("chainId") is not None and _quantity(fields["chainId"]) != CHAIN_ID:
        raise Refused(f"chain id is {CHAIN_ID}, the transaction says {_quantity(fields['chainId'])}")
    if fields.get("accessList") or fields.get("authorizationList") or fields.get("blobVersionedHashes"):
        raise Refused("access lists, blobs and authorizations must come in a signed transaction")

    def number(*names: str) -> int | None:
        return next((_quantity(fields[name]) for name in names if fields.get(name) is not None), None)

    data = fields.get("input") if fields.get("input") is not None else fields.get("data")
    return CallRequest(
        sender=_account(fields.get("from") or _ZERO),
        to=_account(fields["to"]) if fields.get("to") else b"",
        data=_data(data) if data else b"",
        value=number("value") or 0,
        gas=number("gas", "gasLimit"),
        nonce=number("nonce"),
        max_fee=number("maxFeePerGas", "gasPrice"),
        priority_fee=number("maxPriorityFeePerGas", "gasPrice"),
    )


# Methods


def _call(chain: EmbeddedChain, fields: Any, tag: Any = "latest", overrides: Any = None) -> str:
    if overrides:
        raise Refused("state overrides are not supported")
    return "0x" + chain.call(_request(fields), _number(chain, tag)).hex()


def _estimate(chain: EmbeddedChain, fields: Any, tag: Any = "latest") -> str:
    return hex(chain.estimate(_request(fields), _number(chain, tag)))


def _block_by_number(chain: EmbeddedChain, tag: Any, full: bool = False) -> Any:
    number = chain.height if tag == "pending" else (_quantity(tag) if str(tag).startswith("0x") else None)
    return block_json(chain.block(_number(chain, tag) if number is None else number, full=bool(full)))


def _block_by_hash(chain: EmbeddedChain, block_hash: Any, full: bool = False) -> Any:
    number = chain.block_number_of(_data(block_hash, size=32))
    return None if number is None else block_json(chain.block(number, full=bool(full)))


def _transaction(chain: EmbeddedChain, tx_hash: Any) -> Any:
    item = chain.included(_data(tx_hash, size=32))
    return None if item is None else transaction_json(item.transaction)


def _receipt(chain: EmbeddedChain, tx_hash: Any) -> Any:
    item = chain.included(_data(tx_hash, size=32))
    return None if item is None else receipt_json(item)


def _logs(chain: EmbeddedChain, query: Any) -> list[dict[str, Any]]:
    if not isinstance(query, Mapping):
        raise TypeError("a filter must be an object")
    if query.get("blockHash") is not None:
        first = last = _number(chain, {"blockHash": query["blockHash"]})
    else:
        first = _block_limit(chain, query.get("fromBlock") or "latest")
        last = min(_block_limit(chain, query.get("toBlock") or "latest"), chain.height)
    found = (log for item in chain.included_between(first, last) for log in logs_json(item))
    return [log for log in found if log_matches(log, query)]


def _block_limit(chain: EmbeddedChain, tag: Any) -> int:
    """An end of a range, which may lie beyond the head."""
    return _quantity(tag) if isinstance(tag, (int, str)) and str(tag).startswith("0x") else _number(chain, tag)


def _fee_history(chain: EmbeddedChain, count: Any, newest: Any, percentiles: Any = None) -> dict[str, Any]:
    last = _number(chain, newest)
    first = max(0, last - min(_quantity(count), 1024) + 1)
    blocks = [block for number in range(first, last + 1) if (block := chain.block(number, full=False))]
    after = chain.block(last + 1, full=False)
    next_fee = chain.next_base_fee if after is None else int(after["base_fee_per_gas"])
    history: dict[str, Any] = {
        "oldestBlock": hex(first),
        "baseFeePerGas": [hex(block["base_fee_per_gas"]) for block in blocks] + [hex(next_fee)],
        "gasUsedRatio": [block["gas_used"] / block["gas_limit"] for block in blocks],
    }
    if percentiles:
        history["reward"] = [[hex(chain.priority_fee)] * len(percentiles) for _ in blocks]
    return history


def _mine(chain: EmbeddedChain, when: Any = None) -> str:
    timestamp = when.get("timestamp") if isinstance(when, Mapping) else when
    chain.mine(None if timestamp is None else _quantity(timestamp))
    return "0x0"


METHODS: dict[str, Callable[..., Any]] = {
    "web3_clientVersion": lambda chain: f"zkchain-devnet/py-evm-{version('py-evm')}",
    "web3_sha3": lambda chain, data: "0x" + keccak(_data(data)).hex(),
    "net_version": lambda chain: str(CHAIN_ID),
    "net_listening": lambda chain: True,
    "eth_chainId": lambda chain: hex(CHAIN_ID),
    "eth_syncing": lambda chain: False,
    "eth_accounts": lambda chain: list(DEV_ADDRESSES),
    "eth_blockNumber": lambda chain: hex(chain.height),
    "eth_gasPrice": lambda chain: hex(chain.next_base_fee + chain.priority_fee),
    "eth_maxPriorityFeePerGas": lambda chain: hex(chain.priority_fee),
    "eth_feeHistory": _fee_history,
    "eth_getBalance": lambda chain, who, tag="latest": hex(chain.balance(_account(who), _number(chain, tag))),
    "eth_getTransactionCount": lambda chain, who, tag="latest": hex(chain.nonce(_account(who), _number(chain, tag))),
    "eth_getCode": lambda chain, who, tag="latest": "0x" + chain.code(_account(who), _number(chain, tag)).hex(),
    "eth_getStorageAt": lambda chain, who, slot, tag="latest": (
        f"0x{chain.storage(_account(who), _quantity(slot), _number(chain, tag)):064x}"
    ),
    "eth_call": _call,
    "eth_estimateGas": _estimate,
    "eth_getBlockByNumber": _block_by_number,
    "eth_getBlockByHash": _block_by_hash,
    "eth_getTransactionByHash": _transaction,
    "eth_getTransactionReceipt": _receipt,
    "eth_getLogs": _logs,
    "eth_sendRawTransaction": lambda chain, raw: "0x" + chain.send_raw(_data(raw)).hex(),
    "eth_sendTransaction": lambda chain, fields: "0x" + chain.send(_request(fields)).hex(),
    "evm_snapshot": lambda chain: hex(chain.snapshot()),
    "evm_revert": lambda chain, number: chain.revert(_quantity(number)),
    "evm_mine": _mine,
    "evm_increaseTime": lambda chain, seconds: chain.increase_time(_quantity(seconds)),
}
