"""Measure real circuits, and fit the weights in zkchain/circuit/cost.json to what they cost.

    python -m scripts.fit_cost measure COUNT   measure COUNT more circuits; about ten seconds for each
    python -m scripts.fit_cost fit             fit the weights to all models but those held out, and show the errors

Measurements are kept in cost_measurements.json beside this script: settings as far as the shape depends on them, and
what the circuit cost. Seconds are of the reference machine, which has two cores and did nothing else.

The first 56 were measured when a child imported 14.5 MB more than it needs (as much at 2^11 rows as at 2^14), which was
taken off their memory.
"""

import json
import random
import sys
import tempfile
from collections.abc import Callable
from dataclasses import fields, replace
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pyrevm
from scipy.optimize import nnls

from tests.support.evm import SENDER, calldata
from tests.support.zoo import PROVING
from tests.support.zoo_graphs import Entry, graph, node, random_weights
from zkchain.circuit.bundle import circuit_files
from zkchain.circuit.cost import FEATURES, Cost, features, predict
from zkchain.circuit.shape import BLINDING_ROWS, shape_of
from zkchain.circuit.srs import obtain_srs
from zkchain.errors import EngineError, ZkchainError
from zkchain.files import write_json
from zkchain.halo2 import ENGINE_VERSION, CircuitFiles, Engine, Limits, Witnessed
from zkchain.model import load_model, to_input_data
from zkchain.solidity.compile import standard_input
from zkchain.solidity.guard import guard_verifier
from zkchain.solidity.solc import find_compiler

HERE = Path(__file__).parent
MEASUREMENTS = HERE / "cost_measurements.json"
WEIGHTS = HERE.parent / "zkchain" / "circuit" / "cost.json"
CACHE = Path.home() / ".cache" / "zkchain"
LIMITS = Limits(memory_bytes=12 * 2**30, seconds=600)
MOST_KEY_BYTES = 300_000_000
_ANY_SIZE = 10**7
#: Of the settings, all that a shape depends on.
SHAPED = (
    "total_assignments",
    "total_const_size",
    "num_dynamic_lookups",
    "num_shuffles",
    "required_range_checks",
    "model_instance_shapes",
    "module_sizes",
)
SHAPED_ARGS = ("logrows", "num_inner_cols", "lookup_range", "disable_freivalds")
#: One model in so many is held out: the fit does not see it, the tests judge the fit by it.
HELD_OUT = 3

Row = dict[str, Any]


def main(arguments: list[str]) -> int:
    """Run one of the two commands."""
    match arguments:
        case ["measure", count]:
            _measure_many(int(count))
        case ["fit"]:
            write_json(WEIGHTS, fitted(read_rows()))
            _show(read_rows())
        case _:
            sys.stderr.write(f"{__doc__}")
            return 2
    return 0


def read_rows() -> list[Row]:
    """All measurements; settings as `predict` takes them."""
    rows: list[Row] = json.loads(MEASUREMENTS.read_text(encoding="utf-8")) if MEASUREMENTS.exists() else []
    return rows


def held_out(model: str) -> bool:
    """True for a model that the fit must not see. By name, so that all circuits of a model are on one side."""
    return sum(model.encode()) % HELD_OUT == 0


def _dense(*sizes: int) -> Callable[[], onnx.ModelProto]:
    def build() -> onnx.ModelProto:
        weights = {f"w{i}": random_weights(*pair, seed=i) for i, pair in enumerate(pairwise(sizes))}
        names = ["x", *(f"r{i}" for i in range(len(weights)))]
        layers = [
            made
            for i in range(len(weights))
            for made in (node("MatMul", [names[i], f"w{i}"], [f"m{i}"]), node("Relu", [f"m{i}"], [names[i + 1]]))
        ]
        return graph(layers, {"x": (1, sizes[0])}, {names[-1]: (1, sizes[-1])}, weights)

    return build


