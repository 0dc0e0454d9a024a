"""What a circuit will cost on this machine and on a chain, checked against limits before any key is made."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from math import ceil
from typing import Any

from ..errors import CircuitTooLarge
from ..record import Record
from .cost import Cost, predict
from .shape import least_logrows, shape_of

#: Gas of any transaction, of one that creates a contract, of a byte of code that stays, and of a byte of calldata
#: that is not zero (Yellow Paper, EIP-2028); nearly all bytes of a proof and of a verifier's code are not.
_TRANSACTION, _CREATION, _CODE_BYTE, _DATA_BYTE = 21_000, 32_000, 200, 16
#: Gas of a word of creation code (EIP-3860), and bytes of creation code besides the runtime code.
_CREATION_WORD, _CREATION_BYTES = 2, 28
#: Least gas for a byte of calldata that is not zero, whatever is executed (EIP-7623).
_FLOOR_BYTE = 40
#: Scheduled for Glamsterdam: least gas for every byte of calldata (EIP-7976), and state gas for a byte of code, which
#: is metered apart (EIP-8037, not final).
_NEXT_FLOOR_BYTE, _NEXT_CODE_BYTE = 64, 1_530
#: Selector, two heads and two lengths of `verifyProof(bytes,uint256[])`, and bytes of an instance.
_CALL_HEAD, _WORD = 4 + 4 * 32, 32
#: Bytes of an SRS besides its points, and of its points for each row.
_SRS_HEAD, _SRS_ROW = 260, 128
#: Other sizes that are tried when one does not fit, and other numbers of inner columns.
_MORE_LOGROWS, _OTHER_INNER = 4, (1, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget(Cost):
    """A cost with what follows from it. Gas is of the circuit's own verifier, called directly."""

    logrows: int
    rows: int
    calldata_bytes: int  #: of a call to verify
    deploy_gas: int
    disk_bytes: int  #: of both keys and the SRS
    glamsterdam_verify_gas: int  #: execution gas under the prices scheduled for that fork
    glamsterdam_deploy_gas: int  #: likewise, without the code's state gas
    glamsterdam_deploy_state_gas: int  #: metered apart from the gas that a transaction's limit bounds

    def needs_shared_verifier(self, limits: "Limits") -> bool:
        """True when the circuit's own verifier is too large to deploy, so that the shared one must serve."""
        return self.verifier_code_bytes > limits.code_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits(Record):
    """What a circuit may cost. None: no limit. The defaults are those of Ethereum and of its public nodes."""

    memory_bytes: int | None = None
    disk_bytes: int | None = None
    transaction_gas: int | None = 16_777_216  #: EIP-7825
    calldata_bytes: int | None = 131_072  #: a larger transaction is not passed on
    code_bytes: int = 24_576  #: EIP-170; a larger verifier is no refusal, for the shared one takes its place


#: For circuits that go nowhere.
UNLIMITED = Limits(transaction_gas=None, calldata_bytes=None)


def budget_of(settings: Mapping[str, Any], *, speed: float = 1.0) -> Budget:
    """The budget of the circuit that ezkl would lay out for `settings`, on a machine `speed` times the reference."""
    cost = predict(settings, speed=speed)
    shape = shape_of(settings)
    calldata = _CALL_HEAD + cost.proof_bytes + _WORD * shape.instances
    code = cost.verifier_code_bytes
    creation = code + _CREATION_BYTES
    deploy = _TRANSACTION + _CREATION + _DATA_BYTE * creation + _CREATION_WORD * ceil(creation / 32)
    known = {field.name: getattr(cost, field.name) for field in fields(cost)}
    known["verify_gas"] = max(cost.verify_gas, _TRANSACTION + _FLOOR_BYTE * calldata)
    return Budget(
        **known,
        logrows=shape.logrows,
        rows=shape.assignments,
        calldata_bytes=calldata,
        deploy_gas=deploy + _CODE_BYTE * code,
        disk_bytes=cost.proving_key_bytes + cost.verifying_key_bytes + _SRS_HEAD + _SRS_ROW * shape.rows,
        glamsterdam_verify_gas=max(cost.verify_gas, _TRANSACTION + _NEXT_FLOOR_BYTE * calldata),
        glamsterdam_deploy_gas=max(deploy, _TRANSACTION + _NEXT_FLOOR_BYTE * creation),
        glamsterdam_deploy_state_gas=_NEXT_CODE_BYTE * code,
    )


