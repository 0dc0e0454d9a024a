"""How a network is trained and told, by what it is: dense layers by a graph of our own, torch modules by a trace."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import onnx

from .architecture import Architecture
from .factors import clip_factors
from .gradients import sample_gradients
from .inference import inference_model
from .layout import Layout
from .network import Network
from .step import step_model

Factors = Callable[[Layout, Sequence[int], Sequence[int], int], tuple[int, ...]]
Gradients = Callable[[Network, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
Inference = Callable[[Network, Sequence[int], int], onnx.ModelProto]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """What differs between kinds of networks. All of it speaks of the same vectors (`Layout`)."""

    by: tuple[str, ...]  #: releases of what writes the step, of which another may write another; empty: our own graph
    step: Callable[[Layout], onnx.ModelProto]  #: the circuit of a client's step
    factors: Factors  #: an honest client's factors, of a layout, data, weights and how many samples there are
    gradients: Gradients  #: of a network's weights, samples and targets, in floating point, negative, sample by sample
    inference: Inference  #: the trained network to be compiled, of its parameters on the grid of a scale


def method_of(network: Network) -> Method:
    """The method for a network. Raises ExtraMissing where it needs torch and there is none."""
    if isinstance(network, Architecture):
        return Method(
            by=(), step=step_model, factors=clip_factors, gradients=sample_gradients, inference=inference_model
        )
    from .aggregate.extras import need

    need("torch")
    need("onnxscript")
    from .modules.factors import module_factors
    from .modules.gradients import module_gradients
    from .modules.inference import module_inference
    from .modules.step import module_step

    by = tuple(f"{name} {version(name)}" for name in ("torch", "onnxscript"))
    return Method(
        by=by, step=module_step, factors=module_factors, gradients=module_gradients, inference=module_inference
    )
