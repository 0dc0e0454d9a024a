"""input=auto: the cheaper of a public and a hashed input, by the gas that verification takes."""

import json

import numpy as np
import onnx
import pytest

from tests.support.zoo_graphs import graph, node
from zkchain.circuit.options import CompileOptions
from zkchain.config import read_config
from zkchain.pipeline.compile import compile_model
from zkchain.pipeline.engine import make_engine


@pytest.mark.parametrize(("inputs", "chosen"), [pytest.param(3, "public", marks=pytest.mark.slow), (300, "hashed")])
def test_many_inputs_are_hashed(inputs, chosen, tmp_path):
    config = read_config({"ZKCHAIN_HOME": str(tmp_path / "home")})
    weights = np.random.default_rng(0).normal(size=(inputs, 2)).astype(np.float32) / inputs
    model = graph([node("MatMul", ["x", "w"], ["y"])], {"x": (1, inputs)}, {"y": (1, 2)}, {"w": weights})
    onnx.save(model, tmp_path / "m.onnx")
    samples = np.random.default_rng(1).uniform(-1, 1, size=(8, inputs))
    (tmp_path / "s.json").write_text(json.dumps([{"x": [row.tolist()]} for row in samples]))
    arguments = {"config": config, "prover": make_engine(config), "out": tmp_path / "m.bundle"}
    found = compile_model(
        tmp_path / "m.onnx", tmp_path / "s.json", options=CompileOptions(input_by_gas=True), **arguments
    )
    assert found.inputs[0].input == found.bundle.visibility.input == chosen
    assert found.inputs[0].verify_gas < found.inputs[1].verify_gas
    assert found.budget.verify_gas == found.inputs[0].verify_gas
    again = compile_model(
        tmp_path / "m.onnx",
        tmp_path / "s.json",
        options=CompileOptions(visibility=found.bundle.visibility),
        **arguments,
    )
    assert again.bundle == found.bundle