def _conv(side: int, channels: int) -> Callable[[], onnx.ModelProto]:
    def build() -> onnx.ModelProto:
        layers = [
            node("Conv", ["x", "w"], ["c"], kernel_shape=[3, 3]),
            node("Relu", ["c"], ["r"]),
            node("AveragePool", ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
            node("Flatten", ["p"], ["f"]),
            node("MatMul", ["f", "d"], ["y"]),
        ]
        flat = channels * ((side - 2) // 2) ** 2
        weights = {"w": random_weights(channels, 1, 3, 3), "d": random_weights(flat, 10)}
        return graph(layers, {"x": (1, 1, side, side)}, {"y": (1, 10)}, weights)

    return build


LARGER = (
    Entry(name="dense_30_16_1", build=_dense(30, 16, 1)),
    Entry(name="dense_64_32_10", build=_dense(64, 32, 10)),
    Entry(name="dense_100_50_50_2", build=_dense(100, 50, 50, 2)),
    Entry(name="dense_200_100_10", build=_dense(200, 100, 10)),
    Entry(name="conv_8_2", build=_conv(8, 2)),
    Entry(name="conv_12_4", build=_conv(12, 4)),
    Entry(name="conv_16_4", build=_conv(16, 4)),
)


def _measure_many(count: int) -> None:
    rows = read_rows()
    rng = random.Random(len(rows))  # noqa: S311 - a choice of what to measure
    while count:
        entry = rng.choice((*PROVING, *LARGER, *LARGER))
        try:
            row = _measure(entry, _variant(rng), rng.choice((-3, -2, -1, -1, 0, 0, 1)))
        except ZkchainError as error:
            print(f"{entry.name}: {error.message}"[:160], flush=True)
            continue
        if row is not None:
            rows, count = [*rows, row], count - 1
            print({name: value for name, value in row.items() if name != "settings"}, flush=True)
            text = ",\n".join(json.dumps(row, sort_keys=True, separators=(",", ":")) for row in rows)
            MEASUREMENTS.write_text(f"[\n{text}\n]\n", encoding="utf-8")


def _variant(rng: random.Random) -> dict[str, object]:
    base, legs = rng.choice(((128, 4), (256, 4), (512, 3), (1024, 3), (4096, 3), (16384, 2)))
    scale, reach = rng.choice((5, 7, 8)), rng.choice((500, 1000, 3000))
    return {
        "decomp_base": base,
        "decomp_legs": legs,
        "num_inner_cols": rng.choice((1, 1, 2)),
        "input_scale": scale,
        "param_scale": scale,
        "lookup_range": [-reach, reach],
        "disable_freivalds": rng.random() < 0.3,
        "input_visibility": rng.choice(("private",) * 4 + ("public", "hashed")),
        "output_visibility": rng.choice(("public",) * 9 + ("hashed",)),
        "param_visibility": rng.choice(("fixed",) * 19 + ("hashed",)),
    }


def _measure(entry: Entry, variant: dict[str, object], more: int) -> Row | None:
    """What the circuit of `entry` costs; None when it is larger than we measure."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engine = Engine(scratch_root=folder, limits=LIMITS)
        loaded = load_model(entry.write_model(folder), dims=entry.dims)
        model = folder / "model.onnx"
        model.write_bytes(loaded.onnx)
        sample = entry.samples(1)[0]
        data = to_input_data(tuple(sample[tensor.name].reshape(tensor.shape) for tensor in loaded.spec.inputs))
        (laid,) = engine.survey(model, [variant], [], 60)
        if laid.refusal:
            return None
        logrows = _logrows(laid.settings, more)
        settings = {**laid.settings, "run_args": {**laid.settings["run_args"], "logrows": logrows}}
        if predict(settings).proving_key_bytes > MOST_KEY_BYTES:
            return None
        files = replace(circuit_files(folder), srs=obtain_srs(logrows, CACHE, engine)[0])
        write_json(files.settings, settings)
        return {"model": entry.name, "settings": _shaped(settings), **_costs(engine, model, files, settings, data)}


def _costs(engine: Engine, model: Path, files: CircuitFiles, settings: Row, data: Any) -> Row:
    low, high = settings["run_args"]["lookup_range"]

    def accept(seen: Witnessed) -> None:
        if settings["required_lookups"] and (seen.lookup_low < low or seen.lookup_high > high):
            raise EngineError("a value lies outside the lookup tables")

    setup = engine.build(model, files)
    proved = engine.prove(files, data, accept)
    gas, code = _on_chain(engine, files, [int(value) for value in proved.instances], proved.proof)
    return {
        "proving_key_bytes": files.proving_key.stat().st_size,
        "verifying_key_bytes": files.verifying_key.stat().st_size,
        "proof_bytes": len(proved.proof),
        "verify_gas": gas,
        "verifier_code_bytes": code,
        "setup_seconds": round(setup, 4),
        "prove_seconds": round(proved.prove_seconds, 4),
        "peak_rss_bytes": proved.peak_rss_bytes,
    }


def _on_chain(engine: Engine, files: CircuitFiles, instances: list[int], proof: bytes) -> tuple[int, int]:
    """Gas of verifying with the circuit's own guarded verifier, and the size of its code, too large or not."""
    source = guard_verifier(engine.render_verifier(files))
    units = find_compiler().compile_standard(standard_input({"v.sol": source}))["contracts"]["v.sol"]
    (code,) = (unit["evm"] for unit in units.values())
    config = pyrevm.CfgEnv(limit_contract_code_size=_ANY_SIZE)
    evm = pyrevm.EVM(env=pyrevm.Env(cfg=config, block=pyrevm.BlockEnv(gas_limit=10**10)), spec_id="SHANGHAI")
    evm.set_balance(SENDER, 10**24)
    address = evm.deploy(SENDER, bytes.fromhex(code["bytecode"]["object"]))
    answer = evm.message_call(SENDER, address, calldata=calldata("verifyProof(bytes,uint256[])", [proof, instances]))
    if int.from_bytes(answer, "big") != 1:
        raise EngineError("an honest proof was refused on chain")
    result = evm.result
    assert result is not None
    return int(result.gas_used), len(code["deployedBytecode"]["object"]) // 2


def _logrows(settings: Row, more: int) -> int:
    """The size that holds everything in one block of columns, or `more` than that; never too few for what is whole."""
    low, high = settings["run_args"]["lookup_range"]
    whole = [
        *(settings[name] for name in ("total_shuffle_col_size", "total_dynamic_col_size", "max_dynamic_input_len")),
        settings["module_sizes"]["poseidon"][0],
        sum(prod(shape) for shape in settings["model_instance_shapes"]),
    ]
    tables = [last - first for first, last in settings["required_range_checks"]]
    tables += [high - low] if settings["required_lookups"] else []
    rows = settings["total_assignments"] // settings["run_args"]["num_inner_cols"]
    single = max([rows, *whole, *tables]) + BLINDING_ROWS
    return max(single.bit_length() + more, (max(whole) + BLINDING_ROWS).bit_length(), 7)


def _shaped(settings: Row) -> Row:
    run_args = {name: settings["run_args"][name] for name in SHAPED_ARGS}
    einsums = settings["einsum_params"]
    used = einsums["total_einsum_col_size"] and not run_args["disable_freivalds"]
    return {
        **{name: settings[name] for name in SHAPED},
        "run_args": run_args,
        "required_lookups": [0] * len(settings["required_lookups"]),
        "einsum_params": {**einsums, "equations": einsums["equations"] if used else []},
    }


def fitted(rows: list[Row]) -> dict[str, Any]:
    """The weights that come nearest to the measured costs of all models but those held out."""
    seen = [row for row in rows if not held_out(row["model"])]
    found: dict[str, Any] = {"engine": ENGINE_VERSION, "circuits": len(seen)}
    for quantity, names in FEATURES.items():
        known = [features(shape_of(row["settings"])) for row in seen]
        # Divided by what was measured, so that a small circuit counts as much as a large one.
        table = np.array([[k[name] / row[quantity] for name in names] for k, row in zip(known, seen, strict=True)])
        scale = table.max(axis=0)
        weights = nnls(table / scale, np.ones(len(table)))[0] / scale
        found[quantity] = {name: float(f"{w:.6g}") for name, w in zip(names, weights, strict=True) if w}
    return found


def _show(rows: list[Row]) -> None:
    """Median and widest errors of `predict`, of models that the fit has seen and of those it has not."""
    for quantity in (field.name for field in fields(Cost)):
        for unseen in (False, True):
            chosen = [row for row in rows if held_out(row["model"]) == unseen]
            errors = sorted(abs(getattr(predict(row["settings"]), quantity) / row[quantity] - 1) for row in chosen)
            share = [f"{errors[int(len(errors) * part)]:8.2%}" for part in (0.5, 0.9, 0.9999)]
            print(f"{quantity:20} {'held out' if unseen else 'seen':8} {len(errors):4}", *share)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
