"""Real circuits of the smallest useful kind, proved at test time."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from zkchain.halo2 import TAGGED
from zkchain.halo2.engine import CircuitFiles, Engine
from zkchain.halo2.supervisor import Limits
from zkchain.values import FieldElement

LOGROWS = 11
_RUN_ARGS = {
    TAGGED: True,
    "input_visibility": "private",
    "output_visibility": "public",
    "param_visibility": "fixed",
    "decomp_base": 128,
    "decomp_legs": 4,
    "num_inner_cols": 1,
    "input_scale": 7,
    "param_scale": 7,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TinyCircuit:
    """One output and a tag; keys on disk and generated Solidity in memory, not yet guarded."""

    engine: Engine
    files: CircuitFiles
    own_source: str
    shared_source: str
    vka: bytes

    def prove(self, tag: int, x: Sequence[float] = (0.5, -0.25)) -> tuple[list[int], bytes]:
        """Instances and proof of one answer that carries `tag`."""
        proved = self.engine.prove(self.files, [list(x)], lambda _: None, tag=FieldElement(tag))
        return [int(value) for value in proved.instances], proved.proof


def build_tiny(folder: Path, *, seed: int) -> TinyCircuit:
    """Compile a bound one-layer model with a development SRS into `folder`."""
    engine = Engine(scratch_root=folder, limits=Limits(memory_bytes=8 * 2**30, seconds=300))
    files = CircuitFiles(
        circuit=folder / "circuit",
        settings=folder / "settings.json",
        proving_key=folder / "pk",
        verifying_key=folder / "vk",
        srs=folder / "srs",
    )
    model = folder / "model.onnx"
    model.write_bytes(_onnx(seed))
    settings = engine.make_settings(model, {**_RUN_ARGS, "logrows": LOGROWS}, None, None)
    settings["run_args"]["logrows"] = LOGROWS
    files.settings.write_text(json.dumps(settings))
    engine.make_srs(LOGROWS, files.srs)
    engine.build(model, files)
    shared_source, vka = engine.render_shared(files)
    return TinyCircuit(
        engine=engine,
        files=files,
        own_source=engine.render_verifier(files),
        shared_source=shared_source,
        vka=vka,
    )


def _onnx(seed: int) -> bytes:
    weights = np.random.default_rng(seed).normal(size=(2, 1)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1])],
        [numpy_helper.from_array(weights, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()
