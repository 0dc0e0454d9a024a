"""The float model's own answers, against which a circuit is measured."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnxruntime
from onnx.reference import ReferenceEvaluator

from ..errors import ModelInvalid, ValueOutOfRange
from ..records import Model
from .samples import Sample

#: What onnxruntime raises; its classes share no base but Exception.
_RUNTIME_ERRORS = tuple(
    kind
    for name in ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NotImplemented", "RuntimeException")
    for kind in [getattr(onnxruntime.capi.onnxruntime_pybind11_state, name)]
)
_QUIET = 4  # onnxruntime logs nothing below "fatal"


def evaluate(model: Model, samples: Sequence[Sample]) -> tuple[Sample, ...]:
    """The outputs of the float model for each sample, in the order and shapes of the spec.

    By onnxruntime on one thread; by onnx's reference evaluator where onnxruntime lacks the opset or an operator.
    Raises ModelInvalid when neither can run the model, ValueOutOfRange when an output is NaN or infinite.
    """
    names = [tensor.name for tensor in model.spec.inputs]
    answers = []
    run = _runner(model)
    for index, sample in enumerate(samples):
        feeds = dict(zip(names, sample, strict=True))
        try:
            outputs = run(feeds)
        except (*_RUNTIME_ERRORS, RuntimeError, ValueError, TypeError, IndexError, NotImplementedError) as error:
            raise ModelInvalid(f"the model fails on sample {index}: {str(error)[:300]}") from None
        answers.append(tuple(np.asarray(output) for output in outputs))
        _check(model, answers[-1], index)
    return tuple(answers)


def _runner(model: Model) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _QUIET
    onnxruntime.disable_telemetry_events()
    try:
        session = onnxruntime.InferenceSession(model.onnx, options, providers=["CPUExecutionProvider"])
    except _RUNTIME_ERRORS as refusal:
        try:
            reference = ReferenceEvaluator(model.onnx)
        except (RuntimeError, ValueError, TypeError, NotImplementedError) as error:
            raise ModelInvalid(
                f"neither onnxruntime ({str(refusal)[:200]}) nor onnx's reference ({str(error)[:200]}) runs the model"
            ) from None
        return lambda feeds: reference.run(None, feeds)
    return lambda feeds: session.run(None, feeds)


def _check(model: Model, outputs: Sample, index: int) -> None:
    for tensor, values in zip(model.spec.outputs, outputs, strict=True):
        if values.shape != tensor.shape:
            raise ModelInvalid(
                f"output {tensor.name!r} has shape {values.shape} for sample {index}, but {tensor.shape} by inference"
            )
        if not np.isfinite(values.astype(np.float64)).all():
            raise ValueOutOfRange(
                f"output {tensor.name!r} of the float model is NaN or infinite for sample {index}",
                remedy="give samples on which the model answers with ordinary numbers",
                sample=index,
            )
