"""What a training circuit computes, by its witness alone: no keys are made, and nothing is proved."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import onnx

from zkchain.files import write_json
from zkchain.halo2 import Engine
from zkchain.training.circuits import run_args
from zkchain.training.grid import from_grid
from zkchain.training.layout import Layout
from zkchain.training.methods import method_of
from zkchain.training.step import server_model

#: Rows that hold any of these circuits, by their logarithm. Tables may be larger than they need be: no key is made.
_ENOUGH = 16


def computed(
    role: Literal["step", "server"], layout: Layout, vectors: Sequence[Sequence[int]], prover: Engine, folder: Path
) -> tuple[int, ...]:
    """The output, on the grid, for input vectors on the grid."""
    model, settings = _made(role, layout, prover, folder)
    (witness,) = prover.witness(model, settings, [[from_grid(vector, layout.scale) for vector in vectors]])
    return tuple(value.signed for value in witness.outputs[0])


def _made(role: Literal["step", "server"], layout: Layout, prover: Engine, folder: Path) -> tuple[Path, Path]:
    """The circuit's model and settings, made once for each layout."""
    name = f"{role}-{abs(hash(layout)):x}"
    model, settings = folder / f"{name}.onnx", folder / f"{name}.settings.json"
    if not settings.is_file():
        onnx.save(method_of(layout.architecture).step(layout) if role == "step" else server_model(layout), str(model))
        found = prover.make_settings(model, run_args(layout, role, _ENOUGH), None, None, lambda _: None)
        assert set(found["model_input_scales"]) == set(found["model_output_scales"]) == {layout.scale}
        write_json(settings, found)
    return model, settings
