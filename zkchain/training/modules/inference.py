"""A trained torch module as a model to be compiled: its parameters in the order in which the ledger hashes them."""

from collections.abc import Sequence

import numpy as np
import onnx
import torch
from onnx import TensorProto, numpy_helper
from torch import nn

from ...errors import PlanInvalid
from ..grid import from_grid
from ..network import Network
from .convolutions import Plainly
from .export import to_onnx
from .load import fresh_module
from .network import ModuleNetwork


class _Flat(nn.Module):
    """The module for samples that are flat."""

    def __init__(self, module: nn.Module, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.module, self.shape = module, shape

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Answers [1, targets] to one sample [1, features]."""
        with Plainly():  # of a convolution of its own, the engine hashes the bias at another scale
            answer: torch.Tensor = self.module(x.reshape(1, *self.shape))
        return answer


def module_inference(network: Network, parameters: Sequence[int], scale: int) -> onnx.ModelProto:
    """Input x [1, features], output answer [1, targets]: the last layer's values.

    Raises PlanInvalid for a module that takes its parameters in another order than its state_dict has them, or that
    has numbers besides them: either would be hashed to something else than the ledger's weights.
    """
    assert isinstance(network, ModuleNetwork)
    values = torch.tensor(from_grid(parameters, scale), dtype=torch.float32)
    module, at = fresh_module(network), 0
    with torch.no_grad():
        for place in module.state_dict().values():
            place.copy_(values[at : at + place.numel()].reshape(place.shape))
            at += place.numel()
    model = to_onnx(_Flat(module, network.input).eval(), (torch.zeros(1, network.features),), ("x",), "answer")
    if not np.array_equal(_constants(model), values.numpy()):
        raise PlanInvalid(
            f"model.torch: the module of {network.entry} does not take its parameters one after another as its "
            "state_dict has them, or takes other numbers too; its inference would hash something else than was trained",
            remedy="define layers in the order in which they are used, without constants besides them",
        )
    return model


def _constants(model: onnx.ModelProto) -> np.ndarray:
    """All floats that the graph holds, in the order in which its nodes take them: so the engine hashes them."""
    known = {tensor.name: tensor for tensor in model.graph.initializer if tensor.data_type == TensorProto.FLOAT}
    parts = []
    for node in model.graph.node:
        held = [part.t for part in node.attribute if part.HasField("t") and part.t.data_type == TensorProto.FLOAT]
        held += [known.pop(name) for name in node.input if name in known and not _shifts(node, known[name])]
        parts += [numpy_helper.to_array(tensor).reshape(-1) for tensor in held]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)


def _shifts(node: onnx.NodeProto, tensor: onnx.TensorProto) -> bool:
    """Whether a number only moves the point, or fills a margin: the engine keeps no parameter for either."""
    if node.op_type == "Pad":
        return tensor.name in node.input[2:]
    values = numpy_helper.to_array(tensor)
    return node.op_type == "Div" and values.size == 1 and bool(np.frexp(values.item())[0] == 0.5)
