"""Sign without having the key: a program of the user's, in front of an HSM, a KMS or another wallet.

It is started once a request, with one JSON object on stdin, and answers with one on stdout:

    {"zkchain_signer": 1, "method": "address"}                     → {"address": "0x…"}
    {"zkchain_signer": 1, "method": "sign", "transaction": {…}}    → {"raw": "0x…"}
    {"zkchain_signer": 1, "method": "sign_typed", "typed_data": {…}} → {"signature": "0x…"}

The transaction has the fields of eth_signTransaction, quantities in hex; `raw` is the signed transaction as
eth_sendRawTransaction takes it. Typed data is as eth_signTypedData_v4 takes it (EIP-712). What comes back is compared
with what was asked for, field by field.
"""

import json
import shlex
import subprocess
from collections.abc import Mapping
from typing import Any

import rlp
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from hexbytes import HexBytes

from ..errors import SignerMissing, TransactionError
from ..files import parse_json
from ..values import Address, address, keccak_of
from .signer import SignedTx, refuse_dev_key

PROTOCOL = 1
#: A person may have to press a button.
_SECONDS = 300.0
_FIELDS = ("chainId", "nonce", "gas", "maxFeePerGas", "maxPriorityFeePerGas", "value")
#: Type of transactions with a base fee and a tip (EIP-1559).
_DYNAMIC_FEE = 2
_LEGACY = ("nonce", "gasPrice", "gas", "to", "value", "data")


class ExternalSigner:
    """A program that signs. Raises SignerMissing when it fails or makes no sense; its arguments are not shown."""

    __slots__ = ("_words", "address")

    def __init__(self, command: str) -> None:
        try:
            self._words = shlex.split(command)
        except ValueError:
            self._words = []
        if not self._words:
            raise SignerMissing("the signer's command is not one: its quotes do not match")
        try:
            self.address: Address = address(str(self._ask({"method": "address"}).get("address")).lower())
        except ValueError:
            raise SignerMissing(f"{self!r} did not answer with an address") from None

    def __repr__(self) -> str:
        return f"ExternalSigner({self._words[0].rpartition('/')[2]})"

    def sign(self, tx: Mapping[str, Any]) -> SignedTx:
        """Have `tx` signed. Raises DevKeyRefused, SignerMissing, and TransactionError when something else came back."""
        refuse_dev_key(self.address, int(tx["chainId"]))
        fields = {name: hex(value) if isinstance(value, int) else value for name, value in tx.items()}
        answer = self._ask({"method": "sign", "transaction": {**fields, "from": self.address}})
        try:
            raw = bytes.fromhex(str(answer["raw"]).removeprefix("0x"))
            same = _same(raw, tx)
        except Exception:  # noqa: BLE001 - a transaction from outside can be wrong in any way
            same = False
        if not same:
            raise TransactionError(
                f"{self!r} signed something else than it was asked to; nothing was sent",
                remedy="check the signer of this network",
            )
        return SignedTx(raw, keccak_of(raw))

    def sign_typed(self, typed: Mapping[str, Any]) -> bytes:
        """Have typed data signed; whose signature it is, the caller checks. Raises DevKeyRefused and SignerMissing."""
        refuse_dev_key(self.address, int(typed["domain"]["chainId"]))
        answer = self._ask({"method": "sign_typed", "typed_data": typed})
        try:
            return bytes.fromhex(str(answer["signature"]).removeprefix("0x"))
        except (KeyError, ValueError):
            raise SignerMissing(f"{self!r} did not answer with a signature") from None

    def _ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        try:
            done = subprocess.run(
                self._words,
                input=json.dumps({"zkchain_signer": PROTOCOL, **request}).encode(),
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SignerMissing(f"{self!r} failed: {type(error).__name__}") from None
        try:
            answer = parse_json(done.stdout)
        except ValueError:
            answer = None
        if done.returncode != 0 or not isinstance(answer, dict):
            raise SignerMissing(f"{self!r} ended with status {done.returncode} and no answer that can be read")
        return answer


def _same(raw: bytes, tx: Mapping[str, Any]) -> bool:
    """Whether a signed transaction is the one that was to be signed."""
    data = bytes.fromhex(tx["data"][2:])
    if raw[0] > 0x7F:  # a list: a transaction of the old kind
        found = dict(zip((*_LEGACY, "v", "r", "s"), rlp.decode(raw), strict=True))
        numbers = all(int.from_bytes(found[name], "big") == tx[name] for name in ("nonce", "gasPrice", "gas", "value"))
        chain = (int.from_bytes(found["v"], "big") - 35) // 2
        return numbers and chain == tx["chainId"] and found["data"] == data and _to(found["to"]) == _to_of(tx)
    if raw[0] != _DYNAMIC_FEE:  # other types can do more than what was asked for, such as hand over the account
        return False
    fields = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
    return (
        all(fields[name] == tx[name] for name in _FIELDS)
        and bytes(fields["data"]) == data
        and _to(bytes(fields["to"])) == _to_of(tx)
        and not fields.get("accessList")
    )


def _to(found: bytes) -> str:
    return found.hex()


def _to_of(tx: Mapping[str, Any]) -> str:
    return str(tx.get("to", "")).removeprefix("0x").lower()
