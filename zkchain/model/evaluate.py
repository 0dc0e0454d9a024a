"""The float model's own answers, against which a circuit is measured."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnxruntime
from onnx.reference import ReferenceEvaluator

from ..errors import ModelInvalid, ValueOutOfRange
from ..records import Model
from .samples import Sample

_QUIET = 4  # onnxruntime logs nothing below "fatal"


def evaluate(model: Model, samples: Sequence[Sample]) -> tuple[Sample, ...]:
    """The outputs of the float model for each sample, in the order and shapes of the spec.

    By onnxruntime on one thread; by onnx's reference evaluator where onnxruntime lacks the opset or an operator.
    Raises ModelInvalid when neither can run the model, ValueOutOfRange when an output is NaN or infinite.
    What onnxruntime raises has no base but Exception, and the reference may raise anything that Python can.
    """
    names = [tensor.name for tensor in model.spec.inputs]
    answers = []
    run = _runner(model)
    for index, sample in enumerate(samples):
        feeds = dict(zip(names, sample, strict=True))
        try:
            outputs = run(feeds)
        except Exception as error:
            raise ModelInvalid(f"the model fails on sample {index}: {str(error)[:300]}") from error
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
    except Exception as refusal:  # noqa: BLE001 - the reference is tried, and its failure raises
        return _reference(model, str(refusal)[:200])
    return lambda feeds: session.run(None, feeds)


def _reference(model: Model, refusal: str) -> Any:
    try:
        reference = ReferenceEvaluator(model.onnx)
    except Exception as error:
        raise ModelInvalid(
            f"neither onnxruntime ({refusal}) nor onnx's reference ({str(error)[:200]}) runs the model"
        ) from error
    return lambda feeds: reference.run(None, feeds)


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