def in_words(budget: Budget) -> str:
    """One line for people."""
    return (
        f"{budget.proving_key_bytes / 1e6:,.1f} MB of proving key, {budget.peak_rss_bytes / 1e6:,.0f} MB of memory and "
        f"{budget.prove_seconds:,.2g} s for a proof, {budget.verify_gas:,} gas to verify it "
        f"({budget.glamsterdam_verify_gas:,} from Glamsterdam on)"
    )


def check_budget(budget: Budget, limits: Limits, settings: Mapping[str, Any] | None = None) -> None:
    """Refuse a circuit that costs more than `limits` allow; the remedy names the nearest of `settings` that fits.

    Raises CircuitTooLarge, whose facts are what is over its limit (`over`), what was `found` and what is `allowed`.
    """
    over = _excesses(budget, limits)
    if not over:
        return
    name, found, allowed = over[0]
    said = "; ".join(
        f"{_WORDS[name]} {found:,} {_UNITS[name]}, allowed are {allowed:,}" for name, found, allowed in over
    )
    fitting = None if settings is None else nearest_fit(settings, limits)
    raise CircuitTooLarge(said, remedy=_remedy(fitting), over=name, found=found, allowed=allowed, fitting=fitting)


def _remedy(fitting: Mapping[str, int] | None) -> str:
    if fitting is None:
        return "no layout of this circuit fits: allow more error with --max-error, or use a smaller model"
    pins = " and ".join(f"{name} {value}" for name, value in fitting.items())
    return f"the same circuit is predicted to fit with {pins} in a file for --settings; or allow more --max-error"


def nearest_fit(settings: Mapping[str, Any], limits: Limits) -> dict[str, int] | None:
    """The smallest change of run arguments after which the same circuit is predicted to fit; None when none does."""
    for change in _changes(settings):
        changed = {**settings, "run_args": {**settings["run_args"], **change}}
        if not _excesses(budget_of(changed), limits):
            return change
    return None


#: How each limited quantity is said, and its unit.
_WORDS = {
    "memory_bytes": "proving needs",
    "disk_bytes": "the keys and the SRS take",
    "transaction_gas": "a verification costs",
    "calldata_bytes": "a verification sends",
}
_UNITS = {
    "memory_bytes": "bytes of memory",
    "disk_bytes": "bytes of disk",
    "transaction_gas": "gas",
    "calldata_bytes": "bytes of calldata",
}


def _excesses(budget: Budget, limits: Limits) -> list[tuple[str, int, int]]:
    """What is over its limit: its name, what was found, what is allowed."""
    found = {
        "memory_bytes": (budget.peak_rss_bytes, limits.memory_bytes),
        "disk_bytes": (budget.disk_bytes, limits.disk_bytes),
        "transaction_gas": (budget.verify_gas, limits.transaction_gas),
        "calldata_bytes": (budget.calldata_bytes, limits.calldata_bytes),
    }
    return [(name, cost, most) for name, (cost, most) in found.items() if most is not None and cost > most]


def _changes(settings: Mapping[str, Any]) -> Iterator[dict[str, int]]:
    """Other sizes, the nearest first, with as many inner columns and then with others. Assignments hardly differ."""
    logrows, inner = int(settings["run_args"]["logrows"]), int(settings["run_args"]["num_inner_cols"])
    least = least_logrows(settings)
    sizes = [logrows + step * sign for step in range(1, _MORE_LOGROWS + 1) for sign in (-1, 1)]
    for columns in (inner, *(other for other in _OTHER_INNER if other != inner)):
        for size in sizes if columns == inner else (logrows, *sizes):
            if size >= least:
                yield {"logrows": size} if columns == inner else {"logrows": size, "num_inner_cols": columns}
