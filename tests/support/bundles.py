"""Bundles for tests, built once a session by the real engine."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.support.circuits import TinyCircuit, build_tiny
from tests.support.tiny import tiny_onnx
from zkchain.circuit.build import build_bundle
from zkchain.circuit.gate import Gate
from zkchain.circuit.options import CompileOptions
from zkchain.circuit.probes import Inputs, make_probes
from zkchain.circuit.request import CompileRequest
from zkchain.circuit.tune import SampleSets
from zkchain.config import Config
from zkchain.halo2 import Engine, Limits
from zkchain.pipeline.compile import compile_model
from zkchain.records import Bundle, Model, ModelSpec, TensorSpec
from zkchain.values import sha256_of


@pytest.fixture(scope="session")
def prover(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The real engine with test-sized limits."""
    return Engine(scratch_root=tmp_path_factory.mktemp("scratch"), limits=Limits(memory_bytes=8 * 2**30, seconds=120))


def tiny_request(*, seed: int = 0, options: CompileOptions | None = None, samples: int = 4) -> CompileRequest:
    """A request for the tiny model, unbound, with references computed here in NumPy."""
    onnx_bytes = tiny_onnx(seed=seed)
    spec = ModelSpec(
        name="tiny",
        digest=sha256_of(onnx_bytes),
        inputs=(TensorSpec(name="x", shape=(1, 2), dtype="float", onnx_type="FLOAT"),),
        outputs=(TensorSpec(name="y", shape=(1, 1), dtype="float", onnx_type="FLOAT"),),
        opset=18,
        operators=(("MatMul", 1), ("Relu", 1)),
        parameters=2,
    )
    weights = np.random.default_rng(seed).normal(size=(2, 1)).astype(np.float32)
    values = np.random.default_rng(seed + 1).uniform(-1, 1, size=(samples, 2)).astype(np.float32)
    model = Model(spec=spec, onnx=onnx_bytes)

    def answer(inputs: Sequence[Inputs]) -> list[Inputs]:
        return [(np.maximum(sample @ weights, 0),) for (sample,) in inputs]

    return CompileRequest(
        model=model,
        trial_inputs=[[[0.5, -0.5]]],
        samples=SampleSets(
            calibration=[[row.tolist()] for row in values],
            judged=[[row.tolist()] for row in values],
            references=[[np.maximum(row @ weights, 0).tolist()] for row in values],
            widest=[[row.tolist()] for row in values[:2]],
            stretched=[[(1.5 * values[0]).tolist()]],
        ),
        options=options or CompileOptions(binding=False),
        gate=Gate(
            probes=lambda: make_probes([(row[np.newaxis],) for row in values], [(-1.0, 1.0)], answer),
            outputs=spec.outputs,
            encode=lambda sample: [tensor.ravel().tolist() for tensor in sample],
        ),
    )


def compile_tiny(
    folder: Path, out: Path, *, config: Config, prover: Engine, seed: int, options: CompileOptions
) -> None:
    """The tiny model through the pipeline, from files in `folder`."""
    model, samples = folder / f"{out.name}.onnx", folder / "samples.json"
    model.write_bytes(tiny_onnx(seed=seed))
    samples.write_text(json.dumps({"x": [[0.5, -0.25], [0.1, 0.2], [-0.7, 0.9]]}))
    compile_model(model, samples, config=config, prover=prover, out=out, options=options)


@pytest.fixture(scope="session")
def circuit(tmp_path_factory: pytest.TempPathFactory) -> TinyCircuit:
    """The smallest bound circuit, for tests that prove with it and change none of its files."""
    return build_tiny(tmp_path_factory.mktemp("circuit"), seed=1)


@pytest.fixture(scope="session")
def cache_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder for the session: SRS files and unfinished compiles."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def tiny_bundle(prover: Engine, cache_home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Bundle]:
    """The tiny model's bundle: its folder and its manifest. Tests that change files work on a copy."""
    out = tmp_path_factory.mktemp("bundles") / "tiny.bundle"
    return out, build_bundle(tiny_request(), prover=prover, home=cache_home, out=out)
