"""The float model's own answers: what a circuit is compared with."""

from collections.abc import Sequence

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

from ..errors import ModelInvalid
from ..records import Model

Sample = tuple[NDArray[np.generic], ...]


def evaluate(model: Model, samples: Sequence[Sample]) -> tuple[Sample, ...]:
    """Outputs of the model for each sample, one array an output.

    Runs onnxruntime on one thread, and onnx's reference evaluator where onnxruntime does not know the opset or an
    operator yet. Raises ModelInvalid when neither can run the model.
    """
    names = [tensor.name for tensor in model.spec.inputs]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(model.onnx, options, providers=["CPUExecutionProvider"])
        return tuple(tuple(session.run(None, dict(zip(names, s, strict=True)))) for s in samples)
    except Exception:  # noqa: BLE001 - onnxruntime has no common base class for its errors
        return _by_reference(model, names, samples)


def _by_reference(model: Model, names: Sequence[str], samples: Sequence[Sample]) -> tuple[Sample, ...]:
    try:
        evaluator = ReferenceEvaluator(onnx.load_from_string(model.onnx))
        runs = [evaluator.run(None, dict(zip(names, sample, strict=True))) for sample in samples]
    except Exception as error:
        text = (str(error).strip() or type(error).__name__).splitlines()[0][:300]
        raise ModelInvalid(f"the model cannot be run: {text}") from error
    return tuple(tuple(np.asarray(value) for value in run) for run in runs)
