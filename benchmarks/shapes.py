"""Which shape the circuits of a federation are best in: columns of cells, digits of a decomposition, rows.

For one layout, each shape that could win is laid out, its keys are made, and step and server are proved about nothing
but zeros, which takes as long as anything else. ezkl's own choice of columns and digits is one of them.
"""

import json
import resource
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx

from zkchain.circuit.srs import obtain_srs
from zkchain.errors import CircuitUnfit
from zkchain.halo2 import Prover
from zkchain.halo2.engine import CircuitFiles
from zkchain.pipeline.choice import own_gas, shared_gas
from zkchain.pipeline.verifier import OwnVerifier, prepare_for
from zkchain.training.chaining import KEPT_ROWS, Role, lengths_of
from zkchain.training.circuits import LARGEST, SMALLEST, TrainingCircuit, prove_vectors, run_args
from zkchain.training.layout import Layout
from zkchain.training.methods import method_of
from zkchain.training.step import server_model
from zkchain.values import FieldElement, keccak_of

_PROOFS = 3
#: Inner columns, and base and number of a decomposition's digits: as few columns as rows allow at each size of table,
#: and what ezkl takes by default.
SHAPES = ((1, 2**13, 2), (2, 2**13, 2), (3, 2**13, 2), (3, 2**12, 3), (6, 2**12, 3), (2, 2**14, 2))


def shapes(layout: Layout, *, prover: Prover, home: Path) -> list[dict[str, Any]]:
    """For every shape its rows, and of step and server the seconds, bytes and gas of a proof."""
    folder = home / "shapes"
    folder.mkdir(parents=True)
    models: dict[Role, onnx.ModelProto] = {
        "step": method_of(layout.architecture).step(layout),
        "server": server_model(layout),
    }
    for role, model in models.items():
        onnx.save(model, str(folder / f"{role}.onnx"))
    found = []
    for columns, base, digits in SHAPES:
        shape = {"num_inner_cols": columns, "decomp_base": base, "decomp_legs": digits}
        settings = _settled(folder, layout, shape, prover)
        k = int(settings["step"]["run_args"]["logrows"])
        measured: dict[str, Any] = {
            str(role): _measured(folder, role, layout, settings[role], prover, home) for role in models
        }
        row: dict[str, Any] = {**shape, "logrows": k, "rows": settings["step"]["num_rows"], **measured}
        print(row, flush=True)
        found.append(row)
    return found


def _settled(folder: Path, layout: Layout, shape: dict[str, int], prover: Prover) -> dict[Role, dict[str, Any]]:
    """Settings of step and server at the fewest rows that hold the step."""
    roles: tuple[Role, ...] = ("step", "server")
    for k in range(SMALLEST, LARGEST + 1):
        if shape["decomp_base"] > 2**k - KEPT_ROWS:
            continue
        settings: dict[Role, dict[str, Any]] = {
            role: prover.make_settings(folder / f"{role}.onnx", run_args(layout, role, k) | shape, None, None)
            for role in roles
        }
        if settings["step"]["num_rows"] <= 2**k - KEPT_ROWS:
            return settings
    raise CircuitUnfit(f"no size up to 2^{LARGEST} holds the step in {shape}")


def _measured(
    folder: Path, role: Role, layout: Layout, settings: dict[str, Any], prover: Prover, home: Path
) -> dict[str, Any]:
    k = int(settings["run_args"]["logrows"])
    srs, _ = obtain_srs(k, home, prover)
    work = folder / f"{role}-work"
    work.mkdir(exist_ok=True)
    files = CircuitFiles(
        circuit=work / "circuit.ezkl",
        settings=work / "settings.json",
        proving_key=work / "proving.key",
        verifying_key=work / "verifying.key",
        srs=srs,
    )
    files.settings.write_text(json.dumps(settings), encoding="utf-8")
    prover.build(folder / f"{role}.onnx", files)
    circuit = TrainingCircuit(role=role, files=files, digest=keccak_of(b""), logrows=k, rows=int(settings["num_rows"]))
    inputs = [[0.0] * length for length in lengths_of(role, layout)[:-1]]
    timed = list(_proved(circuit, inputs, prover))
    proof, instances = timed[0][2:]
    prepared = prepare_for(files, "auto", prover=prover, home=home)
    trial = (tuple(FieldElement(value) for value in instances), proof)
    if isinstance(prepared, OwnVerifier):
        verifier, gas = "own", own_gas(prepared, trial)
    else:
        verifier, gas = "shared", shared_gas(prepared, trial)
    return {
        "prove_seconds": round(statistics.median(item[0] for item in timed), 2),
        "processor_seconds": round(statistics.median(item[1] for item in timed), 2),
        "proof_bytes": len(proof),
        "key_mb": round(files.proving_key.stat().st_size / 1e6, 1),
        "verify_gas": gas,
        "verifier": verifier,
    }


def _proved(
    circuit: TrainingCircuit, inputs: list[list[float]], prover: Prover
) -> Iterator[tuple[float, float, bytes, tuple[int, ...]]]:
    """Seconds on the clock and of processors, the proof and its instances, so many times."""
    for _ in range(_PROOFS):
        began, used = time.monotonic(), _used()
        proof, instances, _output = prove_vectors(circuit, inputs, prover)
        yield time.monotonic() - began, _used() - used, proof, instances


def _used() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime
