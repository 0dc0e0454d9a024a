"""Measure which ONNX operators ezkl can put into a circuit, and write zkchain/model/operators.json.

Each operator is tried on the node tests that the onnx package ships, and on the cases below where those do not
fit: once with the first input alone as an input and the others as constants, as they are in trained models, and
once with all as inputs. A case passes when layout and witness succeed and the witness agrees with onnxruntime.
An operator counts as supported when a case passes; the failing cases are kept as notes, and the conditions that
they teach are written down in zkchain/model/operators.py.

Usage: measure_operators.py [OPERATOR ...]; with names, only those are measured anew.
"""

import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.backend.test.case.node import collect_testcases

from zkchain.errors import ZkchainError
from zkchain.halo2 import ENGINE_VERSION, Engine, Limits
from zkchain.model import evaluate, to_input_data
from zkchain.model.load import normalise

OUT = Path(__file__).parents[1] / "zkchain" / "model" / "operators.json"
CASES_PER_OPERATOR = 6
TOLERANCE = 0.05
SCALE = 10
RUN_ARGS = {"input_scale": SCALE, "param_scale": SCALE, "decomp_base": 1024, "decomp_legs": 3, "logrows": 17}
CALIBRATION = {
    "lookup_safety_margin": 2.0,
    "scales": [SCALE],
    "scale_rebase_multiplier": [1],
    "max_logrows": None,
}
FLOAT, INT, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL


@dataclass(frozen=True)
class Case:
    """A one-node model with values for all its inputs."""

    name: str
    model: onnx.ModelProto
    values: tuple[np.ndarray, ...]


def own_case(name, operator, values, constants=(), outputs=(FLOAT,), opset=18, unused=0, **attributes) -> Case:
    """A case of our own: `values` are inputs x0.., `constants` are c0.., `outputs` are element types."""
    inputs = [f"x{i}" for i in range(len(values))] + [f"c{i}" for i in range(len(constants))]
    node = helper.make_node(operator, inputs, [f"y{i}" for i in range(len(outputs) + unused)], **attributes)
    graph = helper.make_graph(
        [node],
        name,
        [
            helper.make_tensor_value_info(f"x{i}", helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
            for i, v in enumerate(values)
        ],
        [helper.make_tensor_value_info(f"y{i}", kind, None) for i, kind in enumerate(outputs)],
        [numpy_helper.from_array(np.asarray(c), f"c{i}") for i, c in enumerate(constants)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
    return Case(name, model, tuple(values))


def own_cases() -> dict[str, list[Case]]:
    """Cases for operators whose shipped tests cannot be inputs of a circuit."""
    x = np.linspace(-2, 2, 12, dtype=np.float32).reshape(1, 12)
    whole, truth = np.asarray([[5, -3, 7, 8]]), np.asarray([[True, True, False, False]])
    image = np.linspace(-1, 1, 32, dtype=np.float32).reshape(1, 2, 4, 4)
    kernel = np.linspace(-1, 1, 54, dtype=np.float32).reshape(2, 3, 3, 3)
    other, pads = np.asarray([[True, False, True, False]]), np.asarray([0, 1, 0, 2])
    logic = {name: [own_case("bools", name, [truth, other], outputs=(BOOL,))] for name in ("And", "Or", "Xor")}
    return logic | {
        "Not": [own_case("bool", "Not", [truth], outputs=(BOOL,))],
        "Cast": [
            own_case("int to float", "Cast", [whole], to=FLOAT),
            own_case("bool to float", "Cast", [truth], to=FLOAT),
            own_case("bool to int", "Cast", [truth], outputs=(INT,), to=INT),
            own_case("float to int", "Cast", [x], outputs=(INT,), to=INT),
            own_case("float to bool", "Cast", [x], outputs=(BOOL,), to=BOOL),
        ],
        "Pad": [
            own_case("zeros", "Pad", [x], [pads]),
            own_case("ones", "Pad", [x], [pads, np.float32(1)]),
            *(own_case(mode, "Pad", [x], [pads], mode=mode) for mode in ("reflect", "edge")),
        ],
        "TopK": [
            own_case("values", "TopK", [x], [[3]], unused=1),
            own_case("values and indices", "TopK", [x], [[3]], outputs=(FLOAT, INT)),
        ],
        "ConvTranspose": [
            own_case("strides", "ConvTranspose", [image], [kernel], strides=[2, 2]),
            own_case("no strides", "ConvTranspose", [image], [kernel]),
        ],
        "Tile": [own_case("first axis", "Tile", [x], [[3, 1]]), own_case("last axis", "Tile", [x], [[1, 2]])],
        "OneHot": [own_case("four", "OneHot", [np.asarray([0, 2, 1])], [[4], np.asarray([0, 1], np.float32)])],
        "Pow": [own_case(f"to {e}", "Pow", [abs(x) + 0.3], [np.float32(e)]) for e in (2, 3, 0.5, 1.5, -1, -2)],
        "BitShift": [
            own_case("left", "BitShift", [whole.astype(np.uint8)], [np.asarray([1], np.uint8)], (12,), direction="LEFT")
        ],
        "Mod": [own_case("int", "Mod", [whole], [[3]], outputs=(INT,))],
        "ScatterElements": [
            own_case("row", "ScatterElements", [x], [[[0, 1]], np.asarray([[1, 2]], np.float32)], axis=1)
        ],
    }


def shipped_cases() -> dict[str, list[Case]]:
    """The one-node tests of the onnx package by operator, in both ways of feeding them."""
    found = defaultdict(list)
    for case in collect_testcases(None):
        nodes = case.model.graph.node
        if len(nodes) != 1 or nodes[0].domain or case.name.endswith("_expanded"):
            continue
        try:
            values = tuple(np.asarray(value) for value in case.data_sets[0][0])
        except (TypeError, ValueError):
            continue  # sequences, optionals
        if not values or any(value.dtype.kind not in "fiub" for value in values):
            continue
        trained = onnx.ModelProto()
        trained.CopyFrom(case.model)
        for value, array in list(zip(trained.graph.input, values, strict=True))[1:]:
            trained.graph.initializer.append(numpy_helper.from_array(array, value.name))
        found[nodes[0].op_type].append(Case(case.name, trained, values[:1]))
        if len(values) > 1:
            found[nodes[0].op_type].append(Case(f"{case.name} (all inputs)", case.model, values))
    return found


def attempt(case: Case, engine: Engine, folder: Path) -> str:
    """Empty when the case goes through, else why not."""
    path, settings_path = folder / "model.onnx", folder / "settings.json"
    try:
        model = normalise(case.model, case.name, {}, lowering=False)
        path.write_bytes(model.onnx)
        (expected,) = evaluate(model, [case.values])
        data = to_input_data(case.values)
        settings = engine.make_settings(path, RUN_ARGS, data, CALIBRATION)
        settings_path.write_text(json.dumps(settings))
        (witness,) = engine.witness(path, settings_path, [data])
    except ZkchainError as error:
        return f"{type(error).__name__}: {error.message}".splitlines()[0][:160]
    except (TypeError, ValueError) as error:
        return f"not usable: {error}"[:160]
    for felts, wanted, scale in zip(witness.outputs, expected, settings["model_output_scales"], strict=True):
        found = np.array([felt.to_float(scale=scale) for felt in felts])
        wanted = np.asarray(wanted, dtype=float).ravel()
        if found.shape != wanted.shape or (abs(found - wanted) > TOLERANCE * max(1, abs(wanted).max(initial=0))).any():
            return "WRONG ANSWER"
    return ""


def measured(names: list[str]) -> Iterator[tuple[str, dict[str, object]]]:
    """Operator, and how many of its cases pass, with the reasons of those that do not."""
    cases, own = shipped_cases(), own_cases()
    with tempfile.TemporaryDirectory() as name:
        engine = Engine(scratch_root=Path(name) / "scratch", limits=Limits(memory_bytes=6 * 2**30, seconds=20))
        for operator in names or sorted({*cases, *own} - {""}):
            chosen = [*own.get(operator, []), *cases.get(operator, [])][:CASES_PER_OPERATOR]
            results = {case.name: attempt(case, engine, Path(name)) for case in chosen}
            failing = {case: reason for case, reason in results.items() if reason}
            print(operator, len(results) - len(failing), "of", len(results), file=sys.stderr, flush=True)
            if len(failing) == len(results):  # the operator is not there: one reason says it
                failing = dict(list(failing.items())[:1])
            yield (
                operator,
                {"passed": sum(not reason for reason in results.values()), "tried": len(results), "failing": failing},
            )


def main() -> None:
    """Measure and write the table."""
    names = sys.argv[1:]
    table = json.loads(OUT.read_text()).get("operators", {}) if names else {}
    table |= dict(measured(names))
    content = {
        "engine": ENGINE_VERSION,
        "onnx": onnx.__version__,
        "supported": sorted(name for name, result in table.items() if result["passed"]),
        "operators": table,
    }
    OUT.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
