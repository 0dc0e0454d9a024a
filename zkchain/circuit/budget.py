"""What a circuit will cost on this machine and on a chain, checked against limits before any key is made."""

import json
import os
import platform
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from ..errors import CircuitTooLarge, EngineRefused
from ..files import write_json
from ..halo2 import ENGINE_VERSION, Prover
from ..progress import Report, silent
from ..record import Record
from . import bundle as store
from .cost import Cost, predict
from .shape import least_logrows, shape_of
from .srs import obtain_srs

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
#: Where a machine's speed is kept, and what is proved to measure it: about three seconds on the reference.
_SPEED_FILE = "speed.json"
_YARDSTICK_LOGROWS, _YARDSTICK_INPUTS, _YARDSTICK_LAPS = 10, 30, 2
_YARDSTICK = {
    "decomp_base": 128,
    "decomp_legs": 4,
    "num_inner_cols": 1,
    "input_scale": 7,
    "param_scale": 7,
    "input_visibility": "private",
}
#: Other sizes that are tried when one does not fit, and other numbers of inner columns.
_MORE_LOGROWS, _OTHER_INNER = 4, (1, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget(Cost):
    """A cost with what follows from it. Gas is of the circuit's own verifier, called directly."""

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
        calldata_bytes=calldata,
        deploy_gas=deploy + _CODE_BYTE * code,
        disk_bytes=cost.proving_key_bytes + cost.verifying_key_bytes + _SRS_HEAD + _SRS_ROW * shape.rows,
        glamsterdam_verify_gas=max(cost.verify_gas, _TRANSACTION + _NEXT_FLOOR_BYTE * calldata),
        glamsterdam_deploy_gas=max(deploy, _TRANSACTION + _NEXT_FLOOR_BYTE * creation),
        glamsterdam_deploy_state_gas=_NEXT_CODE_BYTE * code,
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
    remedy = None if fitting is None else "try " + " and ".join(f"{key}={value}" for key, value in fitting.items())
    raise CircuitTooLarge(f"{said}", remedy=remedy, over=name, found=found, allowed=allowed)


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


def machine_speed(home: Path, prover: Prover, report: Report = silent) -> float:
    """How many times faster than the reference this machine proves, by one small circuit; kept in `home`.

    Measured anew when processor or engine are others. Raises EngineError when nothing can be proved here.
    """
    path = home / _SPEED_FILE
    machine = {"processor": _processor(), "cores": os.cpu_count(), "engine": ENGINE_VERSION}
    with suppress(OSError, ValueError, KeyError, TypeError):
        known = json.loads(path.read_text(encoding="utf-8"))
        if known["machine"] == machine and known["speed"] > 0:
            return float(known["speed"])
    report("measuring the speed of this machine")
    speed = _measured_speed(home, prover)
    with suppress(OSError):
        write_json(path, {"machine": machine, "speed": speed})
    return speed


def _measured_speed(home: Path, prover: Prover) -> float:
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=".speed-") as name:
        folder = Path(name)
        model = folder / store.MODEL
        model.write_bytes(_yardstick())
        (laid,) = prover.survey(model, [_YARDSTICK], [], 1.0)
        if laid.refusal:
            raise EngineRefused(f"the circuit that measures speed was refused: {laid.refusal}", operation="survey")
        settings = {**laid.settings, "run_args": {**laid.settings["run_args"], "logrows": _YARDSTICK_LOGROWS}}
        files = replace(store.circuit_files(folder), srs=obtain_srs(_YARDSTICK_LOGROWS, home, prover)[0])
        write_json(files.settings, settings)
        inputs = [[index / _YARDSTICK_INPUTS for index in range(_YARDSTICK_INPUTS)]]
        # The lesser of several: whatever else the machine does only ever adds.
        setup = min(prover.build(model, files) for _ in range(_YARDSTICK_LAPS))
        prove = min(prover.prove(files, inputs, lambda _: None).prove_seconds for _ in range(_YARDSTICK_LAPS))
    expected = predict(settings)
    return (expected.setup_seconds + expected.prove_seconds) / max(setup + prove, 1e-6)


def _yardstick() -> bytes:
    """A dense layer with the same weights everywhere."""
    weights = np.linspace(-0.5, 0.5, _YARDSTICK_INPUTS * 8, dtype=np.float32).reshape(_YARDSTICK_INPUTS, 8)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["m"]), helper.make_node("Relu", ["m"], ["y"])],
        "yardstick",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, _YARDSTICK_INPUTS])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 8])],
        [numpy_helper.from_array(weights, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    return bytes(model.SerializeToString())


def _processor() -> str:
    with suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return platform.processor() or platform.machine()
