"""The float model's answers."""

import numpy as np
import pytest

from tests.support.zoo_graphs import INT, graph, node, random_weights, single
from zkchain.errors import ModelInvalid, ValueOutOfRange
from zkchain.model import evaluate
from zkchain.model.load import normalise

_ROW = (1, 4)


def test_answers_come_in_order_of_samples_and_outputs():
    nodes = [node("Neg", ["x"], ["y"]), node("Abs", ["x"], ["z"])]
    model = normalise(graph(nodes, {"x": _ROW}, {"y": _ROW, "z": _ROW}), "m", {})
    samples = [(np.full(_ROW, value, np.float32),) for value in (-1, 2)]
    answers = evaluate(model, samples)
    assert [[float(array[0, 0]) for array in answer] for answer in answers] == [[1, 1], [-2, 2]]
    assert evaluate(model, []) == ()


def test_an_opset_that_onnxruntime_lacks_goes_to_the_reference(monkeypatch):
    import onnxruntime

    def refuse(*_args, **_settings):
        raise RuntimeError("opset 99 is under development")

    model = normalise(
        graph([node("MatMul", ["x", "w"], ["y"])], {"x": _ROW}, {"y": (1, 2)}, {"w": random_weights(4, 2)}), "m", {}
    )
    sample = (np.ones(_ROW, np.float32),)
    (wanted,) = evaluate(model, [sample])
    monkeypatch.setattr(onnxruntime, "InferenceSession", refuse)
    (found,) = evaluate(model, [sample])
    np.testing.assert_allclose(found[0], wanted[0], rtol=1e-6)


def test_an_answer_that_is_no_number_names_the_output_and_the_sample():
    model = normalise(single("Log", _ROW)(), "m", {})
    good, bad = (np.ones(_ROW, np.float32),), (-np.ones(_ROW, np.float32),)
    with pytest.raises(ValueOutOfRange, match=r"'y'.*sample 1"):
        evaluate(model, [good, bad])


def test_a_model_that_fails_at_run_time_is_a_typed_error():
    table = random_weights(3, 2)
    model = graph([node("Gather", ["t", "x"], ["y"])], {"x": (1,)}, {"y": None}, {"t": table}, kinds={"x": INT})
    with pytest.raises(ModelInvalid, match="sample 0"):
        evaluate(normalise(model, "m", {}), [(np.asarray([7]),)])
