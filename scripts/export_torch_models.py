"""Write small models by torch's own exporter to tests/support/zoo_torch; torch is too heavy for the test environment.

Run with torch 2.13 and onnxscript installed: python scripts/export_torch_models.py
"""

from pathlib import Path

import onnx
import torch
from torch import nn

OUT = Path(__file__).parents[1] / "tests" / "support" / "zoo_torch"


class Recurrent(nn.Module):
    """The last state of an LSTM, and a dense layer on it."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.dense = nn.LSTM(2, 3, batch_first=True), nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x is (batch, steps, 2)."""
        states, _ = self.cell(x)
        return self.dense(states[:, -1])


def models() -> dict[str, tuple[nn.Module, torch.Tensor]]:
    """Model and example input by name."""
    cnn = nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 3)
    )
    encoder = nn.TransformerEncoderLayer(4, 2, dim_feedforward=8, batch_first=True, activation="gelu")
    return {
        "mlp": (nn.Sequential(nn.Linear(4, 6), nn.GELU(), nn.LayerNorm(6), nn.Linear(6, 2)), torch.zeros(1, 4)),
        "cnn": (cnn, torch.zeros(1, 1, 6, 6)),
        "encoder": (encoder, torch.zeros(1, 3, 4)),
        "lstm": (Recurrent(), torch.zeros(1, 3, 2)),
        "silu": (nn.Sequential(nn.Linear(4, 4), nn.SiLU(), nn.Softmax(dim=-1)), torch.zeros(1, 4)),
    }


def main() -> None:
    """Export every model by the current exporter, and the MLP by the older one too."""
    torch.manual_seed(0)
    OUT.mkdir(exist_ok=True)
    for name, (model, example) in models().items():
        common = {"input_names": ["x"], "output_names": ["y"]}
        torch.onnx.export(model.eval(), (example,), OUT / f"{name}.onnx", dynamo=True, external_data=False, **common)
    mlp, example = models()["mlp"]
    axes = {"x": {0: "batch"}, "y": {0: "batch"}}
    torch.onnx.export(mlp.eval(), (example,), OUT / "mlp_script.onnx", dynamo=False, dynamic_axes=axes, **common)
    for path in OUT.glob("*.onnx"):
        without_metadata(path)


def without_metadata(path: Path) -> None:
    """Drop the exporter's notes: they hold stack traces with the paths of this machine."""
    model = onnx.load(path)
    del model.metadata_props[:]
    for part in (model.graph, *model.graph.node, *model.graph.input, *model.graph.output, *model.graph.value_info):
        del part.metadata_props[:]
        part.doc_string = ""
    del model.graph.value_info[:]
    onnx.save(model, path)


if __name__ == "__main__":
    main()
