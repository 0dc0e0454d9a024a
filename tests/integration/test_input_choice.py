"""input=auto: the cheaper of a public and a hashed input, by the gas that verification takes."""

import numpy as np
import onnx

from tests.support.zoo_graphs import graph, node
from zkchain.circuit.options import CompileOptions
from zkchain.config import read_config
from zkchain.pipeline.compile import compile_model


def test_many_inputs_are_hashed_and_nothing_is_searched_for_twice(prover, tmp_path):
    config = read_config({"ZKCHAIN_HOME": str(tmp_path / "home")})
    weights = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32) / 300
    model = graph([node("MatMul", ["x", "w"], ["y"])], {"x": (1, 300)}, {"y": (1, 2)}, {"w": weights})
    onnx.save(model, tmp_path / "m.onnx")
    np.save(tmp_path / "s.npy", np.random.default_rng(1).uniform(-1, 1, size=(8, 300)).astype(np.float32))

    def compiled(by, **options):
        return compile_model(
            tmp_path / "m.onnx",
            tmp_path / "s.npy",
            config=config,
            prover=by,
            out=tmp_path / "m.bundle",
            options=CompileOptions(**options),
        )

    found = compiled(prover, input_by_gas=True)
    assert [cost.input for cost in found.inputs] == ["hashed", "public"]
    assert found.bundle.visibility.input == "hashed"
    assert found.inputs[0].verify_gas < found.inputs[1].verify_gas
    assert found.budget.verify_gas == found.inputs[0].verify_gas
    left = {path.name for path in (tmp_path / "home" / "compile").iterdir()}
    assert not [name for name in left if not name.endswith((".lock", ".json"))]
    idle = Idle()  # all that is left to do is to read
    assert compiled(idle, input_by_gas=True).inputs == found.inputs
    assert compiled(idle, visibility=found.bundle.visibility).bundle == found.bundle


class Idle:
    """A prover that must not be asked for anything."""

    def __getattr__(self, name):
        raise AssertionError(f"{name} was called")
