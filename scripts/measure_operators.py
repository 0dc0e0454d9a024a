"""Measure which ONNX operators ezkl can put into a circuit, and write zkchain/model/operators.json.

Each operator is tried on the node tests that the onnx package ships: the first input stays an input, the others
become constants, as they are in trained models. An operator counts as supported when at least one of its tests
runs through layout and witness and the witness agrees with the expected output.
"""

import json
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases

from zkchain.errors import ZkchainError
from zkchain.halo2 import ENGINE_VERSION, Engine, Limits
from zkchain.model.load import normalise
from zkchain.model.samples import to_input_data

OUT = Path(__file__).parents[1] / "zkchain" / "model" / "operators.json"
CASES_PER_OPERATOR = 8
TOLERANCE = 0.05
RUN_ARGS = {"input_scale": 10, "param_scale": 10, "decomp_base": 1024, "decomp_legs": 3, "logrows": 17}


def as_trained(case):
    """The case's model with every input but the first as a constant, and its first input and outputs."""
    inputs, outputs = case.data_sets[0]
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    for value, array in list(zip(model.graph.input, inputs, strict=True))[1:]:
        model.graph.initializer.append(numpy_helper.from_array(np.asarray(array), value.name))
    return normalise(model, case.name, {}), np.asarray(inputs[0]), outputs


def attempt(case, engine: Engine, folder: Path) -> str:
    """Empty when the case goes through, else why not."""
    try:
        model, first, expected = as_trained(case)
        path, settings_path = folder / "model.onnx", folder / "settings.json"
        path.write_bytes(model.onnx)
        data = to_input_data((first,))
        calibration = {
            "lookup_safety_margin": 2.0,
            "scales": [10],
            "scale_rebase_multiplier": [1],
            "max_logrows": None,
        }
        settings = engine.make_settings(path, RUN_ARGS, data, calibration)
        settings_path.write_text(json.dumps(settings))
        (witness,) = engine.witness(path, settings_path, [data])
    except ZkchainError as error:
        return f"{type(error).__name__}: {error.message}"[:300]
    except (TypeError, ValueError, AttributeError, AssertionError, IndexError, NotImplementedError) as error:
        return f"test case not usable: {error}"[:300]
    for felts, wanted, scale in zip(witness.outputs, expected, settings["model_output_scales"], strict=True):
        found = np.array([felt.to_float(scale=scale) for felt in felts])
        wanted = np.asarray(wanted, dtype=float).ravel()
        if found.shape != wanted.shape or np.abs(found - wanted).max(initial=0) > TOLERANCE * max(
            1, np.abs(wanted).max(initial=0)
        ):
            return "wrong answer"
    return ""


def main() -> None:
    """Try every operator and write the table."""
    cases = defaultdict(list)
    for case in collect_testcases(None):
        nodes = case.model.graph.node
        if len(nodes) == 1 and nodes[0].domain in ("", "ai.onnx", "ai.onnx.ml") and not case.name.endswith("_expanded"):
            cases[nodes[0].op_type].append(case)
    supported, refused = {}, {}
    with tempfile.TemporaryDirectory() as name:
        engine = Engine(scratch_root=Path(name) / "scratch", limits=Limits(memory_bytes=6 * 2**30, seconds=15))
        for operator in sorted(cases):
            reasons = []
            for case in cases[operator][:CASES_PER_OPERATOR]:
                reasons.append(attempt(case, engine, Path(name)))
                if not reasons[-1]:
                    break
            if reasons[-1] == "":
                supported[operator] = len(reasons)
            else:
                refused[operator] = reasons[0]
            print(operator, reasons[-1] or "supported", file=sys.stderr, flush=True)
    table = {"engine": ENGINE_VERSION, "onnx": onnx.__version__, "supported": sorted(supported), "refused": refused}
    OUT.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
