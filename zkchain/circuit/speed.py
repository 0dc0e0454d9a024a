"""How fast this machine proves, beside the one on which the costs were fitted."""

import os
import platform
import tempfile
from contextlib import suppress
from dataclasses import replace
from math import isfinite
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from ..errors import EngineError, EngineRefused
from ..files import parse_json, write_json
from ..halo2 import ENGINE_VERSION, Prover
from ..progress import Report, silent
from . import bundle as store
from .cost import predict
from .srs import obtain_srs

#: Where a machine's speed is kept, and what is proved to measure it: two seconds, most of them for starting processes.
_SPEED_FILE = "speed.json"
_YARDSTICK_LOGROWS, _YARDSTICK_INPUTS = 10, 30
_YARDSTICK = {
    "decomp_base": 128,
    "decomp_legs": 4,
    "num_inner_cols": 1,
    "input_scale": 7,
    "param_scale": 7,
    "input_visibility": "private",
}


def machine_speed(home: Path, prover: Prover, report: Report = silent) -> float:
    """How many times faster than the reference this machine proves, by one small circuit; kept in `home`.

    Measured anew when processor or engine are others; 1, and not kept, when nothing can be proved here.
    """
    known = known_speed(home)
    if known is not None:
        return known
    report("measuring the speed of this machine")
    try:
        speed = _measured_speed(home, prover)
    except EngineError as error:
        report(f"the speed of this machine is not known: {error.message}")
        return 1.0
    with suppress(OSError):
        write_json(home / _SPEED_FILE, {"machine": _machine(), "speed": speed})
    return speed


def known_speed(home: Path) -> float | None:
    """The speed kept in `home`; None when there is none for this machine and engine."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        known = parse_json((home / _SPEED_FILE).read_bytes())
        if known["machine"] == _machine() and isfinite(known["speed"]) and known["speed"] > 0:
            return float(known["speed"])
    return None


def _machine() -> dict[str, object]:
    return {"processor": _processor(), "cores": os.cpu_count(), "engine": ENGINE_VERSION}


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
        setup = prover.build(model, files)
        prove = prover.prove(files, inputs, lambda _: None).prove_seconds
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
