"""From revert data to an error a caller can act on."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from ..errors import AlreadyRecorded, BindingRefused, ProofRejected, TransactionReverted
from .abi import Abi, decode_error, decoded, selector_of

#: Custom errors with a meaning of their own. All others become TransactionReverted, by name.
_KNOWN: Mapping[str, tuple[type[TransactionReverted], str]] = {
    "AlreadyRecorded": (AlreadyRecorded, "the same statement was accepted before"),
    "BindingMismatch": (BindingRefused, "the proof was made for another chain, gateway, model, account or time"),
    "WrongAccount": (BindingRefused, "the proof is bound to another account"),
    "DeadlinePassed": (BindingRefused, "the proof's binding has run out"),
    "AmbiguousBinding": (BindingRefused, "a binding names exactly one of account and request"),
    "UnexpectedBinding": (BindingRefused, "the model's proofs carry no binding, but one was given"),
    "InvalidProof": (ProofRejected, "the verifier says the proof does not hold"),
    "ProofRejected": (ProofRejected, "the verifier says the proof does not hold"),
}

#: What to do about custom errors of the training ledger that anybody can come by who has done nothing wrong.
_REMEDIES: Mapping[str, Callable[[tuple[Any, ...]], str]] = {
    "TooEarly": lambda arguments: f"run the command again when that time is over, after {_moment(arguments)}",
    "RootTaken": lambda _: "commit to the data anew, with other salt: zkchain train register DATA --as NAME",
}

_ERROR_STRING = bytes.fromhex("08c379a0")
_PANIC = bytes.fromhex("4e487b71")
_SHOWN_BYTES = 36
_SHOWN_LETTERS = 200
#: Numbers as large as this are ids, shown as everywhere else.
_IDS_FROM = 2**128


def revert_error(data: bytes, abis: Sequence[Abi], *, what: str = "the transaction") -> TransactionReverted:
    """The error that says why `what` was refused, with the revert's name and arguments as facts."""
    known = error_table().get(data[:4])
    for abi in (*abis, () if known is None else (known,)):
        found = decode_error(abi, data)
        if found is not None:
            return _named(found[0], found[1], what)
    return TransactionReverted(f"{what} reverted: {_plain_reason(data)}", data=_short(data))


@cache
def error_table() -> Mapping[bytes, Mapping[str, Any]]:
    """Custom errors of our contracts and of OpenZeppelin by selector, for when no ABI is at hand."""
    text = files(__package__).joinpath("custom_errors.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    table = {}
    for line in lines:
        name, _, types = line.removesuffix(")").partition("(")
        inputs = [{"type": kind} for kind in types.split(",") if kind]
        entry: Mapping[str, Any] = {"type": "error", "name": name, "inputs": inputs}
        table[selector_of(entry)] = entry
    return table


def _named(name: str, arguments: tuple[Any, ...], what: str) -> TransactionReverted:
    kind, meaning = _KNOWN.get(name, (TransactionReverted, ""))
    shown = tuple(_shown(item) for item in arguments)
    call = f"{name}({', '.join(str(item) for item in shown)})"
    said = f"{what} was refused with {call}" + (f": {meaning}" if meaning else "")
    remedy = _REMEDIES[name](shown) if name in _REMEDIES else None
    return kind(said, remedy=remedy, error=name, arguments=shown)


def _moment(arguments: tuple[Any, ...]) -> str:
    """The second that an error names, for people; a contract can say anything."""
    try:
        return f"{datetime.fromtimestamp(arguments[0], UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (IndexError, TypeError, ValueError, OverflowError, OSError):
        return "the second that it names"


def _shown(value: Any) -> Any:
    if isinstance(value, bytes):
        return _short(value)
    if isinstance(value, int) and value >= _IDS_FROM:
        return f"0x{value:064x}"
    return _printable(value) if isinstance(value, str) else value


def _printable(text: str) -> str:
    """A contract can say anything: no control characters, and not for pages."""
    return "".join(char if char.isprintable() else "?" for char in text[:_SHOWN_LETTERS])


def _plain_reason(data: bytes) -> str:
    if not data:
        return "the contract gave no reason"
    try:
        if data[:4] == _ERROR_STRING:
            return _printable(decoded(["string"], data[4:])[0])
        if data[:4] == _PANIC:
            return f"Panic({decoded(['uint256'], data[4:])[0]:#x})"
    except ValueError:
        pass
    return f"unknown error {_short(data)}"


def _short(data: bytes) -> str:
    text = "0x" + data[:_SHOWN_BYTES].hex()
    return text if len(data) <= _SHOWN_BYTES else f"{text}… ({len(data)} bytes)"
