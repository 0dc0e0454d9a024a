"""The largest model that compiles and proves within a limit of memory: LeNet-5's form, wider and wider.

    python -m benchmarks.largest --gigabytes 20 --widths 4,3.5,3,2.5,2,1.5,1

From the widest on, until one is compiled, proved and verified; then ezkl's own pipeline tries the same model under
the same limit. What is too large is refused before any key is made. Writes benchmarks/largest.json.
"""

import argparse
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from zkchain.files import write_json

from .command import CommandFailed, run
from .machine import this_machine
from .run import ROOT
from .zoo.conv import lenet
from .zoo.recipe import ModelFiles, Recipe, write_files

RESULT = Path(__file__).with_name("largest.json")
_LIMIT_SECONDS = 3600.0


def main() -> None:
    """Run, print and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--gigabytes", type=float, default=20.0)
    parser.add_argument("--widths", default="4,3.5,3,2.5,2,1.5,1")
    parser.add_argument("--optimize", default="balanced", help="prove, gas or balanced")
    parser.add_argument("--out", type=Path, default=RESULT)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "benchmarks", help="for the SRS and keys")
    given = parser.parse_args()
    os.environ["ZKCHAIN_MEMORY_LIMIT_GB"] = f"{given.gigabytes:g}"
    home, work = given.folder.absolute() / "home", given.folder.absolute() / "largest"
    rows: list[dict[str, Any]] = []
    for width in map(float, given.widths.split(",")):
        shutil.rmtree(work, ignore_errors=True)
        files = write_files(_recipe(width), work)
        rows.append(
            {"width": width, **sizes(files.model), **attempt(files, work, home, ["--optimize", given.optimize])}
        )
        print(rows[-1], flush=True)
        if not rows[-1]["failed"]:
            rows[-1]["stock"] = attempt(files, work, home, ["--stock", "--visibility", "input=private"])
            print(rows[-1]["stock"], flush=True)
            break
    shutil.rmtree(work, ignore_errors=True)
    facts = {"gigabytes": given.gigabytes, "optimize": given.optimize, "tried": rows}
    write_json(given.out, {"machine": this_machine().to_json(), **facts})


def attempt(files: ModelFiles, work: Path, home: Path, flags: Sequence[str]) -> dict[str, Any]:
    """Compile, prove once and verify; `failed` says what stopped it."""
    bundle, proof = work / "model.bundle", work / "model.proof.json"
    shutil.rmtree(bundle, ignore_errors=True)
    compiling: list[str | Path] = ["compile", files.model, "--samples", files.calibration, "--out", bundle, *flags]
    proving: list[str | Path] = ["prove", bundle, "--input", files.calibration, "--row", "0", "--out", proof]
    try:
        compiled, seconds = run(compiling, home=home, limit=_LIMIT_SECONDS)
        proved, _ = run(proving, home=home, limit=_LIMIT_SECONDS)
        verified, _ = run(["verify", proof, "--bundle", bundle], home=home, limit=_LIMIT_SECONDS)
    except CommandFailed as error:
        return {"failed": " ".join(str(error).replace(str(work), "WORK").split())[:300]}
    if verified.get("valid") is not True:
        return {"failed": "the proof is not valid"}
    return {
        "failed": "",
        "rows": compiled["rows"],
        "logrows": compiled["logrows"],
        "proving_key_bytes": compiled["proving_key_bytes"],
        "max_abs_error": compiled["max_abs_error"],
        "compile_seconds": round(seconds, 1),
        "prove_seconds": round(float(proved["prove_seconds"]), 1),
        "peak_rss_bytes": proved["peak_rss_bytes"],
    }


def sizes(path: Path) -> dict[str, int]:
    """Parameters, and multiplications of convolutions and dense layers for one input."""
    graph = onnx.shape_inference.infer_shapes(onnx.load(path)).graph
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    shapes = {
        info.name: [dim.dim_value for dim in info.type.tensor_type.shape.dim]
        for info in (*graph.value_info, *graph.output)
    }
    macs = 0
    for node in graph.node:
        if node.op_type == "Conv":
            macs += int(np.prod(shapes[node.output[0]])) * int(np.prod(weights[node.input[1]].shape[1:]))
        elif node.op_type in ("Gemm", "MatMul"):
            macs += int(weights[node.input[1]].size)
    return {"parameters": sum(int(array.size) for array in weights.values()), "macs": macs}


def _recipe(width: float) -> Recipe:
    return Recipe(name=f"lenet5_x{width:g}", family="convolution", answer="classes", build=lambda: lenet(width))


if __name__ == "__main__":
    main()
