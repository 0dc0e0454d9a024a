"""Blocks, transactions, receipts and logs of the embedded chain as JSON-RPC shows them."""

from collections.abc import Mapping, Sequence
from typing import Any

from eth_utils.address import to_checksum_address

from .devnet_types import Included

#: Names that are not simply the snake-case name in camel case.
_NAMES = {"coinbase": "miner", "sha3_uncles": "sha3Uncles"}
_BLOOM_BYTES = 256
_ADDRESSES = frozenset({"from", "to", "address", "contract_address", "coinbase"})


def block_json(block: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A block with transaction hashes or whole transactions; None stays None."""
    if block is None:
        return None
    plain = {key: value for key, value in block.items() if key not in ("transactions", "logs_bloom")}
    transactions = [
        transaction_json(item) if isinstance(item, Mapping) else _hex(item) for item in block["transactions"]
    ]
    return {**_fields(plain), "logsBloom": _bloom(block["logs_bloom"]), "transactions": transactions}


def transaction_json(transaction: Mapping[str, Any]) -> dict[str, Any]:
    """A mined transaction."""
    plain = dict(transaction)
    plain["input"] = plain.pop("data")
    return _fields(plain)


def receipt_json(item: Included) -> dict[str, Any]:
    """The receipt of a mined transaction."""
    plain = {key: value for key, value in item.receipt.items() if key not in ("logs", "state_root")}
    return {**_fields(plain), "logsBloom": _bloom(item.bloom), "logs": logs_json(item)}


def logs_json(item: Included) -> list[dict[str, Any]]:
    """The logs of a mined transaction."""
    return [
        {**_fields({key: value for key, value in log.items() if key != "type"}), "removed": False}
        for log in item.receipt["logs"]
    ]


def log_matches(log: Mapping[str, Any], query: Mapping[str, Any]) -> bool:
    """Whether a log fits the `address` and `topics` of an eth_getLogs filter. Raises TypeError on a bad filter."""
    wanted = query.get("address")
    if wanted and log["address"].lower() not in {text.lower() for text in _some(wanted)}:
        return False
    topics = query.get("topics") or []
    if len(topics) > len(log["topics"]):
        return False
    pairs = zip(topics, log["topics"], strict=False)
    return all(wish is None or topic in {text.lower() for text in _some(wish)} for wish, topic in pairs)


def _some(value: Any) -> Sequence[str]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise TypeError("a filter holds hex strings or lists of them")
    return texts


def _fields(values: Mapping[str, Any]) -> dict[str, Any]:
    return {_name(key): _value(key, value) for key, value in values.items()}


def _name(key: str) -> str:
    head, *rest = key.split("_")
    return _NAMES.get(key) or head + "".join(word.capitalize() for word in rest)


def _value(key: str, value: Any) -> Any:
    if key in _ADDRESSES:
        return to_checksum_address(value) if value else None
    return _hex(value)


def _hex(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return hex(value)
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Mapping):
        return _fields(value)
    return [_hex(item) for item in value]


def _bloom(value: int) -> str:
    return "0x" + value.to_bytes(_BLOOM_BYTES, "big").hex()
